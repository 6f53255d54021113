"""The learner's own copies in ``work/``: made once, never overwritten, restored with a backup."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking.language import LANGUAGES, Text, language
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.book import chinese_twin
from prodgen_lib.course.links import keep_links
from prodgen_lib.course.project import CourseError, dumps, home_of_work, read_notebook
from prodgen_lib.paths import own_path

TUTOR = Path(__file__).with_name("tutor.md")
"""What coding assistants are asked for, laid beside the notebooks as ``AGENTS.md``."""
COPIED = Text("{}: your copy", "{}：你的副本")
AGED = Text(
    "{}: kept, but the course has a newer one; `prodgen reset {}` fetches it and backs yours up",
    "{}：保留不动，但课程有了新版；运行 `prodgen reset {}` 换成新版，你的那份会先备份",
)


def installed() -> tuple[str, ...]:
    """The frameworks that this Python can import, found without importing them."""
    return tuple(framework for framework in FRAMEWORKS if find_spec(framework))


def work_folder(root: Path) -> Path:
    """Where the learner's copies lie, which may not be there yet."""
    return home_of_work(root) / "work"


def pristine_notebooks(root: Path) -> list[Path]:
    """The notebooks that ``prodgen build`` made for learners, in order."""
    folder = root / "notebooks"
    return [*sorted(folder.glob("[0-9][0-9]_*.ipynb")), *folder.glob("practice.ipynb")]


def copy_notebooks(root: Path, frameworks: tuple[str, ...], language: str = "en") -> Iterator[str]:
    """Copy what ``work/`` lacks; yields a sentence for each copy, and for each that has aged.

    Those in Chinese have a folder of their own, ``work/zh/``, so that both may lie there.
    """
    sources = [path for path in pristine_notebooks(root) if _wanted(path, frameworks)]
    if not sources:
        raise CourseError(f"{root / 'notebooks'} holds no notebooks: run `prodgen build`.")
    _make(work_folder(root))
    folder = copies_folder(root, language)
    folder.mkdir(exist_ok=True)
    names = [source.name for source in sources]
    tutor = work_folder(root) / "AGENTS.md"
    with suppress(FileExistsError), tutor.open("x", encoding="utf-8") as new:
        new.write(TUTOR.read_text(encoding="utf-8"))
    for source in sources:
        copy = folder / source.name
        shown = copy.relative_to(work_folder(root).parent).as_posix()
        if not copy.exists():
            with copy.open("x", encoding="utf-8") as new:  # so that no race overwrites anything
                new.write(_fresh(root, source, names, language))
            yield COPIED.in_(language).format(shown)
        elif _aged(root, source, copy):
            reset = shown.removesuffix(".ipynb") if language == "zh" else source.stem
            yield AGED.in_(language).format(shown, reset)


def copies_folder(root: Path, language: str) -> Path:
    """Where the copies in a language lie."""
    return work_folder(root) / "zh" if language == "zh" else work_folder(root)


def language_of(root: Path, copy: Path) -> str:
    """The language of a copy, by its folder."""
    return "zh" if copy.resolve().parent == copies_folder(root, "zh").resolve() else "en"


def _make(work: Path) -> None:
    """The folder of the copies, or a sentence where it is not this user's to write to."""
    place = work if work.exists() else work.parent
    if not os.access(place, os.W_OK):
        raise CourseError(
            f"You may not write to {place}, where your notebooks would lie: copy the course to a "
            "folder of yours and start there."
        )
    work.mkdir(exist_ok=True)


def _wanted(path: Path, frameworks: tuple[str, ...]) -> bool:
    others = [framework for framework in FRAMEWORKS if framework not in frameworks]
    return not any(path.stem.endswith(f"_{other}") for other in others)


def _fresh(root: Path, source: Path, names: list[str], language: str = "en") -> str:
    """The course's notebook as a learner gets it: its links lead to ``names`` and solutions.

    Beside the work of a wheel there are no solutions to lead to.
    """
    up = "../../" if language == "zh" else "../"
    solutions = [f"{up}solutions/{name}" for name in names if home_of_work(root) == root]
    return dumps(keep_links(pristine(root, source, language), [*names, *solutions]))


def pristine(root: Path, source: Path, language: str) -> NotebookNode:
    """The course's notebook in a language; the one in Chinese is made now."""
    return chinese_twin(root, source.name) if language == "zh" else read_notebook(source)


def _copy_new(source: Path, copy: Path) -> None:
    """Copy to a name that must not exist yet, so that no race can overwrite anything."""
    with source.open("rb") as old, copy.open("xb") as new:
        shutil.copyfileobj(old, new)


