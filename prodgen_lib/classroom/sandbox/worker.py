"""What happens, for each exercise, in the fork that runs a submission.

Everything here may be changed by what it runs; nothing here decides anything. It ends in numbers.
"""

from __future__ import annotations

import linecache
from importlib import import_module

from prodgen_lib.checking.check import Failure, Seen, observations
from prodgen_lib.checking.exercise import Framework
from prodgen_lib.checking.sentences import NO_FUNCTION
from prodgen_lib.classroom.sandbox.wire import BadResult, pack


def observed(request: dict) -> bytes:
    """Run the cells and the exercise on its cases, and pack what was seen."""
    try:
        seen = _seen(request)
    except BaseException as error:  # also exits and interrupts, which an answer may raise
        seen = [_failure(error)]
    try:
        return pack(seen)
    except (BadResult, ValueError, TypeError) as error:
        return pack([_failure(error)])


def _seen(request: dict) -> Seen:
    namespace = {"__name__": "__main__", "display": print, "get_ipython": lambda: None}
    for label, source in request["program"]:
        linecache.cache[label] = (len(source), None, source.splitlines(True), label)
        exec(compile(source, label, "exec"), namespace)
    answer = namespace.get(request["name"])
    if not callable(answer):
        told = NO_FUNCTION.format(request["name"], type(answer).__name__)
        return [Failure("Complaint", told.en, None, told.zh)]
    observe = import_module(f"prodgen_lib.exercises.{request['exercise']}").observe
    framework = Framework(request["framework"])
    return list(observations(observe, request["cases"], answer, framework))


def _failure(error: BaseException) -> Failure:
    message = " ".join(str(error).split())[:200]
    if isinstance(error, BadResult):
        return Failure("Complaint", message)
    return Failure(type(error).__name__, message, getattr(error, "lineno", None))
