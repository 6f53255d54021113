"""Which names a piece of Python defines and which it needs; and code without its prose."""

from __future__ import annotations

import ast
import builtins
import io
import re
import symtable
import tokenize
from collections.abc import Iterator

ALWAYS = frozenset(dir(builtins)) | {"__name__", "display", "get_ipython"}
_NOT_PYTHON = re.compile(r"^(\s*)([%!?].*|.*\?)$")


def as_python(source: str) -> str | None:
    """``source`` with IPython's magic lines made ``pass``; None when it is no Python."""
    for text in (source, _without_magic(source)):
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        return text
    return None


def _without_magic(source: str) -> str:
    return "\n".join(_NOT_PYTHON.sub(r"\1pass", line) for line in source.splitlines())


def defined(source: str) -> set[str]:
    """Names that a cell binds at its top level."""
    return set(_bound(ast.parse(as_python(source) or "")))


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a node binds in its own scope; what is inside functions and classes is theirs."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
            return
        case ast.Lambda():
            return
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case ast.alias():
            yield (node.asname or node.name).partition(".")[0]
        case ast.MatchAs(name=str()) | ast.MatchStar(name=str()):
            yield node.name
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.comprehension) and child is node.target):
            yield from _bound(child)


def imported(source: str) -> set[str]:
    """Names that a cell imports at its top level; ``*`` for a star import."""
    nodes = ast.parse(as_python(source) or "").body
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(a.asname or a.name).partition(".")[0] for node in imports for a in node.names}


def changed(source: str) -> set[str]:
    """Names whose object a cell may change: ``x.a = …``, ``x[i] = …`` and ``x.append(…)``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(as_python(source) or "")):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            found |= _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found |= _root(node.value.func)
    return found


def _root(node: ast.expr) -> set[str]:
    """``{"x"}`` for ``x.a[0].b``; nothing for a plain name."""
    inner = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return {inner.id} if isinstance(inner, ast.Name) and inner is not node else set()


def used(source: str) -> set[str]:
    """Names that a cell needs from outside its functions, its own top level included."""
    text = as_python(source) or ""
    table = symtable.symtable(text, "cell", "exec")
    top = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    inside = {name for child in table.get_children() for name in _globals(child)}
    return (top - _comprehended(text) | inside) - ALWAYS


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that a function or class, and those inside it, read from the module."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)


def _comprehended(text: str) -> set[str]:
    """The variables of comprehensions, which Python 3.12 and later list among the module's."""
    found = [
        node.target for node in ast.walk(ast.parse(text)) if isinstance(node, ast.comprehension)
    ]
    return {name.id for target in found for name in ast.walk(target) if isinstance(name, ast.Name)}


def without_prose(source: str) -> str:
    """Code without docstrings, comments and blank lines: what a run depends on.

    Made from the text alone, so it is the same under every version of Python.
    """
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return source
    lines: list[str] = source.splitlines()
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for first, last in _docstrings(tree):
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.Module):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str())) as first, *_]:
                    yield first.lineno, first.end_lineno
