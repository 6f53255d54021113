"""``check_test``: try a learner's test on every suspect in this process, as a notebook does."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext

from prodgen_lib.checking.check import Verdict
from prodgen_lib.checking.exercise import Framework
from prodgen_lib.checking.language import Text, language
from prodgen_lib.checking.own import Watch
from prodgen_lib.checking.sentences import NO_FUNCTION
from prodgen_lib.checking.tell import box, tell
from prodgen_lib.checking.trying import draw_from, failure
from prodgen_lib.checking.verbs import CheckFailed, line, sign
from prodgen_lib.properties.chosen import NAME, Trial, find_trial
from prodgen_lib.properties.suspects import Suspect, compiled, suspects
from prodgen_lib.properties.verdict import SECONDS, TOOK_TOO_LONG, Outcome, Report, done, report

SEED = 25
OWN = Text(
    "Your test calls the course's own `{0}`, which is not there when a class is graded: compare "
    "with values worked by hand, and with what must always hold.",
    "你的测试调用了课程自己的 `{0}`，而班级评分时它并不在那里："
    "请与手算的数值、与始终成立的性质作比较。",
)
GOOD = Text("`{}`: your test passes", "`{}`：你的测试合格")
BAD = Text("`{}`: {} of {} known wrong answers are caught", "`{}`：发现了 {}/{} 个已知的错误答案")


class TookTooLong(BaseException):
    """Ends a test that takes too long; no ``except Exception`` of its own holds it back."""


def check_test(exercise_id: str, properties: Callable, *, framework: str) -> None:
    """Try ``properties``, a test for an exercise, on right and wrong answers, and say how it did.

    It passes if it raises for every known wrong answer and for no right one. What it prints is
    dropped, and what draws at random draws the same each time. Nothing is recorded.
    """
    found = judged(find_trial(exercise_id), properties, framework)
    verdict = found.verdict
    if not verdict.correct and os.environ.get("PRODGEN_STRICT") == "1":
        raise CheckFailed(line(verdict))
    head = GOOD if verdict.correct else BAD
    told = head.format(exercise_id, verdict.passed, verdict.stages).in_(language())
    tell(line(verdict), box(sign(verdict), told, found.told.in_(language())))


def judged(trial: Trial, properties: object, framework: str) -> Report:
    """The report on a test that is run in this process."""
    exercise = trial.exercise
    tried = suspects(exercise, framework)
    if not callable(properties):
        text = NO_FUNCTION.format(NAME, type(properties).__name__)
        return Report(Verdict(trial.id, 0, 1, text), 0, 0, text)
    solution = exercise.solution(Framework(framework))
    watch = Watch(properties, solution)
    with watch:
        outcomes = tried_on(trial, properties, framework, tried)
    if watch.called:
        text = OWN.format(exercise.name)
        stages = report(trial.id, exercise.name, tried, {}).verdict.stages
        return Report(Verdict(trial.id, 0, stages, text), 0, 0, text)
    return report(trial.id, exercise.name, tried, outcomes)


def tried_on(
    trial: Trial, properties: Callable, framework: str, tried: list[Suspect]
) -> Mapping[int, Outcome]:
    """What a test did with each suspect, by place, as far as it has to be known."""
    topic, name = trial.exercise.topic, trial.exercise.name
    outcomes: dict[int, Outcome] = {}
    for place, suspect in enumerate(tried):
        answer = compiled(suspect.source, topic, name, framework)
        with quiet(), limited(SECONDS):
            outcomes[place] = outcome(properties, plain(answer), framework, SEED)
        if done(tried, outcomes):
            break
    return outcomes


def plain(function: Callable) -> Callable:
    """The function behind another one that has no more than a name, as where a class is graded."""

    def answer(*arguments: object, **options: object) -> object:
        return function(*arguments, **options)

    return answer


def outcome(properties: Callable, answer: Callable, framework: str, seed: int) -> Outcome:
    """What one call of a test raises; None where it returns quietly."""
    try:
        draw_from(framework, seed)
        properties(answer)
    except TookTooLong:
        return TOOK_TOO_LONG
    except (Exception, SystemExit) as error:
        return failure(error, properties)
    return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No prints, however many, no warnings, and nothing that a framework logs."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with (
            contextlib.redirect_stdout(_Nowhere()),
            contextlib.redirect_stderr(_Nowhere()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


class _Nowhere(io.TextIOBase):
    """A file that keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def limited(seconds: float) -> AbstractContextManager[None]:
    """`TookTooLong` after so many seconds, where this thread can be told so: not on Windows."""
    here = threading.current_thread() is threading.main_thread()
    return _alarm(seconds) if here and hasattr(signal, "setitimer") else nullcontext()


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # again each second: it may be caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
