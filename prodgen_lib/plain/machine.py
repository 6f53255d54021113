"""What this machine does: its seconds, its peak, and the bytes that a piece of work takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np


def cpu_seconds(action: Callable[[], object], *, times: int = 3) -> float:
    """CPU seconds of an action, of all threads together: the best of some times, after one more."""
    action()
    taken = []
    for _ in range(times):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken)


def peak_operations(*, size: int = 1024, times: int = 5) -> float:
    """Operations a CPU second that this machine reaches on what suits it best: a large product."""
    one = np.random.default_rng(0).random((size, size), dtype=np.float32)
    return 2 * size**3 / cpu_seconds(lambda: one @ one, times=times)


def peak_bytes(action: Callable[[], object]) -> int:
    """By how much this process grows at most while an action runs, looked at every half of a
    millisecond. What the process had freed before, and kept, is used again and does not show.
    """
    import psutil

    process, done = psutil.Process(), threading.Event()
    before = most = process.memory_info().rss

    def look() -> None:
        nonlocal most
        while not done.is_set():
            most = max(most, process.memory_info().rss)
            time.sleep(0.0005)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        action()
    finally:
        done.set()
        watcher.join()
    return most - before
