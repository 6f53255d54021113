"""The course's own version of an exercise, recognised however it came into the learner's name.

After a check that fails, the name holds the course's function; an import, an alias or a wrapper
brings it there too. While an answer runs, the body of the course's function is replaced by one
that only notes that it was called: so whatever leads to it is found.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

NOTED = "_noted_by_the_check"


class OwnVersion(Exception):
    """Raised inside an answer that calls the course's own version of the exercise."""


class Watch:
    """Whether the course's own version ``solution`` is what answers; a context for the run."""

    def __init__(self, answer: Callable, solution: Callable):
        self.solution = innermost(solution)
        self.called = innermost(answer) is self.solution

    def __enter__(self) -> Watch:
        self.body = self.solution.__code__
        self.solution.__globals__[NOTED] = self._note
        self.solution.__code__ = _noted.__code__
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.solution.__code__ = self.body
        del self.solution.__globals__[NOTED]

    def _note(self) -> None:
        self.called = True
        raise OwnVersion("the course's own version was called")


def _noted(*arguments: object, **options: object) -> None:
    """The body that stands in: its one name is looked up among those of the course's module."""
    _noted_by_the_check()  # noqa: F821


def innermost(function: Callable) -> Callable:
    """The function behind partials, ``functools.wraps``, methods and ``tf.function``."""
    for _ in range(100):
        names = ("func", "__wrapped__", "__func__", "python_function")
        found = (getattr(function, name, None) for name in names)
        inner = next(filter(callable, found), None)
        if inner is None:
            break
        function = inner
    return function
