"""Reading the answer key as text, so that nothing needs a framework to be shown or blanked."""

from __future__ import annotations

import ast
from functools import lru_cache
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
    lines = text.splitlines()
    functions = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            functions[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return functions


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
    head = source.splitlines()[:last]
    return "\n".join([*head, "    raise NotImplementedError"])


def edited(source: str, edits: tuple[tuple[str, str], ...]) -> str:
    """``source`` with each ``(old, new)`` applied; each ``old`` must stand in it exactly once."""
    for old, new in edits:
        if source.count(old) != 1:
            raise ValueError(
                f"An edit of a known wrong answer must match once, but {old!r} "
                f"occurs {source.count(old)} times in:\n{source}"
            )
        source = source.replace(old, new)
    return source
