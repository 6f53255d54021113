"""The sandbox itself: what is not in it, forks that do not hang, and no silent fallback."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv

import numpy as np
import pytest

from prodgen_lib.checking.exercise import Case, load_exercises
from prodgen_lib.checking.source import PACKAGE, function_source
from prodgen_lib.classroom.sandbox import sandbox as module
from prodgen_lib.classroom.sandbox.blank import _left_out, blanked_library
from prodgen_lib.classroom.sandbox.process import Server
from prodgen_lib.classroom.sandbox.sandbox import Limits, Sandbox, works
from prodgen_lib.classroom.sandbox.wire import unpack
from prodgen_lib.course.project import CourseError, read_notebook

ROOT = PACKAGE.parent
KINDS = [kind for kind in ("bubblewrap", "namespaces") if works(kind)]
needs_sandbox = pytest.mark.skipif(not KINDS, reason="this machine has no sandbox")
STEPS = {
    "torch": """
import torch
from torch import nn
def category_shares(logits):
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 30 * 30, 4))
    loss = (net(torch.ones(16, 3, 32, 32)) @ torch.ones(4, 300)).sum()
    loss.backward()
    return torch.softmax(loss * torch.ones(4), 0)
""",
    "tensorflow": """
import tensorflow as tf
def category_shares(logits):
    with tf.GradientTape() as tape:
        kernel = tf.Variable(tf.ones((3, 3, 3, 8)))
        seen = tf.nn.conv2d(tf.ones((16, 32, 32, 3)), kernel, 1, "VALID")
        loss = tf.reduce_sum(tf.reshape(seen, (16, -1)) @ tf.ones((8 * 30 * 30, 300)))
    tape.gradient(loss, kernel)
    return tf.nn.softmax(loss * tf.ones(4))
