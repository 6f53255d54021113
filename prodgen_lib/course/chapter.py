"""A chapter as its author writes it: jupytext Markdown with a few keys at its top."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
import yaml

from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.project import CourseError, read_text

NAME = re.compile(r"\d\d_\w+|practice")  # practice belongs to all chapters
PROFILES = ("quick", "full")
TAGS = {"exercise", "given", "parameters", "torch", "tensorflow"}


@dataclass(frozen=True)
class Chapter:
    """One chapter; ``frameworks`` is empty for a chapter that needs neither.

    ``minutes`` are for reading it; ``needs`` names earlier chapters, in brackets for a part only.
    """

    path: Path
    number: str
    topic: str
    frameworks: tuple[str, ...]
    profile: str
    minutes: int
    needs: str
    cells: tuple[nbformat.NotebookNode, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def title(self) -> str:
        """Its first heading, without the framework."""
        found = re.search(
            r"(?m)^# (.+?)(?:, in \{\{framework\}\}|（\{\{framework\}\}）)?$", self.cells[0].source
        )
        return found[1] if found else self.topic

    @property
    def variants(self) -> tuple[str | None, ...]:
        """The notebooks to make: one a framework, or a single one without."""
        return self.frameworks or (None,)

    def stem(self, framework: str | None) -> str:
        """The file name of a notebook, without its ending: ``06_gan_torch``."""
        return f"{self.name}_{framework}" if framework else self.name


def chapter_files(root: Path, chosen: Iterable[str] = ()) -> list[Path]:
    """The chapters' files in order: all of them, or those chosen by number, topic or name."""
    files = [p for p in sorted((root / "chapters").glob("*.md")) if NAME.fullmatch(p.stem)]
    if not files:
        raise CourseError(f"{root / 'chapters'} holds no chapter (NN_topic.md).")
    if not (wanted := list(chosen)):
        return files
    return sorted({_find(files, name) for name in wanted})


def _find(files: list[Path], name: str) -> Path:
    wanted = re.sub(rf"_({'|'.join(FRAMEWORKS)})$", "", Path(name).stem)
    for path in files:
        if wanted in (path.stem, *path.stem.split("_", 1)):
            return path
    known = ", ".join(path.stem for path in files)
    raise CourseError(f"There is no chapter {name!r}; there are: {known}.")


def read_chapter(path: Path) -> Chapter:
    """Read a chapter. Raises ``CourseError`` for a broken head, an unknown tag or broken tags."""
    if not NAME.fullmatch(path.stem):
        raise CourseError(f"{path.name} is no chapter's name; expected NN_topic.md, as 06_gan.md.")
    return _read(path, read_text(path))


@lru_cache(maxsize=64)  # each chapter is asked for its title by those around it
def _read(path: Path, text: str) -> Chapter:
    import jupytext

    try:
        notebook = jupytext.reads(text, fmt="md")
    except yaml.YAMLError as error:
        raise CourseError(f"The head of {path.name} is no YAML: {_first_line(error)}.") from None
    head, cells = _split_head(path, notebook.cells)
    for cell in cells:
        _check_tags(path, cell)
    number, _, topic = path.stem.partition("_")
    return Chapter(path, number, topic, *_settings(path, head), tuple(map(_shell_as_text, cells)))


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _split_head(path: Path, cells: list) -> tuple[dict, list]:
    """jupytext leaves keys that are not its own in a raw cell at the top."""
    if not cells or cells[0].cell_type != "raw":
        return {}, cells
    try:
        head = yaml.safe_load(cells[0].source.strip().strip("-"))
    except yaml.YAMLError as error:
        raise CourseError(f"The head of {path.name} is no YAML: {_first_line(error)}.") from None
    if not isinstance(head, dict):
        raise CourseError(f"The head of {path.name} holds {head!r}; expected `key: value` lines.")
    return head, cells[1:]


def _settings(path: Path, head: dict) -> tuple[tuple[str, ...], str, int, str]:
    frameworks = head.get("frameworks", list(FRAMEWORKS))
    frameworks = [] if frameworks in ("none", None) else frameworks
    if not isinstance(frameworks, list) or not set(frameworks) <= set(FRAMEWORKS):
        raise CourseError(
            f"The head of {path.name} says frameworks: {frameworks}; "
            f"expected none or a list of {' and '.join(FRAMEWORKS)}."
        )
    profile = head.get("profile", "full")
    if profile not in PROFILES:
        raise CourseError(
            f"The head of {path.name} says profile: {profile}; expected {' or '.join(PROFILES)}."
        )
    minutes = head.get("minutes", 0)
    if not isinstance(minutes, int):
        raise CourseError(f"The head of {path.name} says minutes: {minutes}; expected a number.")
    return tuple(frameworks), profile, minutes, str(head.get("needs", ""))


def _check_tags(path: Path, cell: nbformat.NotebookNode) -> None:
    start = cell.source.strip().split("\n")[0][:60]
    if "incorrectly_encoded_metadata" in cell.metadata:
        wrong = cell.metadata["incorrectly_encoded_metadata"]
        raise CourseError(f'{path.name}, cell {start!r}: {wrong!r} is no tags=["name"].')
    tags = cell.metadata.get("tags", [])
    if unknown := [tag for tag in tags if tag not in TAGS]:
        raise CourseError(
            f"{path.name}, cell {start!r}: unknown tag {unknown[0]!r}; "
            f"a chapter knows {', '.join(sorted(TAGS))}."
        )


def _shell_as_text(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A fence of shell commands is there to read: jupytext makes it a cell, this makes it text."""
    magic = re.match(r"%%(bash|sh)\n", cell.source)
    if cell.cell_type != "code" or not magic:
        return cell
    body = cell.source[magic.end() :]
    return nbformat.v4.new_markdown_cell(f"```{magic[1]}\n{body}\n```")
