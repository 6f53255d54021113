"""The package as a whole: what an import costs, and that every list of versions agrees."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.course.chapter import chapter_files, read_chapter
from prodgen_lib.course.contents import exercises
from prodgen_lib.questions.bank import load_bank

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.lower().replace("_", "-").split("==") for line in lines if "==" in line)


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    return [Requirement(text) for text in texts if not text.startswith("prodgen[")]


@pytest.mark.parametrize("module", ["prodgen_lib", "prodgen_lib.torch", "prodgen_lib.tensorflow"])
def test_import_brings_in_no_framework(module):
    code = f"import sys, {module}; print({{'torch', 'keras', 'tensorflow'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_missing_framework_is_one_sentence(framework):
    code = (
        "import importlib.util as util; real = util.find_spec\n"
        f"util.find_spec = lambda name, *at: None if name == {framework!r} else real(name, *at)\n"
        f"from prodgen_lib.{framework}.gan import generator_loss"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert "is not installed here" in last and f"pip install 'prodgen[{framework}]'" in last


def test_import_is_quick():
    code = (
        "import time; t = time.perf_counter(); import prodgen_lib; print(time.perf_counter() - t)"
    )
    times = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        times.append(float(done.stdout))
        time.sleep(0.1)
    assert min(times) < 0.2


def test_every_dependency_is_pinned_inside_its_range():
    pinned = pins()
    for requirement in requirements():
        version = pinned.get(requirement.name.lower())
        assert version, f"{requirement.name} has no pin in constraints.txt"
        assert version in requirement.specifier, f"{requirement.name}=={version} leaves its range"


@pytest.mark.parametrize("python", ["3.11.0", "3.12.0", "3.13.0"])
def test_every_pin_installs_under_every_python_of_the_range(python):
    """By the metadata of what is installed: Debian 12 has Python 3.11.2."""
    assert python in SpecifierSet(PROJECT["requires-python"])
    pinned = pins()
    needs = {
        one.metadata["Name"].lower().replace("_", "-"): one.metadata.get("Requires-Python")
        for one in distributions()
    }
    for name in pinned.keys() & needs.keys():
        assert python in SpecifierSet(needs[name] or ""), f"{name} needs Python {needs[name]}"


def test_a_python_outside_the_range_is_told_so(tmp_path):
    """``make learn`` says in one sentence what is needed; nothing is made."""
    old = tmp_path / "python"
    old.write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -c 'import sys; sys.version_info = (3, 14)\n"
        'sys.version = "3.14.0 x"\nexec(sys.argv[1])\' "$2"\n'
    )
    old.chmod(0o755)
    command = ["make", "-f", ROOT / "Makefile", "learn", f"PYTHON={old}"]
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "This is Python 3.14.0; prodgen needs 3.11 to 3.13" in done.stderr
    assert done.returncode and not (tmp_path / ".venv").exists()


def test_ranges_in_pyproject_only():
    assert not [r for r in requirements() if "==" in str(r.specifier)]


def test_environment_installs_what_pyproject_says():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-c constraints.txt", "-e .[all]"]}
    python = next(name for name in conda if name.startswith("python"))
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["requires-python"])


def test_version_is_written_once():
    import prodgen_lib

    assert PROJECT["version"] == prodgen_lib.__version__


def test_package_speaks_of_the_course_alone():
    """Nothing that is committed names the machine it was written on."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    pattern = re.compile(r"/(work|root|tmp/plan)/(main|shared|\.)")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".ipynb", ".txt"}
            and path.exists()
        ):
            assert not pattern.search(path.read_text(encoding="utf-8")), name


def test_the_numbers_that_the_readme_is_proud_of_are_counted():
    exercises = [one for topic in topics() for one in load_exercises(topic).values()]
    chapters = [one for one in map(read_chapter, chapter_files(ROOT)) if one.frameworks]
    questions = load_bank(ROOT / "chapters")
    wrong = sum(len(one.wrong) + len(one.others) for one in exercises)
    said = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert (
        f"{len(chapters)} chapters, {len(exercises)} exercises, {len(questions)} interview "
        f"questions; over {wrong // 100 * 100:,} known wrong answers, each of which the checks "
        "must refuse"
    ) in said


def test_the_readme_lists_every_chapter():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for chapter in map(read_chapter, chapter_files(ROOT)):
        for framework in chapter.frameworks:
            assert f"(notebooks/{chapter.stem(framework)}.ipynb)" in text
            asked = sum(one.minutes for one in exercises(chapter))
            row = f"| {int(chapter.number)} | {chapter.title} | {chapter.minutes} + {asked} |"
            assert f"{row} tested |" in text


def test_the_readme_lists_what_has_questions_only():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "chapters").glob("[0-9]*.yaml"):
        row = re.search(rf"\| {int(path.stem[:2])} \|.*", text)[0]
        assert ("questions only" in row) != path.with_suffix(".md").exists(), row


def test_one_click_installs_one_framework():
    """Binder's machines have 2 GB; both ways install what constraints.txt says."""
    asked = (ROOT / ".binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "-e .[torch]" in asked and "-c ../constraints.txt" in asked
    python = (ROOT / ".binder/runtime.txt").read_text(encoding="utf-8").strip()
    assert python.removeprefix("python-") in SpecifierSet(PROJECT["requires-python"])
    assert os.access(ROOT / ".binder/postBuild", os.X_OK)
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert "installed-torch" in container["onCreateCommand"]
