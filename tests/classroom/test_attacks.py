"""Submissions that attack: cheats earn nothing, breakers cost no one else, harms reach nothing."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest
from attacks import ATTACKS, source

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.classroom.grading import engine
from prodgen_lib.classroom.intake.submission import Submission
from prodgen_lib.classroom.sandbox.sandbox import Limits, Sandbox, works
from prodgen_lib.course.project import read_notebook

ROOT = PACKAGE.parent
ATTACKED = "gan.generator_loss"
OTHERS = ("gan.discriminator_loss", "gan.relativistic_discriminator_loss")
LIMITS = Limits(memory=1500, cpu=3, wall=3, files=16)
TOKEN = "canary-5f3a"
KINDS = [kind for kind in ("bubblewrap", "namespaces") if works(kind)]

pytestmark = pytest.mark.skipif(not KINDS, reason="this machine has no sandbox")


class Outside:
    """What lies outside of the sandbox and must be as it was."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "canary.txt").write_text(TOKEN)
        (folder / "other.ipynb").write_text(json.dumps({"cells": [TOKEN]}))
        self.heard: list[bytes] = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(folder / "socket"))
        self.unix.listen()
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0prodgen-canary-{self.port}")
        self.abstract.listen()
        self.sockets = (self.tcp, self.udp, self.unix, self.abstract)
        for listener in (self.tcp, self.unix, self.abstract):
            threading.Thread(target=self._listen, args=(listener,), daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()

    def _listen(self, listener):
        while True:
            try:
                self.heard.append(listener.accept()[0].recv(100))
            except OSError:
                return

    def _receive(self):
        while True:
            try:
                self.heard.append(self.udp.recv(100))
            except OSError:
                return

    def harmed(self) -> str:
        """What is no longer as it was."""
        if self.heard:
            return f"it reached a socket: {self.heard}"
        names = sorted(path.name for path in self.folder.iterdir())
        if names != ["canary.txt", "other.ipynb", "socket"]:
            return f"files: {names}"
        if (self.folder / "canary.txt").read_text() != TOKEN:
            return "the canary was changed"
        return ""


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    os.environ["CLASSROOM_SECRET"] = TOKEN
    found = Outside(tmp_path_factory.mktemp("outside"))
    yield found
    del os.environ["CLASSROOM_SECRET"]
    for one in found.sockets:
        one.close()
    engine.close()


@pytest.fixture(scope="module", params=["torch", "tensorflow"])
def framework(request):
    pytest.importorskip(request.param)
    yield request.param
    engine.close()


def pair(framework):
    """The solution as handed in, and the course's notebook."""
    return (
        read_notebook(ROOT / tree / f"06_gan_{framework}.ipynb")
        for tree in ("solutions", "notebooks")
    )


def grade(text: str, framework: str, kind: str):
    """Marks of a solution whose answer to `ATTACKED` is ``text``."""
    solution, pristine = pair(framework)
    for cell in solution.cells:
        if cell.metadata.get("exercise_id") == ATTACKED and "exercise" in cell.metadata.tags:
            cell.source = text
    submission = Submission("eve", ROOT / "x.ipynb", solution)
    graded = engine.grade_submission(
        submission, pristine, seed=977, sandbox=Sandbox(kind, LIMITS), only=[ATTACKED, *OTHERS]
    )
    return {mark.exercise: mark for mark in graded.marks}


def cases(framework):
    return [attack for attack in ATTACKS if framework in attack.frameworks]


def check(attack, framework, outside, kind):
    text = source(attack, framework, folder=str(outside.folder), port=outside.port, tree=str(ROOT))
    if "the next one" in attack.name:
        grade(text, framework, kind)
    marks = grade(text, framework, kind)
    said = json.dumps([mark.message for mark in marks.values()])
    problems = [
        f"{exercise}: {mark.message}"
        for exercise, mark in marks.items()
        if mark.correct != (attack.earns if exercise == ATTACKED else True)
    ]
    if TOKEN in said or "TOKEN" in said:
        problems.append(f"it learnt a secret: {said}")
    if any(not letter.isprintable() for mark in marks.values() for letter in mark.message):
        problems.append("a message that can't be printed")
    if harm := outside.harmed():
        problems.append(harm)
    return problems


@pytest.mark.parametrize("attack", cases("torch"), ids=lambda a: f"{a.kind}: {a.name}")
def test_attack_torch(attack, outside):
    pytest.importorskip("torch")
    assert check(attack, "torch", outside, KINDS[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize("attack", cases("tensorflow"), ids=lambda a: f"{a.kind}: {a.name}")
def test_attack_tensorflow(attack, outside):
    pytest.importorskip("tensorflow")
    assert check(attack, "tensorflow", outside, KINDS[0]) == []


def test_there_are_enough_of_each_kind():
    kinds = [attack.kind for attack in ATTACKS]
    assert len(ATTACKS) >= 60 and all(kinds.count(k) >= 20 for k in ("cheat", "breaker", "harm"))
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.slow
@pytest.mark.skipif(len(KINDS) < 2, reason="bubblewrap and user namespaces are not both here")
@pytest.mark.parametrize(
    "attack", [a for a in cases("torch") if a.kind == "harm"], ids=lambda a: a.name
)
def test_the_other_sandbox_holds_as_well(attack, outside):
    pytest.importorskip("torch")
    assert check(attack, "torch", outside, KINDS[1]) == []


REACHING = {
    *("reads a file", "reads another submission", "writes a file", "connects to this machine"),
    *("a socket without a file", "watches what others open", "reads a file by the framework"),
    *("a message queue of System V", "semaphores of System V", "shared memory of System V"),
    *("a lease on a file", "a lock on a file", "is told what happens in a folder"),
    *("pipes that hold more than memory may", "asks for the machine's name"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(REACHING))
def test_without_a_sandbox_the_same_harms_do_reach_outside(name, tmp_path, outside):
    """So that an attack that is only badly written doesn't pass for one that was stopped."""
    pytest.importorskip("torch")
    attack = next(a for a in ATTACKS if a.name == name)
    mine = Outside(tmp_path)
    assert check(attack, "torch", mine, "none") != []
    for one in mine.sockets:
        one.close()


def test_nobody_is_left_behind(outside):
    """No process of an attack lives on: each server has at most itself and its starter."""
    pytest.importorskip("torch")
    attack = next(a for a in ATTACKS if a.name == "a process that stays")
    assert check(attack, "torch", outside, KINDS[0]) == []
    listed = os.popen("ps -eo args").read()
    assert "sandbox.server" in listed
    engine.close()
    assert f"prodgen-grade-{os.getpid()}" not in os.popen("ps -eo args").read()
