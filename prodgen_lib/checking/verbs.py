"""The four verbs of a notebook: ``check``, ``hint``, ``status`` and ``reset``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from prodgen_lib.checking import progress
from prodgen_lib.checking.check import Verdict, check_answer
from prodgen_lib.checking.exercise import Framework, find_exercise, load_exercises
from prodgen_lib.checking.source import stub

_hints_given: Counter[str] = Counter()


class CheckFailed(AssertionError):
    """Raised in a strict run (``PRODGEN_STRICT=1``): a wrong answer stops the notebook."""


def check(exercise_id: str, answer: Callable, *, framework: str) -> Callable:
    """Check ``answer``, print one line, and return a function that works.

    That is the learner's own when it is right and the answer key's when it is not, so that the
    chapter runs to its end at every stage of the work. The seed of the inputs is the exercise's
    own, or the environment variable ``PRODGEN_SEED``.
    """
    exercise = find_exercise(exercise_id)
    seed = os.environ.get("PRODGEN_SEED")
    verdict = check_answer(exercise, answer, Framework(framework), seed=int(seed) if seed else None)
    progress.record(exercise_id, framework, verdict)
    if verdict.correct:
        print(line(verdict))
        return answer
    if os.environ.get("PRODGEN_STRICT") == "1":
        raise CheckFailed(line(verdict))
    print(line(verdict))
    print("The chapter goes on with the course's own version.")
    return exercise.solution(Framework(framework))


def line(verdict: Verdict) -> str:
    """The one line that a person reads and nbval compares.

    A failing line carries the time of day, so a stored failure never equals a new one, and a
    notebook saved with failures can't pass nbval by failing in the same way again.
    """
    mark = "✓" if verdict.correct else "✗"
    head = f"{verdict.exercise}  {mark} {verdict.passed}/{verdict.stages}"
    if verdict.correct:
        return "   ".join([head, " ".join(f"{number:#.4g}" for number in verdict.numbers)]).rstrip()
    return f"{head}  {datetime.now():%H:%M:%S}  {verdict.message}"


def hint(exercise_id: str) -> None:
    """Print the next hint: first a question, then the property that fails, then an outline."""
    exercise = find_exercise(exercise_id)
    number = min(_hints_given[exercise_id], len(exercise.hints) - 1)
    _hints_given[exercise_id] += 1
    print(f"Hint {number + 1} of {len(exercise.hints)}: {exercise.hints[number]}")


def status(topic: str, *, framework: str) -> None:
    """Print where each exercise of a chapter stands, for example ``status("gan")``.

    What was solved once stays solved.
    """
    tried = progress.solved(framework)
    exercises = load_exercises(topic.partition(".")[0]).values()
    solved = 0
    for exercise in exercises:
        right = tried.get(exercise.id)
        mark = "–" if right is None else "✓" if right else "✗"
        solved += mark == "✓"
        print(f"{mark}  {exercise.id:<40} {dots(exercise.difficulty)}  {exercise.minutes} min")
    print(f"{solved} of {len(exercises)} solved in {framework}.")


def dots(level: int) -> str:
    """A level from 1 to 5 as dots."""
    return "●" * level + "○" * (5 - level)


def reset(exercise_id: str, *, framework: str) -> None:
    """Put a fresh, empty exercise cell below this one; what was written stays where it is."""
    from IPython import get_ipython

    exercise = find_exercise(exercise_id)
    source = exercise.source(framework)
    text = exercise.candidate(framework, source) or stub(source)
    shell = get_ipython()
    if shell is None:
        print(text)
    else:
        shell.set_next_input(text, replace=False)
        print(f"A fresh {exercise.name} stands in the cell below; yours is untouched.")
