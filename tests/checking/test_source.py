"""Blanking and editing functions as text."""

import ast

import pytest

from prodgen_lib.checking.source import edited, function_source, stub

SOURCE = '''def f(x: int, *, y: int = 2) -> int:
    """Add.

    Two lines.
    """
    z = x + y
    return z'''


def test_stub_keeps_signature_and_docstring_only():
    blank = stub(SOURCE)
    assert blank.endswith("    raise NotImplementedError") and "z = x" not in blank
    function = ast.parse(blank).body[0]
    assert ast.get_docstring(function) == "Add.\n\nTwo lines."
    assert ast.dump(function.args) == ast.dump(ast.parse(SOURCE).body[0].args)


def test_stub_without_docstring():
    assert stub("def f(x):\n    return x") == "def f(x):\n    raise NotImplementedError"


def test_edit_applies_in_order():
    assert edited("a b", (("a", "c"), ("c b", "d"))) == "d"


@pytest.mark.parametrize("old", ["missing", "x"])
def test_edit_that_does_not_match_once_raises(old):
    with pytest.raises(ValueError, match="must match once"):
        edited(SOURCE, ((old, "new"),))


@pytest.mark.parametrize(("topic", "name"), [("nothing", "f"), ("gan", "nothing")])
def test_unknown_function_is_named(topic, name):
    with pytest.raises(ValueError, match="nothing"):
        function_source("torch", topic, name)