""",
}


@pytest.fixture(scope="module", params=["torch", "tensorflow"])
def server(request):
    pytest.importorskip(request.param)
    if not KINDS:
        pytest.skip("this machine has no sandbox")
    found = Server(request.param, ["gan"], [], Sandbox(KINDS[0], Limits(wall=20)))
    found.framework = request.param
    yield found
    found.close()


def request(server, source):
    logits = np.zeros((3, 4), np.float32)
    return {
        "program": [("<answer>", source)],
        "name": "category_shares",
        "exercise": "gan.category_shares",
        "framework": server.framework,
        "cases": [Case("one", {"logits": logits})],
    }


def test_twenty_forks_that_use_threads_do_not_hang(server):
    """Each runs a convolution, a product of matrices and a gradient; a hang would take 20 s."""
    start = time.monotonic()
    for _ in range(20):
        ended = server.run([request(server, STEPS[server.framework])])
        assert ended.code == 0, ended
        assert np.allclose(unpack(ended.results[0], 1)[0]["shares"], 0.25)
    assert time.monotonic() - start < 60


def test_no_operation_ran_before_the_fork(server):
    """One thread: a process with more can't be forked safely."""
    source = """
import os
def category_shares(logits): raise ValueError(str(THREADS))
import threading
THREADS = threading.active_count()
"""
    seen = unpack(server.run([request(server, source)]).results[0], 1)
    assert seen[0].message == "1"
    tasks = subprocess.run(
        ["ps", "-o", "nlwp=,args=", "-A"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    mine = [line for line in tasks if "-m prodgen_lib.classroom.sandbox.server" in line]
    assert mine and {line.split()[0] for line in mine if "bwrap" not in line} == {"1"}


def test_results_of_a_fork_that_ends_early_are_kept(server):
    """An answer that ends Python takes with it those after it, not those before."""
    right = request(server, STEPS[server.framework])
    ended = server.run([right, request(server, "import os\nos._exit(3)\n"), right])
    assert ended.code == 3 and len(ended.results) == 1
    assert np.allclose(unpack(ended.results[0], 1)[0]["shares"], 0.25)


def test_memory_is_limited(server):
    source = "def category_shares(logits):\n    raise ValueError(len(bytearray(2**33)))\n"
    assert unpack(server.run([request(server, source)]).results[0], 1)[0].type == "MemoryError"


def test_a_file_is_limited(server):
    source = """
def category_shares(logits):
    with open("/tmp/x", "wb") as file:
        for _ in range(100):
            file.write(bytes(2**20))
"""
    ended = server.run([request(server, source)])
    assert ended.code == 128 + 25 or unpack(ended.results[0], 1)[0].type == "OSError"


def test_the_copy_of_the_library_holds_no_page(tmp_path):
    blanked_library(tmp_path, ["import prodgen_lib"])
    assert not list(tmp_path.rglob("*.md")) and list(tmp_path.rglob("exercises/gan/*.py"))
    assert not (tmp_path / "prodgen_lib" / "properties").exists()
    assert _left_out(str(PACKAGE), ["the_course", "torch"]) == ["the_course"]


def test_the_copy_of_the_library_holds_no_answer(tmp_path):
    """No line of an answer, of an edit of one, or of a hint is in any of its files."""
    setup = next(
        cell.source
        for cell in read_notebook(ROOT / "notebooks/06_gan_torch.ipynb").cells
        if "import numpy as np" in cell.source
    )
    blanked_library(tmp_path, [setup, setup.replace("prodgen_lib.torch", "prodgen_lib.tensorflow")])
    parts = [p for p in tmp_path.rglob("*.py") if {"exercises", "gan.py"} & {p.name, *p.parts}]
    text = "\n".join(ast.unparse(ast.parse(path.read_text())) for path in parts)
    assert "def observe" in text and "def load_pretrained" in text
    for exercise in load_exercises("gan").values():
        for hint in exercise.hints:
            assert hint.en not in text and hint.zh not in text
        for framework in ("torch", "tensorflow"):
            body = function_source(framework, "gan", exercise.name)
            for line in _lines(body):
                assert line not in text or line in _shared(framework), (exercise.id, line)
            for wrong in exercise.known_wrong(framework):
                for part in (part for pair in wrong.edits(framework) for part in pair):
                    for line in part.splitlines():
                        known = line.strip() in text and line.strip() not in _shared(framework)
                        assert len(line.strip()) < 35 or not known, (exercise.id, line)


def _lines(source):
    """Lines of a function's body that say something."""
    node = ast.parse(source).body[0]
    text = "\n".join(ast.unparse(one) for one in node.body[1:])
    return [line.strip() for line in text.splitlines() if len(line.strip()) > 40]


def _shared(framework):
    """What the functions that the notebook imports have in common with answers."""
    names = ("relativistic_generator_loss", "initialise", "draw_batch", "sample")
    return "\n".join(
        ast.unparse(ast.parse(function_source(framework, "gan", name))) for name in names
    )


def test_without_a_sandbox_it_refuses_and_says_the_risk(monkeypatch):
    monkeypatch.setattr(module, "works", lambda kind: False)
    with pytest.raises(CourseError, match=r"No sandbox: .* --no-sandbox"):
        Sandbox.find()
    assert Sandbox.find(no_sandbox=True).kind == "none"


def test_never_none_by_itself(monkeypatch):
    for found in ({"bubblewrap"}, {"namespaces"}, {"bubblewrap", "namespaces"}):
        monkeypatch.setattr(module, "works", lambda kind, found=found: kind in found)
        assert Sandbox.find().kind == sorted(found)[0]


def test_windows_is_told(monkeypatch):
    monkeypatch.delattr("os.fork")
    with pytest.raises(CourseError, match="WSL"):
        Sandbox.find(no_sandbox=True)


@needs_sandbox
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_seen_inside(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "1")
    (tmp_path / "prodgen_lib" / "weights").mkdir(parents=True)
    source = (
        "import os, glob\n"
        f"print(sorted(os.environ), glob.glob({str(ROOT)!r} + '/[a-z]*'), os.listdir('/scratch'), "
        f"glob.glob('/home/*'), glob.glob({str(ROOT / '.git')!r}), os.listdir('/dev'))"
    )
    process = Sandbox(kind).start(tmp_path, ["-c", source], stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "MY_SECRET" not in out
    assert out.count("[]") == 4 and "'null'" in out and "sda" not in out, out


@needs_sandbox
@pytest.mark.parametrize("kind", KINDS)
def test_python_may_lie_below_tmp(kind):
    """A clone there has its environment there, which the private folder must not hide."""
    place = tempfile.mkdtemp(dir="/tmp")
    try:
        venv.create(place, symlinks=True)
        code = f"from prodgen_lib.classroom.sandbox.sandbox import works; print(works({kind!r}))"
        ran = subprocess.run(
            [f"{place}/bin/python", "-c", code],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])},
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(place)
    assert ran.stdout.strip() == "True", ran.stderr


@needs_sandbox
def test_a_server_that_can_not_start_says_why():
    with pytest.raises(CourseError, match=r"did not start: .*nonsense"):
        Server("torch", ["gan"], ["import nonsense"], Sandbox(KINDS[0]))
    assert sys.platform == "linux"
