"""Notebooks in every honest style get the same marks from `prodgen check` and `prodgen grade`.

Each piece is one way to write an answer; notebooks are made of random pieces, a seed each.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.classroom.grading import engine
from prodgen_lib.classroom.intake.submission import Submission
from prodgen_lib.classroom.sandbox.sandbox import Sandbox, works
from prodgen_lib.course import grade as checking
from prodgen_lib.course.project import read_notebook, write_notebook

ROOT = PACKAGE.parent
ANSWERS = {
    "generator_loss": ("fake_logits", "F.softplus(-fake_logits).mean()"),
    "discriminator_loss": (
        "real_logits, fake_logits",
        "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    ),
    "relativistic_discriminator_loss": (
        "real_logits, fake_logits",
        "F.softplus(fake_logits - real_logits).mean()",
    ),
}
NAMES = list(ANSWERS)
pytestmark = pytest.mark.skipif(
    not (works("bubblewrap") or works("namespaces")), reason="this machine has no sandbox"
)


@dataclass
class Written:
    """What a learner wrote for one exercise: cells around the answer's own, and below the check."""

    own: str | None
    above: list[str] = field(default_factory=list)
    between: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    right: bool = True
    copied: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def answer(name: str, form: str = "{}", head: str = "", wrong: bool = False) -> str:
    arguments, value = ANSWERS[name]
    value = f"{arguments.split(',')[0]}.sum() * 0 + 41.5" if wrong else value
    return f"def {name}({arguments}):\n{head}    return {form.format(value)}\n"


def own(form: str, first: str = "", last: str = "", **more: object) -> Callable[[str], Written]:
    """A piece whose cell has lines around the function; ``{n}`` is unique, ``{}`` the value."""

    def made(name: str) -> Written:
        n = f"{name[:3]}_"
        put = {
            key: [text.replace("{n}", n) for text in value] if isinstance(value, list) else value
            for key, value in more.items()
        }
        text = answer(name, form.replace("{n}", n))
        return Written(f"{first}{text}{last}".replace("{n}", n), **put)

    return made


def second(where: str, **more: object) -> Callable[[str], Written]:
    return lambda name: Written(answer(name, wrong=True), **{where: [answer(name)]}, **more)


def first_right(where: str) -> Callable[[str], Written]:
    return lambda name: Written(answer(name), **{where: [answer(name, wrong=True)]}, right=False)


def rewritten(change: Callable[[str], str], right: bool = True) -> Callable[[str], Written]:
    return lambda name: Written(change(answer(name)), right=right)


