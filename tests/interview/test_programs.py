"""Whole programs: the starting point runs and falls short, the solution reaches the figure."""

import ast
import re
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner

from prodgen_lib.cli import main
from prodgen_lib.course.project import CourseError
from prodgen_lib.interview import mock
from prodgen_lib.interview.programs import PROGRAMS, SECONDS, load, measure, moons, source
from prodgen_lib.interview.programs.notebook import program_notebook
from prodgen_lib.questions import load_bank

ROOT = Path(__file__).resolve().parents[2]
BANK = load_bank(ROOT / "chapters")
FRAMEWORKS = ("torch", "tensorflow")


def test_every_program_is_asked_with_its_figure():
    asked = {one.id for one in BANK.values() if one.kind == mock.PROGRAM}
    assert asked == set(PROGRAMS) and len(asked) >= 4
    for name, task in PROGRAMS.items():
        question = BANK[name]
        for text in (question.case.en, question.case.zh):
            assert f"{task.wanted:g}" in text and str(SECONDS) in text, name
        assert question.minutes >= 15 and question.points


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_both_texts_define_the_program_and_import_nothing_of_the_course(name, framework):
    for which in ("start", "solution"):
        tree = ast.parse(source(name, framework, which))
        made = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        assert made[-1].name == "program"
        assert "prodgen_lib" not in source(name, framework, which)
        parameters = [one.arg for one in made[-1].args.args]
        assert parameters[-1] == "seconds" and len(parameters) == len(PROGRAMS[name].given()) + 1


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_solution_reaches_the_figure_in_time_and_the_start_does_not(name, framework):
    """By the processor's clock: a machine that others use as well is no reason to fail."""
    pytest.importorskip(framework)
    seconds = {"seconds": 20 * SECONDS, "clock": time.process_time}
    start = measure(name, load(name, framework), **seconds)
    assert np.isfinite(start.figure) and not start.reached and start.seconds < SECONDS
    done = measure(name, load(name, framework, "solution"), **seconds)
    assert done.reached and done.seconds < SECONDS, done


def one_point(count, seed):
    return np.full((count, 2), (2.0, 0))


def test_the_measure_tells_figure_time_and_verdict(capsys, monkeypatch):
    clock = iter([0.0, 3.0, 0.0, 99.0, 0.0, 3.0]).__next__

    def honest(points, seconds):
        return lambda count, seed: moons(count, 7)

    assert measure("diffusion.program_moons", honest, clock=clock).reached
    late = measure("diffusion.program_moons", honest, clock=clock)
    assert not late.reached and late.seconds == 99 and late.figure < 0.01
    monkeypatch.setenv("PRODGEN_LANGUAGE", "zh")
    measure(
        "diffusion.program_moons", lambda *_: lambda count, seed: np.ones((count, 2)), clock=clock
    )
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("Reached.") and told[1].endswith("Too late.")
    assert told[2].endswith("未达到。") and "能量距离" in told[2]


def test_figures_can_not_be_had_by_a_trick():
    """One place drawn well, an autoencoder without noise, a code of another length."""
    one_place = PROGRAMS["gan.program_ring"].figure(
        lambda count, seed: np.full((count, 2), (2.0, 0))
    )
    assert one_place == 0
    task = PROGRAMS["vae.program_codes"]

    def decode(codes):
        return np.zeros((len(codes), 32, 32, 3))

    for mean, log_variance in ((np.ones, -20), (np.zeros, 0)):
        width = 16 if log_variance else 17

        def encode(pictures, mean=mean, log_variance=log_variance, width=width):
            return mean((len(pictures), width)), np.full((len(pictures), width), log_variance)

        assert np.isnan(task.figure((encode, decode)))
    assert not task.reached(float("nan"))


def run(*arguments, root=ROOT):
    command = ["--root", str(root), "practice", "program", *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_a_notebook_is_made_and_an_earlier_one_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    for name in ("chapters", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    assert len(run(root=tmp_path).output.splitlines()) == len(PROGRAMS)
    assert "完整程序" in run("--language", "zh", root=tmp_path).output
    for _ in range(2):
        assert "is ready" in run("gan.program_ring", root=tmp_path).output
    first, second = sorted((tmp_path / "work" / "drills").iterdir())
    assert (first.name, second.name) == (
        "gan_program_ring_torch.ipynb",
        "gan_program_ring_torch_2.ipynb",
    )
    cells = nbformat.read(first, as_version=4).cells
    assert "8 places" in cells[0].source and "def program(points, seconds)" in cells[1].source
    assert 'measure("gan.program_ring", program)' in cells[2].source
    assert "no program 'gan.nothing'; there are: augment" in run("gan.nothing").output
    with pytest.raises(CourseError, match="no framework 'jax'"):
        program_notebook(BANK["gan.program_ring"], "jax")


def test_an_interview_asks_for_a_whole_program():
    from prodgen_lib.interview.transcript import task

    roles = [role for role, one in mock.ROLES.items() if mock.PROGRAM in one["mix"]]
    assert len(roles) == 3
    for role in roles:
        for level in ("junior", "senior", "expert"):
            found = [
                item
                for seed in range(4)
                for item in mock.plan(BANK, role=role, level=level, minutes=180, seed=seed)
                if item.kind == mock.PROGRAM
            ]
            assert found, (role, level)
    for language in ("en", "zh"):
        told = task(found[0], language)
        assert re.search(r"prodgen practice program \w+\.program_\w+ --framework torch", told)
        assert found[0].asked.case.in_(language) in told
    assert all(abs(sum(one["mix"].values()) - 1) < 1e-9 for one in mock.ROLES.values())
