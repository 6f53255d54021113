"""Which names a piece of Python defines and which it needs; and code without its prose."""

from __future__ import annotations

import ast
import builtins
import io
import re
import symtable
import tokenize

ALWAYS = frozenset(dir(builtins)) | {"__name__", "display", "get_ipython"}
_NOT_PYTHON = re.compile(r"^(\s*)([%!?].*|.*\?)$")


def as_python(source: str) -> str | None:
    """``source`` with IPython's magic lines made ``pass``; None when it is no Python."""
    for text in (source, _NOT_PYTHON.sub(r"\1pass", source), _without_magic(source)):
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        return text
    return None


def _without_magic(source: str) -> str:
    return "\n".join(_NOT_PYTHON.sub(r"\1pass", line) for line in source.splitlines())


def defined(source: str) -> set[str]:
    """Names that a cell binds or changes at its top level; a method call counts as a change."""
    text = as_python(source)
    if text is None:
        return set()
    table = symtable.symtable(text, "cell", "exec")
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    return names | set(_changed(ast.parse(text)))


def _changed(tree: ast.Module):
    """Roots of ``x.a = …``, ``x[i] = …`` and ``x.append(…)`` outside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _root(node.value.func)


def _root(node: ast.expr):
    inside = False
    while isinstance(node, ast.Attribute | ast.Subscript):
        node, inside = node.value, True
    if inside and isinstance(node, ast.Name):
        yield node.id


def used(source: str) -> set[str]:
    """Names that a cell needs from outside its functions, its own top level included."""
    text = as_python(source)
    if text is None:
        return set()
    return set(_needs(symtable.symtable(text, "cell", "exec"))) - ALWAYS


def _needs(table: symtable.SymbolTable):
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _needs(child)


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