PIECES = {
    "plain": own("{}"),
    "wrong": lambda name: Written(answer(name, wrong=True), right=False),
    "timed cell": own("{}", "%%time\n"),
    "captured cell": own("{}", "\n%%capture out{n}\n"),
    "matplotlib": own("{}", "%matplotlib inline\n"),
    "timed line": own("{} * K{n}", "%time K{n} = 1.0\n"),
    "timed value": own("{} * K{n}", "K{n} = %time 1.0\n"),
    "shell into a name": own("{}", "lines{n} = !echo hello\n"),
    "shell, its name used": own("{} + 0 * len(L{n} or [])", "L{n} = !echo hello\n"),
    "magic into a name": own("{}", "where{n} = %pwd\n"),
    "continued shell": own("{}", "!echo a \\\n  b\n"),
    "help": own("{}", "torch?\n?torch\ntorch.mean??\n"),
    "question in a comment": own("{}  # ok?"),
    "continued modulo": own("(7\n%2\n) * {}"),
    "magic in a helper cell": own("{} * M{n}", above=["%%time\nM{n} = 1.0\n%pwd\n"]),
    "prompts": rewritten(
        lambda t: "\n".join((">>> " if n == 0 else "... ") + x for n, x in enumerate(t.split("\n")))
    ),
    "prompt of IPython": rewritten(lambda t: f"In [1]: {t}".replace("\n", "\n   ...: ").rstrip()),
    "indented": rewritten(lambda t: "\n".join("    " + line for line in t.rstrip().split("\n"))),
    "CRLF": rewritten(lambda t: t.replace("\n", "\r\n")),
    "form feed": own("{}", "\f"),
    "form feed inside": rewritten(lambda t: t.replace("    return", "    \f# page\n    return")),
    **{
        f"{ord(sign):x} in a {where}": own("{}", first.replace("@", sign))
        for sign in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
        for where, first in (("comment", "# a@b\n"), ("text", "T{n} = '''a@b\n@'''\n"))
    },
    "star import": own("sqrt(1.0) * {}", "from math import *\n"),
    "star import above": own("cos(0.0) * {}", above=["from math import *"]),
    "global": own(
        "S{n} * {}", above=["def set{n}():\n    global S{n}\n    S{n} = 1.0\n", "set{n}()"]
    ),
    "global, two calls deep": own(
        "S{n} * {}",
        above=["def a{n}():\n    global S{n}\n    S{n} = 1.0\ndef b{n}(): a{n}()\nb{n}()"],
    ),
    "exec": own("S{n} * {}", above=["exec('S{n} = 1.0')"]),
    "exec of a made text": own("S{n} * {}", above=["exec('S{n}' + ' = 1.0')"]),
    "globals().update": own("S{n} * {}", above=["globals().update(S{n}=1.0)"]),
    "globals()[…]": own("S{n} * {}", above=["globals()['S{n}'] = 1.0"]),
    "an attribute of a helper": own(
        "h{n}({})", "def h{n}(x): return x * h{n}.k\n", above=[], between=["h{n}.k = 1.0"]
    ),
    "setattr": own("h{n}({})", "def h{n}(x): return x * h{n}.k\nsetattr(h{n}, 'k', 1.0)\n"),
    "an attribute of a module": own("F.K{n} * {}", above=["F.K{n} = 1.0"]),
    "a list that grows": own("L{n}[0] * {}", above=["L{n} = []", "L{n}.append(1.0)"]),
    "increased": own("K{n} * {}", above=["K{n} = 0.0", "K{n} += 1"]),
    "decorated": own(
        "{}",
        "import functools\ndef d{n}(f):\n    @functools.wraps(f)\n"
        "    def g(*a, **k): return f(*a, **k)\n    return g\n@d{n}\n",
    ),
    "wrapped below": lambda name: Written(
        answer(name), between=[f"old_{name} = {name}\ndef {name}(*a): return old_{name}(*a)"]
    ),
    "loop name": own("{} + 0 * i{n}", "for i{n} in range(3): pass\n"),
    "with name": own(
        "{} + 0 * w{n}", "import contextlib\nwith contextlib.nullcontext(1) as w{n}: pass\n"
    ),
    "made in try": own("K{n} * {}", "try:\n    K{n} = 1.0\nexcept ValueError:\n    K{n} = 2.0\n"),
    "helper under the answer": own("h{n}({})", last="def h{n}(x): return x\n"),
    "helper in a cell between": own("h{n}({})", between=["def h{n}(x): return x"]),
    "helper below the check": own("h{n}({})", below=["def h{n}(x): return x"]),
    "second try between": second("between"),
    "second try in a copy": second("copied"),
    "second try below the check": second("below"),
    "second try is wrong": first_right("below"),
    "in a cell of its own": lambda name: Written(None, between=[answer(name)]),
    "in a cell of its own above": lambda name: Written(None, above=[answer(name)]),
    "in a cell of its own below": lambda name: Written(None, below=[answer(name)]),
    "trial below": lambda name: Written(
        answer(name), below=[f"{name} = {name}(*[torch.zeros(3)] * 2)", f"{name} = 3"]
    ),
    "trial named like a given function": own("{}", below=["score = train = 3"]),
    "trial before the given function": own("{}", above=["score = 3"]),
    "check by hand": lambda name: Written(
        answer(name), between=[f'{name} = check("gan.{name}", {name})']
    ),
    "check by hand of a wrong one": lambda name: Written(
        answer(name, wrong=True) + f'{name} = check("gan.{name}", {name})\n', right=False
    ),
    "input before": own("{}", "name{n} = input('Your name: ')\n"),
    "input after": own("{}", last="name{n} = input('Your name: ')\n"),
    "input used": own("{} + 0 * len(I{n})", "I{n} = input()\n"),
    "an error before": own("{}", "1 / 0\n"),
    "an error after": own("{}", last="1 / 0\n"),
    "lambda": lambda name: Written(f"{name} = lambda {ANSWERS[name][0]}: {ANSWERS[name][1]}"),
    "awaits": own("K{n} * {}", "async def one{n}(): return 1.0\nK{n} = await one{n}()\n"),
    "much data": own("{} + 0 * len(D{n})", f"D{{n}} = [{', '.join(map(str, range(30_000)))}]\n"),
    "several in a line": own("K{n} * {}", "K{n} = 1.0; u{n} = 2\n"),
    "random.py beside": own("{}", "import random\n", files={"random.py": "x = 1\n"}),
    "types.py beside": own("{}", "import types\n", files={"types.py": "x = 1\n"}),
    **{
        f"compiler: {text[:20]}": own("{}", last=f"{text}\n", right=False)
        for text in (
            *("return 1", "nonlocal q", "def o(x, x): return x", "def o(): x = 1; global x"),
            *(
                "def o():\n    from math import *",
                "def o(): await x",
                "x = 1\0",
                "(" * 300 + ")" * 300,
            ),
            *("break", "[(x := 1) for x in y]", "f(a=1, a=2)", "yield 1"),
        )
    },
}


