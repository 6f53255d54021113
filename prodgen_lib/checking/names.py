"""Which names a piece of Python defines and which it needs; and code without its prose."""

from __future__ import annotations

import ast
import builtins
import io
import re
import symtable
import tokenize
import warnings
from collections.abc import Iterator
from functools import lru_cache

ALWAYS = frozenset(dir(builtins)) | {"__name__", "display", "get_ipython"}
# Cell magics whose body, and line magics whose rest, IPython runs among the notebook's names.
_BODY = re.compile(r"\s*%%(?:time|capture|prun)\b[^\n]*\n")
_LINE = re.compile(
    r"""get_ipython\(\)\.run_line_magic\('(?:time|prun)', """
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)"""
)
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def lines(text: str) -> list[str]:
    """Lines as Python counts them: ``str.splitlines`` also ends one at a form feed or U+2028."""
    return re.split(r"\r\n|\r|\n", text)


@lru_cache(maxsize=256)
def as_python(source: str) -> str | None:
    """``source`` as IPython would run it, with magics as calls; None when it can't be compiled."""
    text = "\n".join(lines(source))
    if _compiles(text):
        return text
    text = transformed(text)
    return text if _compiles(text) else None


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except _UNREADABLE:
        return False
    return True


def transformed(source: str) -> str:
    """``source`` without IPython's own syntax: prompts, indentation, and magics made calls."""
    from IPython.core.inputtransformer2 import TransformerManager

    if body := _BODY.match(source):
        above = "\n" * body[0].count("\n")
        return above + transformed(source[body.end() :])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = TransformerManager().transform_cell(source)
        return _LINE.sub(lambda found: ast.literal_eval(found[1]), text)
    except Exception:  # it trusts the text that it is given
        return source


def defined(source: str) -> set[str]:
    """Names that a cell binds at its top level."""
    return bound(ast.parse(as_python(source) or ""))


def bound(node: ast.AST) -> set[str]:
    """Names that a node binds in its own scope; what is inside functions and classes is theirs."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        match one := waiting.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(one.name)
                continue
            case ast.Lambda():
                continue
            case ast.AugAssign(target=ast.Name()):
                waiting.append(one.value)
                continue
            case ast.Name(ctx=ast.Store()):
                found.add(one.id)
            case ast.alias():
                found.add((one.asname or one.name).partition(".")[0])
            case (
                ast.MatchAs(name=str()) | ast.MatchStar(name=str()) | ast.ExceptHandler(name=str())
            ):
                found.add(one.name)
            case ast.MatchMapping(rest=str()):
                found.add(one.rest)
            case ast.comprehension():
                waiting += [one.iter, *one.ifs]
                continue
        waiting += ast.iter_child_nodes(one)
    return found


def imported(source: str) -> set[str]:
    """Names that a cell imports at its top level; ``*`` for a star import."""
    nodes = ast.parse(as_python(source) or "").body
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(a.asname or a.name).partition(".")[0] for node in imports for a in node.names}


def changed(source: str) -> set[str]:
    """Names whose object a cell may change: ``x.a = …``, ``x[i] = …`` and ``x.append(…)``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(as_python(source) or "")):
        found |= assigned(node) | called(node)
    return found


def assigned(node: ast.AST) -> set[str]:
    """Names whose object this node alone changes: ``x.a = …``, ``x[i] = …``, ``setattr(x, …)``."""
    match node:
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            return _root(node)
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[ast.Name(id=name), *_]):
            return {name}
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[inner, *_]):
            return _root(inner)
    return set()


def called(node: ast.AST) -> set[str]:
    """Names of which this statement calls a method, as ``x.append(…)``."""
    match node:
        case ast.Expr(value=ast.Call(func=function)):
            return _root(function)
    return set()


def _root(node: ast.expr) -> set[str]:
    """``{"x"}`` for ``x.a[0].b``; nothing for a plain name."""
    inner = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return {inner.id} if isinstance(inner, ast.Name) and inner is not node else set()


def used(source: str) -> set[str]:
    """Names that a cell needs from outside its functions, its own top level included."""
    return needed(as_python(source) or "")


def needed(text: str) -> set[str]:
    """The same for what is Python already."""
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
    except (*_UNREADABLE, tokenize.TokenError):
        return source
    text: list[str] = lines(source)
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            text[row - 1] = text[row - 1][:column]
    for first, last in _docstrings(tree):
        text[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line.rstrip() for line in text if line.strip())


def _docstrings(tree: ast.Module):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str())) as first, *_]:
                    yield first.lineno, first.end_lineno
