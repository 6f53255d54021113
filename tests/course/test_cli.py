import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.cli import main


@pytest.fixture(autouse=True)
def _english(monkeypatch, tmp_path):
    """A reader without settings, whatever whoever runs the tests has chosen."""
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "nobody"))


def prodgen(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def one_sentence(result, *words):
    assert result.exit_code != 0
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def test_help_is_instant_and_reads_well():
    command = [sys.executable, "-m", "prodgen_lib.cli", "--help"]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.5
    for command in ("build", "run", "check", "reset", "learn", "doctor"):
        assert f"prodgen {command}" in text and f"\n  {command} " in text


@pytest.mark.parametrize("command", ["--help", "doctor", "practice plan --by friday"])
def test_a_pipe_that_knows_no_tick_gets_a_question_mark(command, tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    environment |= {"PRODGEN_DATA": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "prodgen_lib.cli", *command.split()],
        capture_output=True,
        env=environment,
    )
    assert b"Traceback" not in ran.stderr, ran.stderr.decode("cp1252")
    assert ran.stdout.decode("cp1252")


@pytest.mark.parametrize("command", ["build", "run", "check", "reset", "learn", "doctor"])
def test_each_command_explains_itself(command):
    result = prodgen(command, "--help")
    assert result.exit_code == 0 and "Usage:" in result.output
    assert f"prodgen {command} " in result.output or command == "doctor", "an example"


def test_the_command_line_imports_nothing_heavy():
    code = "import prodgen_lib.cli, sys; print(sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in ("numpy", "nbformat", "papermill", "torch", "tensorflow", "matplotlib"):
        assert f"'{name}'" not in ran.stdout


def test_building_imports_no_framework(course):
    code = (
        "import sys\nfrom prodgen_lib.course.build import stale\nfrom pathlib import Path\n"
        f"stale(Path({str(course)!r}))\nprint([m for m in ('torch', 'tensorflow', 'keras')\n"
        "       if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_build_and_its_check(course):
    result = prodgen("build", "--no-execute")
    assert result.exit_code == 0 and "notebooks/05_mini_torch.ipynb: written" in result.output
    result = prodgen("build", "--check")
    assert result.exit_code == 1 and result.stderr.count("was not executed") == 3
    assert prodgen("build", "77").stderr.startswith("Error: There is no chapter '77'")


def test_a_lint_fault_is_printed_and_fails_the_build(course):
    with (course / "chapters/00_start_here.md").open("a") as file:
        file.write("\n![](gone.png)\n")
    result = prodgen("build", "--no-execute", "00")
    assert result.exit_code == 1 and "alternative text" in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("no json", "no notebook"),
        ("[]", "expected an object with cells"),
        ("{}", "doesn't say its format"),
        ('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}', "no chapter"),
        ('{\n<<<<<<< HEAD\n "cells": []\n=======\n>>>>>>> x\n}', "merge-conflict"),
        ('{"cells": 1, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "damaged"),
        ('{"cells": [1], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "no chapter"),
        ('{"cells": [], "metadata": [], "nbformat": 4, "nbformat_minor": 5}', "no chapter"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "no chapter"),
        (b"\xff\xfe\x00", "not JSON"),
    ],
)
def test_a_broken_notebook_gets_one_sentence(course, content, words):
    path = course / "work" / "mine.ipynb"
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    one_sentence(prodgen("check", path), "mine.ipynb", words)


def test_a_folder_a_missing_and_a_locked_notebook_get_one_sentence(course):
    (course / "work/folder.ipynb").mkdir(parents=True)
    one_sentence(prodgen("check", "work/folder.ipynb"), "is a folder")
    one_sentence(prodgen("check", "work/none.ipynb"), "does not exist")
    one_sentence(prodgen("check", "none"), "prodgen learn")
    locked = course / "work/locked.ipynb"
    locked.write_text("{}")
    locked.chmod(0)
    if not os.access(locked, os.R_OK):  # root may read anything
        one_sentence(prodgen("check", locked), "may not be read")


def test_no_copies_and_no_course_get_one_sentence(course, tmp_path, monkeypatch):
    one_sentence(prodgen("check"), "prodgen learn")
    one_sentence(prodgen("reset", "05"), "prodgen build")
    one_sentence(prodgen("--root", tmp_path, "check"), "is not the course")
    one_sentence(prodgen("run", "05"), "prodgen build")
    one_sentence(prodgen("run", "05", "--tree", "work"), "prodgen learn")
    one_sentence(prodgen("run", "05", "--dataset", "cats"), "no data set 'cats'", "grocery_store")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["run", "--framework", "jax"],
        ["run", "--seed", "x"],
        ["run", "--profile", "fast"],
        ["learn", "--port", "0"],
        ["reset"],
        ["--root", "/no/such/folder", "check"],
    ],
)
def test_wrong_arguments_get_a_usage_error(course, arguments):
    result = prodgen(*arguments)
    assert result.exit_code == 2 and "Error: " in result.stderr and "Traceback" not in result.stderr


def test_one_broken_notebook_does_not_hide_the_others_and_strangers_are_left_alone(course):
    prodgen("build", "--no-execute")
    (course / "work").mkdir()
    (course / "work/05_mini_torch.ipynb").write_text("")
    (course / "work/05_mini_tensorflow.ipynb").write_text("{}")
    (course / "work/Untitled.ipynb").write_text("")
    result = prodgen("check")
    assert result.exit_code == 1 and "05_mini_torch.ipynb: The file is empty" in result.stderr
    assert "05_mini_tensorflow.ipynb: The file is no notebook" in result.stderr
    assert "Untitled" not in result.stderr


def test_learn_copies_what_is_installed(course, monkeypatch):
    from prodgen_lib.course import work

    prodgen("build", "--no-execute")
    monkeypatch.setattr(work, "installed", lambda: ("torch",))
    result = prodgen("learn", "--copy-only")
    assert result.exit_code == 0 and "05_mini_torch" in result.output
    assert "tensorflow" not in result.output
    one_sentence(prodgen("learn", "--framework", "tensorflow"), "tensorflow is not installed")


def test_reset_says_where_the_backup_is(course):
    prodgen("build", "--no-execute")
    prodgen("learn", "--copy-only", "--framework", "torch")
    result = prodgen("reset", "05_mini_torch")
    assert "work/05_mini_torch.ipynb is as the course made it" in result.output
    assert "work/backups/05_mini_torch." in result.output


def test_no_help_cuts_a_description():
    """click ends a long one by three dots; ``short_help`` says it in a line."""
    groups = [((), main)]
    while groups:
        names, group = groups.pop()
        shown = CliRunner().invoke(main, [*names, "--help"], terminal_width=80).output
        commands = shown.partition("Commands:")[2]
        assert commands and "..." not in commands, names
        inside = ((name, one) for name, one in group.commands.items())
        groups += [((*names, n), c) for n, c in inside if isinstance(c, click.Group)]


def test_every_exercise_that_a_help_text_names_exists():
    known = {name: load_exercises(name) for name in topics()}
    named = re.compile(rf"drill ({'|'.join(known)})\.(\w+)")
    texts = [main.help or "", *(command.help or "" for command in commands(main))]
    found = [match.groups() for text in texts for match in named.finditer(text)]
    assert found
    for topic, name in found:
        assert name in known[topic], f"{topic}.{name} is no exercise"


def commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)
