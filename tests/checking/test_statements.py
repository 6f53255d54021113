import pytest

from prodgen_lib.checking.statements import ANY, chosen, is_own_check, linked, stars, statements


def made(source):
    return set().union(*(one.makes for one in linked([statements(source)])[0]))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    global S\n    S = 1\nf()", {"f", "S"}),
        ("def f():\n    global S\n    S = 1\ndef g(): f()\nx = g()", {"f", "g", "x", "S"}),
        ("def f():\n    globals().update(S=1)\nf()", {"f", "S"}),
        ("exec('S = 1')", {"S"}),
        ("exec(text)", {ANY}),
        ("globals().update(dict(S=1), **more)", {"S", ANY}),
        ("globals().update({'S': 1, 'T': 2})", {"S", "T"}),
        ("globals()['S'] = 1\nvars()[k] = 2", {"S", ANY}),
        ("from math import *", {ANY}),
        ("%run a.py", {ANY}),
        ("x += 1", set()),
        ("for k in range(3): n = k", {"k", "n"}),
        ("try:\n    import a\nexcept ImportError as e:\n    a = None", {"a", "e"}),
    ],
)
def test_names_made_in_every_way(source, expected):
    assert made(source) == expected


def test_who_only_defines_a_function_that_sets_a_name_does_not_make_it():
    assert made("def f():\n    global S\n    S = 1") == {"f"}


def test_objects_that_are_changed():
    source = "h.k = 1\nsetattr(h, 'k', 1)\nx += 1\nl.append(2)\ndel d['a']\nprint(h.k)"
    assert [one.changes for one in statements(source)] == [{"h"}, {"h"}, {"x"}, set(), {"d"}, set()]
    assert [one.perhaps for one in statements(source)][3] == {"l"}


def test_chosen_statements_keep_their_lines():
    source = "a = 1; b = 2; c = 3\n\ndef f():\n    return a\n# done\n"
    assert chosen(source, [0, 2, 3]) == "a = 1; c = 3\n\ndef f():\n    return a\n\n\n"
    odd = "x = 'a\u2028b'  # \x0c\ny = 2"
    assert chosen(odd, [1]) == "\ny = 2\n" and chosen(odd, [0]) == "x = 'a\u2028b'  # \x0c\n\n"


def test_own_checks_and_stars():
    own, other, plain = statements('f = check("gan.f", f)\ncheck(f)\nf = g("gan.f", f)')
    assert is_own_check(own) and not is_own_check(other) and not is_own_check(plain)
    here, there = statements("from math import *\nfrom nowhere_at_all import *")
    assert stars(here) and not stars(there)


def test_a_cell_of_much_data_is_read():
    source = f"D = [{', '.join(map(str, range(60_000)))}]\ndef f(): return D"
    assert made(source) == {"D", "f"}
