"""What pyproject.toml can't say: a wheel holds the course itself, not the library alone.

Chapters, notebooks and the measurements that they read stay at the top of the repository and go to
``prodgen_lib/the_course`` when a wheel is built. Of a solution, `prodgen check` needs what its
checks printed; its pictures stay out. Of the tests it holds the honest answers, before which a
learner's test is put.
"""

import json
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class WithCourse(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:  # a clone has the course already
            lay_course(Path(self.build_lib, "prodgen_lib", "the_course"))


def lay_course(to: Path) -> None:
    """Write the course to an empty folder."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(ROOT / "chapters", to / "chapters")
    shutil.copytree(ROOT / "notebooks", to / "notebooks", ignore=_hidden)
    (to / "tests" / "exercises").mkdir(parents=True)
    for path in sorted((ROOT / "tests" / "exercises").glob("honest_*.py")):
        shutil.copy(path, to / "tests" / "exercises")
    for name in sorted(measured()):
        (to / "benchmarks").mkdir(exist_ok=True)
        shutil.copy(ROOT / "benchmarks" / f"{name}.json", to / "benchmarks")
    (to / "solutions").mkdir()
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        slim = without_pictures(json.loads(path.read_text(encoding="utf-8")))
        text = json.dumps(slim, ensure_ascii=False, indent=1)
        (to / "solutions" / path.name).write_text(text + "\n", encoding="utf-8")


def measured() -> set[str]:
    """The tables of `benchmarks/` that chapters read: named in one that calls `measured`."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "chapters").glob("*.md")]
    named = set(re.findall(r'"(\w+)"', "\n".join(text for text in texts if "measured(" in text)))
    return named & {path.stem for path in (ROOT / "benchmarks").glob("*.json")}


def without_pictures(notebook: dict) -> dict:
    """A notebook with the outputs of its checks alone."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "check" not in cell["metadata"].get("tags", []):
            cell["outputs"] = []
    return notebook


def _hidden(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(".") or name == "zh"]  # made when wanted


setup(cmdclass={"build_py": WithCourse})
