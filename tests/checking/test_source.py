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


def test_edits_are_of_whole_lines():
    assert edited("a\nb\nc", (("a\n", ""), ("c\n", "d\ne\n"))) == "b\nd\ne"
    assert edited("a\nab", (("ab\n", "c\n"),)) == "a\nc"


def test_two_edits_may_share_a_line_but_not_a_place():
    line = "f(one, two)\n"
    pair = ((line, "f(two, two)\n"), (line, "f(one, one)\n"))
    assert edited("f(one, two)", pair) == "f(two, one)"
    with pytest.raises(ValueError, match="change one place"):
        edited("f(one, two)", ((line, "f(two)\n"), (line, "f(x, two)\n")))


@pytest.mark.parametrize("old", ["missing\n", "    z = x\n", "z = x + y\n"])
def test_edit_that_does_not_match_whole_lines_once_raises(old):
    with pytest.raises(ValueError, match="match whole lines once, but these match 0"):
        edited(SOURCE, ((old, "new\n"),))
    with pytest.raises(ValueError, match="match 2 times"):
        edited("a\na", (("a\n", "b\n"),))


@pytest.mark.parametrize(("topic", "name"), [("nothing", "f"), ("gan", "nothing")])
def test_unknown_function_is_named(topic, name):
    with pytest.raises(ValueError, match="nothing"):
        function_source("torch", topic, name)