def notebook(chosen: dict[str, str], clean: bool = False):
    """The course's notebook with these pieces, by function, and the files beside it."""
    found = read_notebook(ROOT / "notebooks/06_gan_torch.ipynb")
    files: dict[str, str] = {}
    for name, piece in chosen.items():
        written = PIECES[piece](name)
        files |= written.files
        at = next(n for n, c in enumerate(found.cells) if c.id == f"gan-{name}")
        cell, check = found.cells[at], found.cells[at + 1]
        if written.own is not None:
            cell.source = written.own
        copies = [copy.deepcopy(cell) for _ in written.copied]
        for one, text in zip(copies, written.copied, strict=True):
            one.id, one.source = f"copy-{name}", text
        added = {
            part: [new_code_cell(text) for text in getattr(written, part)]
            for part in ("above", "between", "below")
        }
        cells = [*added["above"], cell, *copies, *added["between"], check, *added["below"]]
        found.cells[at : at + 2] = cells
    if clean:
        for number, cell in enumerate(found.cells):
            cell.id, cell.metadata = f"cleaned-{number}", {}
    return found, files


def marks(found, tmp_path: Path, files: dict[str, str]) -> tuple[dict, dict]:
    """What `prodgen check` and what `prodgen grade` say, by function."""
    tmp_path.mkdir(parents=True, exist_ok=True)
    path = tmp_path / "06_gan_torch.ipynb"
    write_notebook(found, path)
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    pristine = read_notebook(ROOT / "notebooks/06_gan_torch.ipynb")
    graded = engine.grade_submission(
        Submission("ada", Path("ada.ipynb"), found),
        pristine,
        seed=31,
        sandbox=Sandbox.find(),
        only=[f"gan.{name}" for name in NAMES],
    )
    theirs = {mark.exercise.partition(".")[2]: mark for mark in graded.marks}
    ours = {r.exercise.partition(".")[2]: r for r in checking.grade(ROOT, path)}
    return ours, theirs


def disagreements(chosen: dict[str, str], tmp_path: Path, clean: bool = False) -> list[str]:
    """A line for each exercise on which the two, or what is true, are not of one mind."""
    found, files = notebook(chosen, clean)
    ours, theirs = marks(found, tmp_path, files)
    wrong = []
    for name in NAMES:
        right = PIECES[chosen[name]](name).right if name in chosen else False
        if not ours[name].passed == theirs[name].correct == right:
            said = f"check: {ours[name].message!r}, grade: {theirs[name].message!r}"
            wrong.append(f"{chosen.get(name)} ({name}, clean: {clean}), {right}: {said}")
    return wrong


def rounds(rng: random.Random) -> list[dict[str, str]]:
    """Each piece once, three to a notebook, in random company."""
    pieces = list(PIECES)
    rng.shuffle(pieces)
    return [dict(zip(NAMES, pieces[at : at + 3], strict=False)) for at in range(0, len(pieces), 3)]


@pytest.fixture(scope="module", autouse=True)
def servers():
    pytest.importorskip("torch")
    yield
    engine.close()


def test_one_notebook_of_random_pieces(tmp_path):
    assert disagreements(rounds(random.Random(5))[0], tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_every_piece_in_random_company(seed, tmp_path):
    rng = random.Random(seed)
    wrong = []
    for number, chosen in enumerate(rounds(rng)):
        wrong += disagreements(chosen, tmp_path / str(number), clean=seed == 1)
    assert wrong == []
