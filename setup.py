"""What pyproject.toml can't say: a wheel holds the course itself, not the library alone.

Chapters and notebooks stay at the top of the repository and go to ``prodgen_lib/the_course`` when a
wheel is built. Of a solution, `prodgen check` needs what its checks printed; its pictures stay out.
"""

import json
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
    (to / "solutions").mkdir()
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        slim = without_pictures(json.loads(path.read_text(encoding="utf-8")))
        text = json.dumps(slim, ensure_ascii=False, indent=1)
        (to / "solutions" / path.name).write_text(text + "\n", encoding="utf-8")


def without_pictures(notebook: dict) -> dict:
    """A notebook with the outputs of its checks alone."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "check" not in cell["metadata"].get("tags", []):
            cell["outputs"] = []
    return notebook


def _hidden(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(".") or name == "zh"]  # made when wanted


setup(cmdclass={"build_py": WithCourse})
