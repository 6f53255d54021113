"""``prodgen run``: execute chapters by papermill and leave notebooks and web pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from prodgen_lib.checking.language import LANGUAGES, language
from prodgen_lib.course.chapter import chapter_files, read_chapter
from prodgen_lib.course.execute import execute, settled
from prodgen_lib.course.page import page
from prodgen_lib.course.project import CourseError, home_of_work, read_notebook, write_notebook
from prodgen_lib.course.work import copies_folder


@dataclass(frozen=True)
class Done:
    """What one run left: the executed notebook, its page, and why it stopped if it did."""

    notebook: Path
    page: Path
    problem: str = ""


def check_dataset(name: str | None) -> str | None:
    """The data set as a notebook is told it, a folder by its whole path.

    Raise ``CourseError`` for one that ``load`` does not know.
    """
    from prodgen_lib.data import NAMES, folder_named
    from prodgen_lib.paths import own_path

    path = folder_named(name) if name else None
    if path is not None:
        folder = own_path(path).resolve()
        if not folder.is_dir():
            raise CourseError(f"There is no folder {folder}; name one with classes of pictures.")
        return f"folder:{folder}"
    if name == "folder" or (name and name not in NAMES):
        names = ", ".join(n for n in NAMES if n != "folder")
        raise CourseError(
            f"There is no data set {name!r}; there are: {names}, or a folder: folder:PATH."
        )
    return name


def notebooks(root: Path, chosen: Iterable[str], framework: str | None, tree: str) -> list[Path]:
    """The notebooks to run, in order. Raises ``CourseError`` where one has not been built."""
    found = []
    for chapter in map(read_chapter, chapter_files(root, chosen)):
        for variant in chapter.variants:
            folder = tree if variant else "notebooks"
            home, name = root, f"{chapter.stem(variant)}.ipynb"
            path = root / folder / name
            if folder == "work":  # a copy in the reader's language, else in the other
                home = home_of_work(root)
                places = [copies_folder(root, one) / name for one in (language(), *LANGUAGES)]
                path = next((place for place in places if place.exists()), places[0])
            if variant and framework not in (None, variant):
                continue
            if not path.exists():
                maker = "learn" if folder == "work" else "build"
                raise CourseError(f"{path.relative_to(home)} is missing: run `prodgen {maker}`.")
            found.append(path)
    return found


def run(
    path: Path, parameters: dict, *, out: Path, strict: bool, pages: Collection[str] = ()
) -> Done:
    """Execute a notebook into ``out``; one that stops leaves what it did until then.

    Its page has links to those of ``pages``, names of notebooks that come to lie beside it.
    """
    executed, shown = out / path.name, (out / path.name).with_suffix(".html")
    notebook, problem = read_notebook(path), ""
    try:
        result = execute(notebook, parameters, folder=path.parent, failed=executed, strict=strict)
    except CourseError as error:
        problem = f"{path.name} {error}"
        result = nbformat.read(executed, as_version=4)
    write_notebook(settled(result), executed)
    shown.write_text(page(result, path.stem, pages), encoding="utf-8")
    return Done(executed, shown, problem)
