"""Hand a chapter out, and find again what a submission was made from.

A release keeps the notebooks as they were given to the class, under names that hold their version
and the digest of their text, which every notebook carries in its metadata. So a class that began
with one version is graded with it, also after the course has moved on.
"""

from __future__ import annotations

import re
import subprocess
import zipfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS, PACKAGE
from prodgen_lib.course.book import chinese_twin
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.links import keep_links
from prodgen_lib.course.project import (
    CourseError,
    dumps,
    home_of_work,
    read_notebook,
    write_notebook,
)
from prodgen_lib.course.trial import test_notebooks
from prodgen_lib.course.work import pristine_notebooks

README = Text(
    """{title}

1. Install prodgen {version}{source}: its README says how, in one command.
2. Open {notebooks} in JupyterLab and write your answers in the cells
   that end in `raise NotImplementedError`. The cell below each one checks it at once.
3. `prodgen check NOTEBOOK` shows where you stand.
4. Submit the notebook file (.ipynb), saved, under any name. Keep the answers in their own cells and
   do not delete cells. What the other cells print does not count and need not be there.

Your answers are checked again on inputs that you have not seen.
""",
    """{title}

1. 安装 prodgen {version}{source}：它的 README 写明了命令，一条就够。
2. 在 JupyterLab 中打开 {notebooks}，把答案写在以 `raise NotImplementedError` 结尾的单元里。
   下面的单元会立刻检查。
3. `prodgen check NOTEBOOK` 显示你做到了哪里。
4. 保存并提交笔记本文件（.ipynb），文件名随意。答案留在各自的单元里，不要删除单元。
   其他单元打印什么不影响评分，也可以没有。

你的答案会在你没见过的输入上再检查一遍。
""",
)
FROM = Text(" from ", "，来自 ")


@dataclass(frozen=True)
class Pristine:
    """A notebook as the class was given it."""

    path: Path
    notebook: NotebookNode

    @property
    def chapter(self) -> str:
        return self.notebook.metadata.prodgen.chapter

    @property
    def framework(self) -> str:
        return self.notebook.metadata.prodgen.framework

    @property
    def version(self) -> str:
        return self.notebook.metadata.prodgen.version

    @property
    def text(self) -> str:
        return self.notebook.metadata.prodgen.text

    @property
    def exercises(self) -> list[str]:
        """The ids of its exercises, in order."""
        return [c.metadata.exercise_id for c in self.notebook.cells if has(c, "exercise")]


def release(
    root: Path,
    chapters: tuple[str, ...],
    framework: str | None = None,
    out: Path | None = None,
    language: str = "en",
) -> Path:
    """Write the students' zip file for ``chapters`` and keep their notebooks in ``releases/``.

    Neither is written over: the same release again is the same file, and another gets another name.
    What is kept is the English twin, by which work in Chinese notebooks is graded, too.
    """
    chosen = [one for name in chapters for one in _chosen(root, name, framework)]
    for one in chosen:
        keep = home_of_work(root) / "releases" / f"{_stem(one)}-{one.version}-{one.text}.ipynb"
        if not keep.exists():
            write_notebook(one.notebook, keep)
    names = "_".join(dict.fromkeys(one.chapter for one in chosen))
    only = (f"_{framework}" if framework else "") + ("_zh" if language == "zh" else "")
    path = (
        out
        or home_of_work(root)
        / "releases"
        / f"{names}{only}-{chosen[0].version}-{_digest(chosen)}.zip"
    )
    data = _contents(root, chosen, language)
    if path.exists() and not _holds(path, data):
        raise CourseError(f"{path} is there and holds something else: give --out another name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    _pack(path, data)
    return path


def _stem(one: Pristine) -> str:
    return f"{one.chapter}_{one.framework}"


def _digest(chosen: list[Pristine]) -> str:
    return "-".join(dict.fromkeys(one.text for one in chosen))


def _chosen(root: Path, name: str, framework: str | None) -> list[Pristine]:
    known = [one for one in _course(root) if one.exercises]
    found = [one for one in known if name in (one.chapter, *one.chapter.split("_", 1), _stem(one))]
    found = [one for one in found if framework in (None, one.framework)]
    if not found:
        names = ", ".join(dict.fromkeys(one.chapter for one in known)) or "none"
        raise CourseError(f"There is no chapter {name!r} with exercises; there are: {names}.")
    return found


def _contents(root: Path, chosen: list[Pristine], language: str) -> dict[str, str]:
    names = [f"{_stem(one)}.ipynb" for one in chosen]
    title = ", ".join(dict.fromkeys(one.chapter for one in chosen))
    address = _source()
    readme = README.in_(language).format(
        title=f"{title}\n{'=' * len(title)}",
        version=chosen[0].version,
        source=f"{FROM.in_(language)}{address}" if address else "",
        notebooks=(" or " if language == "en" else " 或 ").join(names),
    )
    given = [
        chinese_twin(root, name) if language == "zh" else deepcopy(one.notebook)
        for name, one in zip(names, chosen, strict=True)
    ]
    texts = (dumps(keep_links(notebook, names)) for notebook in given)
    return {"README.txt": readme} | dict(zip(names, texts, strict=True))


def _source() -> str:
    """Where students get the course: from where this copy of it was cloned, if git knows."""
    command = ["git", "-C", str(PACKAGE.parent), "config", "--get", "remote.origin.url"]
    try:
        address = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    found = re.fullmatch(r"(?:https://|git@)(?:[^@/\s]+@)?(\S+?)", address.strip())
    return f"https://{found[1].replace(':', '/', 1)}" if found else ""


def _pack(path: Path, contents: dict[str, str]) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            # A fixed time, so that the same release is the same file to the byte.
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, text.encode("utf-8"))
    fresh.replace(path)


