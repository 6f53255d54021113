"""The learner's own copies in ``work/``: made once, never overwritten, restored with a backup."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.links import keep_links
from prodgen_lib.course.project import CourseError, dumps, home_of_work, read_notebook
from prodgen_lib.paths import own_path

TUTOR = Path(__file__).with_name("tutor.md")
"""What coding assistants are asked for, laid beside the notebooks as ``AGENTS.md``."""


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


def copy_notebooks(root: Path, frameworks: tuple[str, ...]) -> Iterator[str]:
    """Copy what ``work/`` lacks; yields a sentence for each copy, and for each that has aged."""
    sources = [path for path in pristine_notebooks(root) if _wanted(path, frameworks)]
    if not sources:
        raise CourseError(f"{root / 'notebooks'} holds no notebooks: run `prodgen build`.")
    work = work_folder(root)
    _make(work)
    names = [source.name for source in sources]
    with suppress(FileExistsError), (work / "AGENTS.md").open("x", encoding="utf-8") as new:
        new.write(TUTOR.read_text(encoding="utf-8"))
    for source in sources:
        copy = work / source.name
        if not copy.exists():
            with copy.open("x", encoding="utf-8") as new:  # so that no race overwrites anything
                new.write(_fresh(root, source, names))
            yield f"work/{source.name}: your copy"
        elif _aged(source, copy):
            yield (
                f"work/{source.name}: kept, but the course has a newer one; "
                f"`prodgen reset {source.stem}` fetches it and backs yours up"
            )


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


def _fresh(root: Path, source: Path, names: list[str]) -> str:
    """The course's notebook as a learner gets it: its links lead to ``names`` and solutions.

    Beside the work of a wheel there are no solutions to lead to.
    """
    solutions = [f"../solutions/{name}" for name in names if home_of_work(root) == root]
    return dumps(keep_links(read_notebook(source), [*names, *solutions]))


def _copy_new(source: Path, copy: Path) -> None:
    """Copy to a name that must not exist yet, so that no race can overwrite anything."""
    with source.open("rb") as old, copy.open("xb") as new:
        shutil.copyfileobj(old, new)


def _aged(source: Path, copy: Path) -> bool:
    """Whether the course's notebook has changed since the copy was made from it."""
    try:
        made_from = read_notebook(copy).metadata.get("prodgen", {}).get("text")
    except CourseError:
        return False
    return made_from != read_notebook(source).metadata.prodgen.get("text")


def copies(root: Path) -> list[Path]:
    """The learner's copies of the course's notebooks, in order; ``CourseError`` if there are none.

    Other notebooks that a learner keeps in ``work/`` are nobody else's business.
    """
    places = [work_folder(root) / path.name for path in pristine_notebooks(root)]
    found = [place for place in places if os.path.lexists(place)]
    if not found:
        raise CourseError("There are no notebooks in work/ yet: `prodgen learn` makes them.")
    return found


def find_copy(root: Path, name: str) -> Path:
    """A learner's notebook by path, file name, or a part of its name (``06``, ``gan_torch``).

    Raises ``CourseError`` when nothing or more than one fits.
    """
    if own_path(name).suffix == ".ipynb":
        places = [own_path(name), work_folder(root) / own_path(name).name]
        return next((place for place in places if os.path.lexists(place)), places[0])
    if found := _fitting(copies(root), name):
        return found
    known = ", ".join(path.stem for path in copies(root))
    raise CourseError(f"There is no notebook {name!r} in work/; there are: {known}.")


def _fitting(paths: list[Path], name: str) -> Path | None:
    """The one path whose name is ``name``, or has it as a part between underscores."""
    exact = [path for path in paths if path.stem == name]
    found = exact or [path for path in paths if f"_{name}_" in f"_{path.stem}_"]
    if len(found) > 1:
        names = " or ".join(path.stem for path in found)
        raise CourseError(f"{name!r} fits more than one notebook: say {names}.")
    return found[0] if found else None


def reset(root: Path, name: str) -> tuple[Path, Path | None]:
    """Put the course's notebook in place of the learner's; returns it and the backup of theirs."""
    source = _source_of(root, name)
    copy = work_folder(root) / source.name
    copy.parent.mkdir(exist_ok=True)
    backup = _back_up(copy) if os.path.lexists(copy) else None
    sources = pristine_notebooks(root)
    there = [one.name for one in sources if one == source or (copy.parent / one.name).exists()]
    fresh = copy.with_name(f".{copy.name}.new")
    fresh.write_text(_fresh(root, source, there), encoding="utf-8")
    fresh.replace(copy)
    return copy, backup


def _source_of(root: Path, name: str) -> Path:
    """The course's notebook that ``name`` asks for; a name that only one copy has is enough."""
    path, work = own_path(name), work_folder(root)
    stem = path.name.removesuffix(".ipynb")
    if path.name != name and path.resolve().parent != work.resolve():
        raise CourseError(f"{name} is not in work/; only your own copies can be reset.")
    sources = pristine_notebooks(root)
    copied = [source for source in sources if os.path.lexists(work / source.name)]
    found = _fitting(copied, stem) or _fitting(sources, stem)
    if found is None:
        known = ", ".join(source.stem for source in sources) or "none; run `prodgen build`"
        raise CourseError(f"The course has no notebook {name!r}; it has: {known}.")
    return found


def _back_up(copy: Path) -> Path:
    """A copy beside the others in ``work/backups/``, under a name that was free."""
    folder = copy.parent / "backups"
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
