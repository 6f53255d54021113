"""Tests that learners wrote, graded: samples pass, trivial ones don't, attacks learn nothing."""

from __future__ import annotations

import random
from pathlib import Path

import nbformat
import numpy as np
import pytest

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.classroom.grading import engine
from prodgen_lib.classroom.intake.submission import Submission
from prodgen_lib.classroom.release import origin, pristine, release
from prodgen_lib.classroom.sandbox import far
from prodgen_lib.classroom.sandbox.sandbox import Limits, Sandbox, works
from prodgen_lib.classroom.sandbox.wire import BadResult
from prodgen_lib.course.trial import test_notebook as notebook_of
from prodgen_lib.properties.chosen import CHOSEN, find_trial

ROOT = PACKAGE.parent
TRIAL = "vae.kl_divergence"
needs_sandbox = pytest.mark.skipif(
    not (works("bubblewrap") or works("namespaces")), reason="this machine has no sandbox"
)


@pytest.fixture(scope="module", autouse=True)
def closed():
    yield
    engine.close()


def grade(source, framework="torch", identity=TRIAL, **limits):
    pytest.importorskip(framework)
    found, came = (notebook_of(find_trial(identity), framework) for _ in range(2))
    found.cells[2].source = source or came.cells[2].source
    graded = engine.grade_submission(
        Submission("ada", Path("ada.ipynb"), found),
        came,
        seed=2**40 + 5,
        sandbox=Sandbox.find(limits=Limits(**limits) if limits else None),
    )
    (mark,) = graded.marks
    return mark


def sample(identity, framework):
    text = (ROOT / "tests" / "exercises" / f"properties_{framework}.py").read_text()
    return f"{text}\n\nproperties = {identity.replace('.', '__')}\n"


FEW = {("torch", "cgan.join_labels"), ("torch", "diffusion.split"), ("tensorflow", TRIAL)}
# In TensorFlow one takes a minute; `tests/exercises` tries all samples, without a sandbox.
SAMPLES = [
    pytest.param(framework, name, marks=() if (framework, name) in FEW else pytest.mark.slow)
    for framework, names in (("torch", CHOSEN), ("tensorflow", (TRIAL, "metrics.psnr")))
    for name in names
]


@needs_sandbox
@pytest.mark.parametrize(("framework", "identity"), SAMPLES)
def test_a_sample_is_right_where_a_class_is_graded(framework, identity):
    mark = grade(sample(identity, framework), framework, identity)
    assert mark.correct, mark.message
    caught, wrong = (int(word) for word in mark.message.split() if word.isdigit())
    assert caught == wrong


@needs_sandbox
def test_marks_of_tests_that_are_none():
    came = grade("")
    assert not came.answered and came.message.startswith("Not answered yet")
    trivial = grade("def properties(answer):\n    pass")
    assert (trivial.passed, trivial.stages, trivial.wrong) == (0, 17, "wrong sign")
    assert trivial.message.startswith("0 of 33 wrong answers are caught.")
    stern = grade("def properties(answer):\n    assert False, 'no\x1b[2J'")
    assert stern.passed == 0 and stern.message == (
        "Your test accuses the course's own answer: AssertionError: no [2J (line 2 of the test)."
    )
    talks = grade("def properties(answer):\n    print('x' * 10**8)")
    assert talks.message == trivial.message
    helped = grade("def helper():\n    return 0\n\ndef properties(answer):\n    assert helper()")
    assert "accuses" in helped.message


@needs_sandbox
def test_a_test_that_never_ends_costs_no_more_than_its_limit():
    mark = grade("def properties(answer):\n    while True:\n        pass", wall=2, cpu=5)
    assert mark.passed == 0 and "seconds on the course's own answer" in mark.message
    assert "does a loop never end?" in mark.message
    stuck = grade("def properties(answer):\n    import os\n    os.read(3, 8)", wall=2, cpu=5)
    assert stuck.passed == 0


