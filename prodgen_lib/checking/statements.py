"""The statements of a code cell: what each makes, changes and needs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec

from prodgen_lib.checking import names

MOST_CHARACTERS = 1_000_000
ANY = "*"  # stands for names that only a run tells: a star import, `exec` of a computed text
_COMPOUND = (ast.If, ast.Try, ast.For, ast.While, ast.With, ast.Match)


@dataclass(frozen=True)
class Statement:
    """A top-level statement: its lines, and the names that it makes, changes and needs.

    ``imports`` are made by an import, ``functions`` by a definition, and those of ``sometimes``
    perhaps not. It changes an object for sure, as by ``x.a = 1``, or ``perhaps``, as by
    ``x.append(1)``. ``sets`` are names that its functions set by ``global`` when they are called.
    """

    first: int
    last: int
    text: str
    makes: frozenset[str]
    imports: frozenset[str]
    functions: frozenset[str]
    sometimes: frozenset[str]
    changes: frozenset[str]
    perhaps: frozenset[str]
    needs: frozenset[str]
    sets: frozenset[str]


@lru_cache(maxsize=256)  # most cells come again with every submission
def statements(source: str) -> tuple[Statement, ...] | None:
    """The top-level statements of a cell; None where it can't be read as Python."""
    if len(source) > MOST_CHARACTERS:
        return None
    try:
        text = names.as_python(source)
        if text is None:
            return None
        lines = names.lines(text)
        return tuple(_statement(node, lines) for node in ast.parse(text).body)
    except (RecursionError, MemoryError, ValueError, SyntaxError):
        return None


def chosen(source: str, numbers: Iterable[int]) -> str:
    """The text of a cell with the other statements' lines left empty, so that numbers hold."""
    found = statements(source) or ()
    lines = [""] * len(names.lines(names.as_python(source) or ""))
    for one in (found[number] for number in sorted(numbers)):
        before = lines[one.first - 1]
        if before and before != one.text:  # several in a line
            lines[one.first - 1] = f"{before}; {one.text}"
        else:
            text = names.lines(one.text)
            lines[one.first - 1 : one.first - 1 + len(text)] = text
    return "\n".join(lines) + "\n"


def linked(cells: Iterable[tuple[Statement, ...]]) -> list[tuple[Statement, ...]]:
    """The same, where who calls a function that sets names by ``global`` makes these names."""
    cells = list(cells)
    sets = {name: one.sets for cell in cells for one in cell if one.sets for name in one.functions}
    if not sets:
        return cells
    functions = [one for cell in cells for one in cell if one.functions]
    while more := [
        (name, found)
        for one in functions
        if (found := frozenset().union(*(sets.get(n, ()) for n in one.needs)))
        for name in one.functions
        if not found <= sets.get(name, frozenset())
    ]:
        for name, found in more:
            sets[name] = sets.get(name, frozenset()) | found
    return [tuple(_making(one, sets) for one in cell) for cell in cells]


def _making(one: Statement, sets: dict[str, frozenset[str]]) -> Statement:
    if one.functions:
        return one
    return replace(one, makes=one.makes.union(*(sets.get(name, ()) for name in one.needs)))


