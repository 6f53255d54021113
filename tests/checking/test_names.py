import pytest

from prodgen_lib.checking import names


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy as np\nfrom a import b as c, d", {"np", "c", "d"}),
        ("import os.path", {"os"}),
        ("x: int = 1\ny, (z, *w) = f()\nfor i in y: pass", {"x", "y", "z", "w", "i"}),
        ("def f(a):\n    b = a\nclass C:\n    d = 1", {"f", "C"}),
        ("with open(p) as file:\n    (n := 3)", {"file", "n"}),
        ("%matplotlib inline\nx = 1\n!ls\nhelp?", {"x"}),
        ("[i for i in range(3)]", set()),
        ("match a:\n    case [b, *c] as d: e.f = g[0] = 1", {"b", "c", "d"}),
        ("def f(:", set()),
    ],
)
def test_defined(source, expected):
    assert names.defined(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a):\n    b = a\n    return g(b, len(a))", {"g"}),
        ("def f(a: T = d) -> R:\n    return [k(i) for i in a]", {"T", "d", "R", "k"}),
        ("@wrap\ndef f():\n    def inner(q):\n        return q + free\n    return inner", None),
        (
            "class C(Base):\n    size = big\n    def f(self):\n        return self.size",
            {"Base", "big"},
        ),
        ("print(x.y[z])", {"x", "z"}),
        ("print([k(i) for i in a if i])", {"k", "a"}),
        ("display(get_ipython())", set()),
    ],
)
def test_used(source, expected):
    assert names.used(source) - {"f"} == (expected if expected is not None else {"wrap", "free"})


def test_changed_names_are_those_whose_object_a_cell_touches():
    source = "a.b = 1\nc[0] += 2\nd.append(3)\nf(e)\ng.h.i()\nj"
    assert names.changed(source) == {"a", "c", "d", "g"}
    assert names.imported("import a.b, c as d\nfrom e import f, g as h") == {"a", "d", "f", "h"}


def test_prose_is_docstrings_comments_and_blank_lines():
    source = (
        '"""Module."""\n\nx = "# no comment"  # a comment\n\n\ndef f():\n'
        '    """Two\n    lines."""\n    # alone\n    return """kept"""\n'
    )
    plain = 'x = "# no comment"\ndef f():\n    return """kept"""'
    assert names.without_prose(source) == plain
    assert names.without_prose("def f(:  # broken") == "def f(:  # broken"
