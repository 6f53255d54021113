"""A copy of the library without its answers, for the process that runs submissions.

Of a chapter's answer key only the functions stay that its notebook imports beside the exercises,
and what these need; exercises become stubs. Of an exercise only ``observe`` stays, and what it
needs: no cases, and no page, whose known wrong answers hold lines of the answers. The course that a
wheel holds stays out, with its solutions.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from prodgen_lib.checking import names
from prodgen_lib.checking.exercise import exercise_names, topics
from prodgen_lib.checking.source import FRAMEWORKS, PACKAGE, module_path

LEFT_OUT = {"interview", "parity", "properties", "questions", "the_course", "__pycache__"}
STUB = 'raise NotImplementedError("The answers of the course are not here while it grades.")'
Wanted = dict[Path, set[str]]


def blanked_library(folder: Path, imported: Iterable[str]) -> Path:
    """Write the copy to ``folder / "prodgen_lib"``. ``imported`` is code whose imports must work.

    That is code of the course's own notebook. Returns ``folder``.
    """
    shutil.copytree(PACKAGE, folder / "prodgen_lib", ignore=_left_out)
    texts = {path: _without_answers(path) for path in _with_answers()}
    wanted: Wanted = {path: set() for path in texts}
    for text in (*imported, *_whole_modules(texts)):
        _want(ast.parse(names.as_python(text) or ""), wanted)
    for path in texts:
        if path.with_suffix(".md").exists():
            wanted[path].add("observe")
    _follow(texts, wanted)
    for path, tree in texts.items():
        kept = ast.Module([n for n in tree.body if _stays(n, wanted[path])], [])
        _trim(kept, wanted)
        target = folder / "prodgen_lib" / path.relative_to(PACKAGE)
        target.write_text(ast.unparse(kept) + "\n", encoding="utf-8")
    return folder


def whole_library(folder: Path) -> Path:
    """Write a copy with its answers, for a process that runs no submission. Returns ``folder``."""
    ignored = shutil.ignore_patterns("__pycache__", "*.md", "the_course")
    shutil.copytree(PACKAGE, folder / "prodgen_lib", ignore=ignored)
    return folder


def _left_out(folder: str, entries: list[str]) -> list[str]:
    top = Path(folder) == PACKAGE
    return [
        n for n in entries if n == "__pycache__" or n.endswith(".md") or (top and n in LEFT_OUT)
    ]


def _with_answers() -> Iterator[Path]:
    """The modules of the answer key that have exercises, and the modules of these."""
    for topic in topics():
        yield from {path for f in FRAMEWORKS if (path := module_path(f, topic)).is_file()}
        yield from sorted((PACKAGE / "exercises" / topic).glob("*.py"))


def _without_answers(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if "exercises" not in path.relative_to(PACKAGE).parts:
        exercises = exercise_names(path.stem)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in exercises:
                node.body = ast.parse(STUB).body
    return tree


def _whole_modules(texts: dict[Path, ast.Module]) -> Iterator[str]:
    """Modules that are copied as they are: what they import from others must be there."""
    for path in PACKAGE.rglob("*.py"):
        if path not in texts and not LEFT_OUT & set(path.relative_to(PACKAGE).parts):
            yield path.read_text(encoding="utf-8")


def _follow(texts: dict[Path, ast.Module], wanted: Wanted) -> None:
    """Add to ``wanted`` what the wanted names need in turn, across modules, until it is all."""
    before = -1
    while before != sum(map(len, wanted.values())):
        before = sum(map(len, wanted.values()))
        for path, tree in texts.items():
            for node in tree.body:
                if _stays(node, wanted[path]) and not isinstance(node, ast.ImportFrom):
                    wanted[path] |= _used(node)
            _want(tree, wanted, only=wanted[path])


def _stays(node: ast.stmt, wanted: set[str]) -> bool:
    if isinstance(node, ast.Import) or (
        isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("prodgen_lib")
    ):
        return True
    return bool(_defined(node) & wanted)


@lru_cache(maxsize=16_384)  # what follows from the wanted names is asked for again and again
def _defined(node: ast.stmt) -> frozenset[str]:
    return frozenset(names.defined(ast.unparse(node)))


@lru_cache(maxsize=16_384)
def _used(node: ast.stmt) -> frozenset[str]:
    return frozenset(names.used(ast.unparse(node)))


@lru_cache(maxsize=1024)
def _imports(tree: ast.AST) -> list[ast.ImportFrom]:
    """The statements of a text that import from the library."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [node for node in found if (node.module or "").startswith("prodgen_lib")]


def _want(tree: ast.AST, wanted: Wanted, only: set[str] | None = None) -> None:
    """Note what a text imports from the modules that are trimmed; of those ``only``, if given."""
    for node in _imports(tree):
        for alias in node.names:
            if only is None or (alias.asname or alias.name) in only:
                for path in _files(node.module):
                    wanted.get(path, set()).add(alias.name)


def _files(module: str) -> tuple[Path, Path]:
    place = PACKAGE.joinpath(*module.split(".")[1:])
    return place.with_suffix(".py"), place / "__init__.py"


def _trim(tree: ast.Module, wanted: Wanted) -> None:
    """Take names out of imports that are no longer where they were."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for path in _files(node.module or ""):
                if path in wanted and path.name != "__init__.py":
                    node.names = [a for a in node.names if a.name in wanted[path]] or node.names