def _holds(path: Path, contents: dict[str, str]) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            held = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    except (zipfile.BadZipFile, UnicodeDecodeError):
        return False
    return held == contents


def _course(root: Path) -> list[Pristine]:
    """The notebooks of chapters, then those that ask for a test, which are made when asked for."""
    found = [Pristine(path, read_notebook(path)) for path in pristine_notebooks(root)]
    return found + [Pristine(root / f"{name}.ipynb", made) for name, made in test_notebooks()]


def pristine(root: Path, chapters: tuple[str, ...] = ()) -> list[Pristine]:
    """Every notebook with exercises that submissions may have been made from.

    The course's present ones come first, then those of releases. ``chapters`` keeps only these.
    """
    paths = sorted((home_of_work(root) / "releases").glob("*.ipynb"))
    found = [*_course(root), *(Pristine(path, read_notebook(path)) for path in paths)]
    found = [one for one in found if one.exercises and one.framework in FRAMEWORKS]
    if chapters:
        kept = {one.chapter for name in chapters for one in _chosen(root, name, None)}
        found = [one for one in found if one.chapter in kept]
    if not found:
        raise CourseError(f"{root} holds no notebooks with exercises: run `prodgen build`.")
    return found


def origin(notebook: NotebookNode, known: list[Pristine]) -> tuple[Pristine | None, str]:
    """What a submission was made from, and a sentence where it doesn't say so itself.

    Version and digest in its metadata decide. Without them: the chapter and framework that it
    names, or else the one notebook with which it shares the most cells.
    """
    about = notebook.metadata.get("prodgen", {})
    names = ("chapter", "framework", "version", "text")
    said = tuple(about.get(name, "") for name in names)
    for one in known:
        if said == tuple(one.notebook.metadata.prodgen.get(name) for name in names):
            return one, ""
    for one in known:
        if said[:2] == (one.chapter, one.framework):
            return one, (
                "It was made from another version of the course than was handed out; graded as "
                f"version {one.version}, text {one.text}."
            )
    best = max(known, key=lambda one: _shared(notebook, one))
    if not _shared(notebook, best):
        return None, "The notebook belongs to no chapter that is graded here."
    return best, (
        "The notebook has lost what it says about itself; by its cells it is "
        f"{best.chapter} for {best.framework}."
    )


def _shared(notebook: NotebookNode, one: Pristine) -> int:
    """How much of a notebook's cells are those of ``one``: ids, exercises, and the same text."""
    mine = {cell.id for cell in notebook.cells} | {cell.source for cell in notebook.cells}
    mine |= {cell.metadata.get("exercise_id") for cell in notebook.cells}
    ids = {cell.id for cell in one.notebook.cells} | {cell.source for cell in one.notebook.cells}
    return len(mine & (ids | set(one.exercises)))
