"""The four verbs of a notebook: ``check``, ``hint``, ``status`` and ``reset``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from prodgen_lib.checking import progress
from prodgen_lib.checking.check import Verdict, check_answer
from prodgen_lib.checking.exercise import Framework, find_exercise, load_exercises
from prodgen_lib.checking.language import Text, language
from prodgen_lib.checking.source import stub

GOES_ON = Text(
    "The chapter goes on with the course's own version.", "本章接下来使用课程自己的版本。"
)
HINT = Text("Hint {} of {}: ", "提示 {}/{}：")
MINUTES = Text("{} min", "{} 分钟")
SOLVED = Text("{} of {} solved in {}.", "已完成 {}/{}（{}）。")
FRESH = Text(
    "A fresh {} stands in the cell below; yours is untouched.",
    "下面的单元格里是一个全新的 {}；你写的保持不动。",
)
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
    print(GOES_ON.in_(language()))
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
    return f"{head}  {datetime.now():%H:%M:%S}  {verdict.text.in_(language())}"


def hint(exercise_id: str) -> None:
    """Print the next hint: first a question, then the property that fails, then an outline."""
    exercise = find_exercise(exercise_id)
    number = min(_hints_given[exercise_id], len(exercise.hints) - 1)
    _hints_given[exercise_id] += 1
    head = HINT.format(number + 1, len(exercise.hints)).in_(language())
    print(head + exercise.hints[number].in_(language()))


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
        minutes = MINUTES.format(exercise.minutes).in_(language())
        print(f"{mark}  {exercise.id:<40} {dots(exercise.difficulty)}  {minutes}")
    print(SOLVED.format(solved, len(exercises), framework).in_(language()))


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
        print(FRESH.format(exercise.name).in_(language()))