def _statement(node: ast.stmt, lines: list[str]) -> Statement:
    marks = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(mark.lineno for mark in marks)])
    text = "\n".join(lines[first - 1 : node.end_lineno])
    encoded = lines[node.end_lineno - 1].encode()
    if node.col_offset or encoded[node.end_col_offset :].strip(b" ;\f\t").strip()[:1] not in b"#":
        text = ast.unparse(node)  # several statements in a line
    needs = names.needed(text) - set(_targets(node))
    sets = set().union(*(n.names for n in ast.walk(node) if isinstance(n, ast.Global)))
    own = list(_own(node))
    if _functions(node):
        sets |= set().union(*map(_executed, ast.walk(node)))
    increased = {
        n.target.id for n in own if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }
    makes = names.bound(node)
    if not _functions(node):
        makes |= set().union(*map(_executed, own))
    perhaps = set().union(*map(names.called, own))
    everywhere = own if _functions(node) else list(ast.walk(node))
    changes = set().union(*map(names.assigned, everywhere)) | increased - makes
    return Statement(
        first,
        node.end_lineno,
        text,
        makes=frozenset(makes),
        imports=frozenset(_imports(node)),
        functions=frozenset(_functions(node)),
        sometimes=frozenset(makes if isinstance(node, _COMPOUND) else ()),
        changes=frozenset(changes),
        perhaps=frozenset(perhaps - changes),
        needs=frozenset(needs | increased),
        sets=frozenset(sets),
    )


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The node and those below it that run with it: not what is inside functions."""
    waiting = [node]
    while waiting:
        yield (one := waiting.pop())
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(one)


def _functions(node: ast.stmt) -> set[str]:
    """Names that a definition makes: ``def``, ``class`` and ``name = lambda``."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign(value=ast.Lambda()):
            return names.bound(node)
    return set()


def _imports(node: ast.stmt) -> set[str]:
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return set()
    return {(one.asname or one.name).partition(".")[0] for one in node.names}


def _executed(node: ast.AST) -> set[str]:
    """Names made by ``exec``, ``globals().update`` and ``globals()["x"] = …``."""
    match node:
        case ast.Call(func=ast.Name(id="exec"), args=[ast.Constant(value=str(text)), *_]):
            return names.defined(text)
        case ast.Call(func=ast.Name(id="exec")):
            return {ANY}
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="globals" | "locals" | "vars"))),
            args=found,
            keywords=words,
        ):
            return set().union(*map(_keys, found), *map(_words, words))
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id="globals" | "locals" | "vars")), ctx=ast.Store()
        ):
            return _words(node.slice)
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=attribute)
        ):
            runs = attribute in ("run_line_magic", "run_cell", "ex")
            return {ANY} if runs and _text(node.args[:1]) in ("run", "load", None) else set()
    return set()


def _text(arguments: list[ast.expr]) -> str | None:
    return arguments[0].value if arguments and isinstance(arguments[0], ast.Constant) else None


def _keys(node: ast.expr) -> set[str]:
    match node:
        case ast.Dict():
            return set().union(*(_words(key) for key in node.keys))
        case ast.Call(func=ast.Name(id="dict")):
            return set().union(*map(_keys, node.args), *map(_words, node.keywords))
    return _words(node)


def _words(node: ast.AST | None) -> set[str]:
    match node:
        case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
            return {name}
        case ast.Constant():
            return set()
    return {ANY}


def _targets(node: ast.stmt) -> Iterator[str]:
    """Names that a statement binds before it reads them: those of ``for`` and ``with``."""
    found = []
    for one in ast.walk(node):
        if isinstance(one, ast.For | ast.AsyncFor):
            found.append(one.target)
        elif isinstance(one, ast.With | ast.AsyncWith):
            found += [item.optional_vars for item in one.items if item.optional_vars]
    for target in found:
        yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def is_own_check(one: Statement) -> bool:
    """Whether this is a learner's own ``name = check("…", name)``, which may bind the course's."""
    match ast.parse(one.text).body:
        case [ast.Assign(value=ast.Call() as call)] | [ast.Expr(value=ast.Call() as call)]:
            named = isinstance(call.func, ast.Name) and call.func.id == "check"
            return named and "." in (_text(call.args) or "")
    return False


def stars(one: Statement) -> bool:
    """Whether it imports all names of a module that is installed, as ``from math import *``."""
    match ast.parse(one.text).body if ANY in one.imports else ():
        case [ast.ImportFrom(module=str(module), level=0)]:
            try:
                return find_spec(module.partition(".")[0]) is not None
            except (ImportError, ValueError):
                return False
    return False
