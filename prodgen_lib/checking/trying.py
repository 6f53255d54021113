"""Calling a learner's test on an answer, here and where a class is graded alike."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from importlib import import_module

import numpy as np

from prodgen_lib.checking.check import Failure

MOST_WORDS = 160


def failure(error: BaseException, test: Callable) -> Failure:
    """An exception of a test as text, with the line of the test that raised it."""
    code = getattr(test, "__code__", None)
    lines = [
        frame.lineno - code.co_firstlineno + 1
        for frame in traceback.extract_tb(error.__traceback__)
        if code and (frame.filename, frame.name) == (code.co_filename, code.co_name)
    ]
    message = " ".join(str(error)[:2000].split())
    message = message if len(message) <= MOST_WORDS else message[: MOST_WORDS - 1] + "…"
    return Failure(type(error).__name__, message, lines[-1] if lines else None)


def draw_from(framework: str, seed: int) -> None:
    """All that draws at random begins anew, so that the same test does the same each time."""
    random.seed(seed)
    np.random.seed(seed)
    if framework == "torch":
        import_module("torch").manual_seed(seed)
    else:
        import_module("tensorflow").random.set_seed(seed)