def _aged(root: Path, source: Path, copy: Path) -> bool:
    """Whether the course's notebook has changed since the copy was made from it."""
    try:
        made_from = read_notebook(copy).metadata.get("prodgen", {})
    except CourseError:
        return False
    now = pristine(root, source, language_of(root, copy)).metadata.prodgen
    return any(made_from.get(name) != now.get(name) for name in ("text", "zh"))


def copies(root: Path) -> list[Path]:
    """The learner's copies of the course's notebooks, in order; ``CourseError`` if there are none.

    Those in the language that was chosen come first.

    Other notebooks that a learner keeps in ``work/`` are nobody else's business.
    """
    places = [
        copies_folder(root, one) / path.name
        for one in (language(), *LANGUAGES)
        for path in pristine_notebooks(root)
    ]
    found = [place for place in dict.fromkeys(places) if os.path.lexists(place)]
    if not found:
        raise CourseError("There are no notebooks in work/ yet: `prodgen learn` makes them.")
    return found


def find_copy(root: Path, name: str) -> Path:
    """A learner's notebook by path, file name, or a part of its name (``06``, ``gan_torch``).

    Of two languages the chosen one is meant. Raises ``CourseError`` when nothing or more fits.
    """
    if own_path(name).suffix == ".ipynb":
        folders = [copies_folder(root, one) for one in (language(), *LANGUAGES)]
        places = [own_path(name), *(folder / own_path(name).name for folder in folders)]
        return next((place for place in places if os.path.lexists(place)), places[0])
    if found := _fitting(copies(root), name, root):
        return found
    known = ", ".join(dict.fromkeys(path.stem for path in copies(root)))
    raise CourseError(f"There is no notebook {name!r} in work/; there are: {known}.")


def _fitting(paths: list[Path], name: str, root: Path | None = None) -> Path | None:
    """The one path whose name is ``name``, or has it as a part between underscores."""
    exact = [path for path in paths if path.stem == name]
    found = exact or [path for path in paths if f"_{name}_" in f"_{path.stem}_"]
    if root and found:
        found = [path for path in found if path.parent == found[0].parent]
    if len(found) > 1:
        names = " or ".join(path.stem for path in found)
        raise CourseError(f"{name!r} fits more than one notebook: say {names}.")
    return found[0] if found else None


def reset(root: Path, name: str) -> tuple[Path, Path | None]:
    """Put the course's notebook in place of the learner's; returns it and the backup of theirs."""
    copy = _place_of(root, name)
    source = next(path for path in pristine_notebooks(root) if path.name == copy.name)
    copy.parent.mkdir(exist_ok=True, parents=True)
    backup = _back_up(copy, work_folder(root) / "backups") if os.path.lexists(copy) else None
    sources = pristine_notebooks(root)
    there = [one.name for one in sources if one == source or (copy.parent / one.name).exists()]
    fresh = copy.with_name(f".{copy.name}.new")
    fresh.write_text(_fresh(root, source, there, language_of(root, copy)), encoding="utf-8")
    fresh.replace(copy)
    return copy, backup


def _place_of(root: Path, name: str) -> Path:
    """Where the copy lies, or is to lie, that ``name`` asks for; that only one has it is enough."""
    path = own_path(name)
    stem = path.name.removesuffix(".ipynb")
    folders = [copies_folder(root, one) for one in dict.fromkeys((language(), *LANGUAGES))]
    if path.name != name:
        asked = [path.resolve().parent, (home_of_work(root) / path).resolve().parent]
        folders = [folder for folder in folders if folder.resolve() in asked]
        if not folders:
            raise CourseError(f"{name} is not in work/; only your own copies can be reset.")
    sources = pristine_notebooks(root)
    places = [folder / source.name for folder in folders for source in sources]
    copied = [place for place in places if os.path.lexists(place)]
    found = _fitting(copied, stem, root) or _fitting(places, stem, root)
    if found is None:
        known = ", ".join(source.stem for source in sources) or "none; run `prodgen build`"
        raise CourseError(f"The course has no notebook {name!r}; it has: {known}.")
    return found


def _back_up(copy: Path, folder: Path) -> Path:
    """A copy beside the others in ``work/backups/``, under a name that was free."""
    folder.mkdir(exist_ok=True)
    time = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    for number in range(1, 1000):
        suffix = f"-{number}" if number > 1 else ""
        backup = folder / f"{copy.stem}.{time}{suffix}.ipynb"
        try:
            _copy_new(copy, backup)
        except FileExistsError:
            continue
        return backup
    raise CourseError(f"{folder} has no free name for a backup of {copy.name}.")
