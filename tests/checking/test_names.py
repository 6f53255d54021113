import pytest

from prodgen_lib.checking import names
from prodgen_lib.checking.source import PACKAGE


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


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\r\ny = 2\rz = 3", {"x", "y", "z"}),
        ("%%time\nx = 1", {"x"}),
        ("\n  \n%%capture out\n%matplotlib inline\nx = 1", {"x"}),
        ("%%bash\nx=1", set()),
        ("%time x = 1\n%prun y = 2", {"x", "y"}),
        ("x = !ls\ny = %pwd\nz = %time 3", {"x", "y", "z"}),
        ("!ls \\\n  x = 1\ny = 2", {"y"}),
        ("x = (7\n%2)  # ok?", {"x"}),
        (">>> x = 1\n>>> y = 2", {"x", "y"}),
        ("In [12]: x = 1\n    ...: y = 2", {"x", "y"}),
        ("    x = 1\n    y = 2", {"x", "y"}),
        ("\fx = '''a\u2028b\x85c\x1c'''\ny = 1", {"x", "y"}),
        ("x = await f()", {"x"}),
        ("x = 1\nreturn x", set()),
        ("x = 1\0", set()),
        ("x = " + "(" * 300 + ")" * 300, set()),
    ],
)
def test_what_ipython_makes_of_a_cell(source, expected):
    assert names.defined(source) == expected


def test_lines_are_pythons():
    odd = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    assert names.lines(f"a{odd}b\nc\r\nd\re") == [f"a{odd}b", "c", "d", "e"]


READERS = (
    *("checking/names.py", "checking/source.py", "checking/statements.py", "checking/verbs.py"),
    *("course/grade.py", "course/grade_copy.py", "course/known_cells.py", "course/left_behind.py"),
    *("course/salvage.py", "classroom/intake", "classroom/grading", "classroom/sandbox/worker.py"),
)


def test_no_reader_of_learners_code_counts_lines_as_str_does():
    """``str.splitlines`` sees lines where Python sees none, and answers were cut short there."""
    files = [file for name in READERS for file in (PACKAGE / name).rglob("*.py")]
    files += [PACKAGE / name for name in READERS if name.endswith(".py")]
    assert len(files) > len(READERS)
    assert [str(f) for f in files if ".splitlines(" in f.read_text(encoding="utf-8")] == []