# Each wants to know which answer it was given; the first argument of `told` says "right" or not.
ATTACKS = {
    "its source": "import inspect\ntold('mean.square' in inspect.getsource(answer))",
    "its code": "told('square' in str(answer.__code__.co_names))",
    "what it wraps": "told('0.5' in str(answer.__wrapped__.__code__.co_consts))",
    "its closure": (
        "found = [c.cell_contents for c in answer.__closure__ or ()]\n"
        "told(any('square' in str(getattr(f, '__code__', f)) for f in found))"
    ),
    "its globals": "told('kl_divergence' in answer.__globals__)",
    "all objects": (
        "import gc, types\n"
        "found = [o for o in gc.get_objects() if isinstance(o, (dict, list, tuple))]\n"
        "told(any('log_variance.exp()' in str(v) for o in found for v in\n"
        "         (o.values() if isinstance(o, dict) else o) if isinstance(v, str)))"
    ),
    "all functions": (
        "import gc, types\n"
        "found = [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]\n"
        "mine = [o for o in found if o.__name__ == 'kl_divergence']\n"
        "told(any(bool((o(*given) - right).abs().max() < 1e-6) for o in mine))"
    ),
    "frames above": (
        "import sys\nframe, seen = sys._getframe(), ''\n"
        "while frame:\n    seen += str(frame.f_locals)\n    frame = frame.f_back\n"
        "told('log_variance.exp()' in seen or 'mutant' in seen)"
    ),
    "frames of what it raises": (
        "try:\n    answer('x')\nexcept Exception as error:\n"
        "    tb, seen = error.__traceback__, ''\n"
        "    while tb:\n        seen += str(tb.tb_frame.f_locals)\n        tb = tb.tb_next\n"
        "    told('log_variance.exp()' in seen)"
    ),
    "lines that are kept": "import linecache\ntold('log_variance.exp()' in str(linecache.cache))",
    "the library": (
        "from prodgen_lib.torch.vae import kl_divergence\n"
        "told(bool((kl_divergence(*given) - answer(*given)).abs().max() < 1e-6))"
    ),
    "the list of suspects": "import prodgen_lib.properties.suspects\ntold(True)",
    "the page": (
        "from prodgen_lib.checking.exercise import find_exercise\n"
        "told(bool(find_exercise('vae.kl_divergence').wrong))"
    ),
    "files of the course": (
        "import glob\nfound = glob.glob('/**/vae.py', recursive=True)\n"
        "text = ''.join(open(f).read() for f in found)\n"
        "told('0.5 * (mean.square() + log_variance.exp()' in text)"
    ),
    "what an earlier one left": (
        "import os\nkept = [*os.scandir('.'), *os.scandir('/tmp')]\n"
        "open('here', 'w').write('x')\ntold(bool(kept))"
    ),
    "a count of its own": "told.count = getattr(told, 'count', 0) + 1\ntold(told.count > 1)",
    "the other process": "import os\ntold(sum(p.isdigit() for p in os.listdir('/proc')) > 1)",
    "its number": "import os\ntold(os.getpid() % 2 == 1 and os.getpid() > 5)",
    "the other end of the pipe": (
        "import os, struct\nos.write(3, struct.pack('<Q', 12) + b'calling\\x01abcd')\n"
        "told(b'square' in os.read(3, 10_000))"
    ),
    "a call that asks for more": (
        "from prodgen_lib.classroom.sandbox import far\n"
        "told('source' in str(far.ask({'do': 'source', 'given': [[], {}], 'pull': []})))"
    ),
    "a result by hand": (
        "import os, struct\nfrom prodgen_lib.classroom.sandbox.wire import pack\n"
        "data = pack([{'caught': __import__('numpy').ones(99)}])\n"
        "os.write(3, struct.pack('<Q', len(data)) + data)\nos._exit(0)"
    ),
}
FRAME = """\
def told(right):
    {verb}

def properties(answer):
    import torch
    given = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, -1.0]])
    right = 0.5 * (given[0] ** 2 + given[1].exp() - 1 - given[1])
    try:
        {body}
    except Told:
        raise
    except Exception:
        {otherwise}


class Told(BaseException):
    pass
"""


@needs_sandbox
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_does_not_find_out_which_answer_it_got(name):
    """It may raise for all or for none, and that earns nothing; to tell them apart it must call."""
    body = ATTACKS[name].replace("\n", "\n        ")
    source = FRAME.format(
        verb="if not right:\n        raise Told", body=body, otherwise="raise Told from None"
    )
    mark = grade(source)
    assert not mark.correct and mark.passed == 0, (name, mark.message)


class Grabs(dict):
    """No plain thing to hand over."""


def test_what_goes_over_the_wire_comes_back_as_it_was():
    tree = {
        "given": [
            (far.Leaf("tensor", np.arange(6.0).reshape(2, 3), True), [1, "a", None, 2.5, True]),
            {"k": far.Leaf("array", np.zeros((0, 2), np.uint8))},
        ]
    }
    back = far.unpack(far.pack(tree))
    first, rest = back["given"][0]
    assert first.slope and first.kind == "tensor" and rest == [1, "a", None, 2.5, True]
    np.testing.assert_array_equal(first.array, np.arange(6.0).reshape(2, 3))
    assert back["given"][1]["k"].array.shape == (0, 2)
    for bad in (object(), {1: 2}, far.Leaf("array", np.array([object()])), lambda: 0):
        with pytest.raises(TypeError):
            far.pack({"x": bad})


def test_bytes_that_are_no_call_are_refused():
    good = far.pack({"given": [far.Leaf("tensor", np.ones(3)), {}]})
    rng = random.Random(3)
    for _ in range(300):
        broken = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            far.unpack(bytes(broken[: rng.randint(0, len(broken))]))
        except BadResult:
            continue
    for bad in (b"", good[:-1], good + b"x", b"prodgen\x01" + good):
        with pytest.raises(BadResult):
            far.unpack(bad)
    deep = b'["list", [' * 5000
    with pytest.raises(BadResult):
        far.unpack(far.CALL + len(deep).to_bytes(4, "little") + deep)


def test_a_test_is_handed_out_and_known_again(tmp_path, monkeypatch):
    where = "prodgen_lib.classroom.release.home_of_work"
    monkeypatch.setattr(where, lambda root: tmp_path)
    path = release(ROOT, ("test_vae_kl_divergence",), "torch", tmp_path / "out.zip")
    assert path.exists()
    known = pristine(ROOT)
    mine = notebook_of(find_trial(TRIAL), "torch")
    one, guess = origin(mine, known)
    assert one.chapter == "test_vae_kl_divergence" and guess == ""
    assert one.exercises == ["test_vae_kl_divergence.properties"]
    chapters = {found.chapter for found in pristine(ROOT, ("vae",))}
    assert chapters == {"05_vae"}
    assert nbformat.validate(mine) is None
