"""Reading the answer key as text, so that nothing needs a framework to be shown or blanked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise, takewhile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
FRAMEWORKS = ("torch", "tensorflow")


def module_path(framework: str, topic: str) -> Path:
    """The file of the answer key that teaches ``topic``, for example ``gan``.

    What needs neither framework, such as ``human``, stands in ``plain`` and serves both.
    """
    path, shared = PACKAGE / framework / f"{topic}.py", PACKAGE / "plain" / f"{topic}.py"
    return shared if shared.exists() and not path.exists() else path


@lru_cache
def _functions(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    functions = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            functions[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return functions


def function_names(path: Path) -> list[str]:
    """The functions of a file of the answer key, in its order."""
    return list(_functions(path)) if path.exists() else []


def function_source(framework: str, topic: str, name: str) -> str:
    """The source of one public function of the answer key, as it stands in its file."""
    path = module_path(framework, topic)
    if not path.exists():
        raise ValueError(f"There is no answer key {path.name} for {framework}; is the id right?")
    functions = _functions(path)
    if name not in functions:
        raise ValueError(f"{framework}/{path.name} has no function `{name}`.")
    return functions[name]


def stub(source: str) -> str:
    """The same function with signature and docstring, and nothing done."""
    function = ast.parse(source).body[0]
    body = function.body
    has_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    last = body[0].end_lineno if has_docstring else body[0].lineno - 1
    head = source.split("\n")[:last]
    return "\n".join([*head, "    raise NotImplementedError"])


def brief(source: str) -> str:
    """The same function with the first line of its docstring only."""
    first = ast.parse(source).body[0].body[0]
    if not (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        return source
    lines = source.split("\n")
    if first.end_lineno > first.lineno:
        lines[first.lineno - 1 : first.end_lineno] = [lines[first.lineno - 1] + '"""']
    return "\n".join(lines)


def edited(source: str, edits: Iterable[tuple[str, str]]) -> str:
    """``source`` with each ``(old, new)`` applied: whole lines, which must stand in it once.

    All are looked up in ``source`` as it came, and of each only what differs is replaced: so two
    faults of a candidate may stand in one line.
    """
    text = f"\n{source}\n"
    places = sorted(_place(text, old, new) for old, new in edits)
    for (_, end, _), (start, _, new) in pairwise(places):
        if start < end:
            raise ValueError(f"Two edits change one place, the second to:\n{new}\nin:\n{source}")
    for start, end, new in reversed(places):
        text = text[:start] + new + text[end:]
    return text.strip("\n")


def _place(text: str, old: str, new: str) -> tuple[int, int, str]:
    """Where ``old`` differs from ``new``, as the bounds in ``text`` and what goes there."""
    found = [match.start() for match in re.finditer(rf"(?m)^{re.escape(old)}", text)]
    if len(found) != 1:
        raise ValueError(
            f"An edit of a known wrong answer must match whole lines once, but these match "
            f"{len(found)} times:\n{old}\nin:{text}"
        )
    before = _shared(old, new)
    after = _shared(old[before:][::-1], new[before:][::-1])
    start, end = found[0] + before, found[0] + len(old) - after
    return start, end, new[before : len(new) - after]


def _shared(one: str, other: str) -> int:
    """How many letters two texts share at their beginning."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
