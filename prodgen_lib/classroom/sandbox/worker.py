"""What happens, for each exercise, in the fork that runs a submission.

Everything here may be changed by what it runs; nothing here decides anything. It ends in numbers.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from importlib import import_module

from prodgen_lib.checking.check import Failure, Seen, observations
from prodgen_lib.checking.exercise import Framework
from prodgen_lib.checking.sentences import NO_FUNCTION
from prodgen_lib.checking.trying import draw_from, failure
from prodgen_lib.classroom.sandbox import far
from prodgen_lib.classroom.sandbox.wire import BadResult, pack


def observed(request: dict) -> bytes:
    """Run the cells and the exercise on its cases, and pack what was seen.

    Where a test is asked for, run that; and where an answer, answer the calls of a test.
    """
    if request.get("asked") == "answer":
        far.serve(request)
        return b""
    try:
        seen = _tested(request) if request.get("asked") == "test" else _seen(request)
    except BaseException as error:  # also exits and interrupts, which an answer may raise
        seen = [_failure(error)]
    try:
        return pack(seen)
    except (BadResult, ValueError, TypeError) as error:
        return pack([_failure(error)])


def _tested(request: dict) -> Seen:
    """What a test did with an answer that is elsewhere: a failure where it raised, else nothing."""
    namespace, first = _ran(request)
    test = namespace.get(request["name"])
    if not callable(test):
        told = NO_FUNCTION.format(request["name"], type(test).__name__)
        return [first or Failure("Complaint", told.en, None, told.zh)]
    draw_from(request["framework"], request["seed"])
    try:
        test(far.answer(request["framework"]))
    except BaseException as error:
        return [failure(error, test)]
    return [{}]


def _seen(request: dict) -> Seen:
    """What the answer did. As in Jupyter, the next cell runs though one stopped.

    Where a cell stopped and the answer then fails, that cell's error is the reason.
    """
    namespace, first = _ran(request)
    answer = namespace.get(request["name"])
    if not callable(answer):
        told = NO_FUNCTION.format(request["name"], type(answer).__name__)
        return [first or Failure("Complaint", told.en, None, told.zh)]
    observe = import_module(f"prodgen_lib.exercises.{request['exercise']}").observe
    framework = Framework(request["framework"])
    seen = list(observations(observe, request["cases"], answer, framework))
    return [first] if first and any(isinstance(one, Failure) for one in seen) else seen


def _ran(request: dict) -> tuple[dict, Failure | None]:
    """The names that the cells made, and the first error of a cell."""
    namespace = {"__name__": "__main__", "display": print, "get_ipython": _Shell, "input": _input}
    first: Failure | None = None
    for label, source in request["program"]:
        lines = [f"{line}\n" for line in source.split("\n")]
        linecache.cache[label] = (len(source), None, lines, label)
        try:
            _execute(source, label, namespace)
        except BaseException as error:
            first = first or _failure(error)
    return namespace, first


def _execute(source: str, label: str, namespace: dict) -> None:
    code = compile(source, label, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    made = eval(code, namespace)
    if inspect.iscoroutine(made):
        try:
            made.send(None)  # there is no event loop to wait in
        except StopIteration:
            return
        raise RuntimeError("A cell waits for something (`await`) that never comes while grading.")


def _input(prompt: object = "") -> str:
    """Nobody is there to answer."""
    return ""


class _Shell:
    """Stands for IPython's: magics and shell commands give nothing, since none is run."""

    def __getattr__(self, name: str) -> Callable:
        return lambda *arguments, **options: [] if name == "getoutput" else None


def _failure(error: BaseException) -> Failure:
    message = " ".join(str(error).split())[:200]
    if isinstance(error, BadResult):
        return Failure("Complaint", message)
    return Failure(type(error).__name__, message, getattr(error, "lineno", None))
