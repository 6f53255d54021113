import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/teaching.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def totals(folder):
    with (folder / "marks/marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


@pytest.mark.slow
def test_every_command_of_the_page_works_as_it_says(real_course):
    pytest.importorskip("torch")
    folder = real_course
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMANDS:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path, "PRODGEN_HOME": str(folder / "home")},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    assert (folder / "gan.zip").is_file() and list((folder / "releases").glob("06_gan_torch-*"))
    found = totals(folder)
    of = found["ada"]["of"]
    assert (found["ada"]["total"], found["ada"]["percent"]) == (of, "100")
    assert found["bob"]["total"] == "0" and found["Zoë"]["total"] == "0"
    assert "cut off" in found["Zoë"]["remarks"] and found["ada"]["gan.train_step"] == "3"
    for name in ("slides.html", "variants.zip", "report.html", "report.csv"):
        assert (folder / name).is_file()
    for name in ("class.html", "log.jsonl", "run.json", "backups", "reports"):
        assert (folder / "marks" / name).exists() and f"`{name}" in PAGE


def test_the_page_names_only_options_that_exist():
    command = [sys.executable, "-m", "prodgen_lib.cli"]
    texts = [
        subprocess.run([*command, name, "--help"], capture_output=True, text=True).stdout
        for name in ("grade", "release", "report", "slides", "progress")
    ]
    for option in set(re.findall(r"--[a-z][a-z-]*", PAGE)):
        assert any(option in text for text in texts), option


def test_the_page_is_linked_and_its_links_lead_somewhere():
    assert "docs/teaching.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
