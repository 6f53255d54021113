"""The answer key with one small fault at a time, made from its text alone.

Tests grade the graders with these; who writes a test for a function has to catch them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.Eq: ast.NotEq,
}
NAMES = {
    "softplus": "relu",
    "mean": "sum",
    "sum": "mean",
    "reduce_mean": "reduce_sum",
    "reduce_sum": "reduce_mean",
    "square": "abs",
    "argmax": "argmin",
    "lerp_": "add_",
    "Tanh": "Sigmoid",
    "ReLU": "Tanh",
    "LeakyReLU": "ReLU",
    "real": "fake",
    "fake": "real",
    "real_logits": "fake_logits",
    "fake_logits": "real_logits",
    "generator": "discriminator",
    "discriminator": "generator",
    "generator_optimizer": "discriminator_optimizer",
    "discriminator_optimizer": "generator_optimizer",
    "ones": "zeros",
    "zeros": "ones",
    "kept": "new",
    "new": "kept",
    "d_loss": "g_loss",
    "total": "d_loss",
    "relativistic_discriminator_loss": "relativistic_generator_loss",
    "relativistic_generator_loss": "relativistic_discriminator_loss",
    "parameters": "buffers",
    "buffers": "parameters",
    "trainable_variables": "non_trainable_variables",
    "non_trainable_variables": "trainable_variables",
    "zeros_like": "ones_like",
    "any": "all",
    "reduce_any": "reduce_all",
    "log10": "log",
    "c1": "c2",
    "c2": "c1",
    "mean_x": "mean_y",
    "mean_a": "mean_b",
    "covariance": "variances",
    "variances": "covariance",
    "features_a": "features_b",
    "in_real": "in_generated",
    "in_generated": "in_real",
    "wins": "votes",
    "votes": "wins",
    "granted": "asked",
    "asked": "granted",
}
DROPPED_CALLS = {"detach", "stop_gradient", "initialise", "sigmoid"}
TEXTS = {"tanh": "sigmoid", "same": "valid", "valid": "same"}
SAME = "_same_"
"""What a mutant calls where a call is left out: it gives back what it gets."""


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(what was changed, source) for each place of a function where something can be changed."""
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            mutant = copy.deepcopy(tree)
            change(list(ast.walk(mutant))[place])
            text = ast.unparse(ast.fix_missing_locations(mutant))
            line = getattr(node, "lineno", 0)
            yield f"line {line}: {what}", text


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], object]]]:
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        other = OPERATORS[type(node.op)]
        if not isinstance(node.op, ast.Sub | ast.Add) or not _is_type(node):
            yield f"{ast.unparse(node)} → {other.__name__}", _set("op", other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"{ast.unparse(node)} → without the minus", _set("op", ast.UAdd())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        other = OPERATORS[type(node.ops[0])]
        yield f"{ast.unparse(node)} → {other.__name__}", _set("ops", [other()])
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.keyword) and getattr(node.value, "value", None) in (True, False):
        other = not node.value.value
        yield f"{node.arg} = {other}", _set("value", ast.Constant(other))
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield f"{node.id} → {NAMES[node.id]}", _set("id", NAMES[node.id])
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield f".{node.attr} → .{NAMES[node.attr]}", _set("attr", NAMES[node.attr])
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.List) and len(node.elts) > 2:
        for place, element in enumerate(node.elts):
            yield f"without {ast.unparse(element)}", _without("elts", place)
    yield from _statements(node)


def _is_type(node: ast.BinOp) -> bool:
    return "None" in ast.unparse(node)


def _constants(node: ast.Constant) -> Iterator[tuple[str, Callable[[ast.AST], object]]]:
    if isinstance(node.value, bool):
        return  # of a keyword: see `_changes`
    if isinstance(node.value, int):
        yield f"{node.value} → {node.value + 1}", _set("value", node.value + 1)
    elif isinstance(node.value, float):
        yield f"{node.value} → {node.value * 1.5 + 0.01}", _set("value", node.value * 1.5 + 0.01)
    elif node.value in TEXTS:
        yield f"{node.value} → {TEXTS[node.value]}", _set("value", TEXTS[node.value])


def _calls(node: ast.Call) -> Iterator[tuple[str, Callable[[ast.AST], object]]]:
    text = ast.unparse(node)[:60]
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if len(node.args) >= 2 and not any(isinstance(a, ast.Starred) for a in node.args):
        yield f"{text}: arguments swapped", _swap_arguments
    for place, keyword in enumerate(node.keywords):
        yield f"{text}: without {keyword.arg}", _without("keywords", place)
    if name == "Sequential" and len(node.args) > 1:
        for place, layer in enumerate(node.args):
            yield f"without {ast.unparse(layer)}", _without("args", place)
    if name in DROPPED_CALLS:
        yield f"{text}: without {name}", _drop_call


def _statements(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], object]]]:
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    for place, statement in enumerate(body):
        simple = isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign | ast.For | ast.If)
        if simple and not _is_docstring(statement):
            yield f"without {ast.unparse(statement)[:60]}", _replace_by_pass(place)
        if place and isinstance(statement, ast.Expr) and isinstance(body[place - 1], ast.Expr):
            yield f"{ast.unparse(statement)[:60]}: one line up", _one_up(place)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _set(field: str, value: object):
    return lambda node: setattr(node, field, value)


def _without(field: str, place: int):
    return lambda node: getattr(node, field).pop(place)


def _swap_arguments(node: ast.Call) -> None:
    node.args[0], node.args[1] = node.args[1], node.args[0]


def _drop_call(node: ast.Call) -> None:
    inner = node.args[0] if node.args else node.func.value
    node.func, node.args, node.keywords = ast.Name(SAME, ast.Load()), [inner], []


def _replace_by_pass(place: int):
    return lambda node: node.body.__setitem__(place, ast.Pass())


def _one_up(place: int):
    def change(node: ast.AST) -> None:
        node.body[place - 1], node.body[place] = node.body[place], node.body[place - 1]

    return change
