"""Grade many submissions on an executor: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

from nbformat import NotebookNode

from prodgen_lib.classroom.grading import engine
from prodgen_lib.classroom.intake.submission import Graded, Submission
from prodgen_lib.classroom.sandbox import namespaces
from prodgen_lib.classroom.sandbox.process import ServerLost
from prodgen_lib.classroom.sandbox.sandbox import Sandbox
from prodgen_lib.course.project import CourseError

Work = tuple[Submission, NotebookNode]


@dataclass(frozen=True)
class _Job:
    """What is the same for every submission of a run."""

    seed: int
    sandbox: Sandbox
    only: Collection[str] | None

    def __call__(self, submission: Submission, pristine: NotebookNode) -> Graded:
        return engine.grade_submission(
            submission, pristine, seed=self.seed, sandbox=self.sandbox, only=self.only
        )


def grade_all(
    work: Iterable[Work],
    *,
    seed: int,
    sandbox: Sandbox,
    only: Collection[str] | str | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    executor: Executor | None = None,
) -> Iterator[Graded]:
    """The marks of each submission as soon as they are there, in any order.

    ``work`` pairs a submission with the course's notebook. By default ``jobs`` processes do it
    (one a core), or the workers of the Dask ``scheduler``, or an ``executor`` of the caller's.
    A submission whose grading ends its process is tried once more alone; after that nothing is
    yielded for it.
    """
    only = [only] if isinstance(only, str) else only
    job = _Job(seed, sandbox, only)
    todo = sorted(work, key=_order)
    with (
        _executor(executor, scheduler, jobs, len(todo)) as found,
        closing(_results(found, job, todo)) as results,
    ):
        lost = []
        for one, graded in results:
            if graded is None:
                lost.append(one)
            else:
                yield graded
    yield from _one_by_one(job, lost)


def _order(one: Work) -> tuple[str, str]:
    """Chapter by chapter, since a process keeps what it prepared for a chapter."""
    about = one[1].metadata.prodgen
    return about.chapter, about.framework


def _results(
    executor: Executor, job: _Job, work: list[Work]
) -> Iterator[tuple[Work, Graded | None]]:
    """Each submission with its marks, or None where the process that graded it was lost."""
    futures: dict[Future, Work] = {}
    try:
        futures = {executor.submit(job, *one): one for one in work}
        for future in as_completed(futures):
            yield futures[future], _result(future)
    except BrokenExecutor:
        yield from ((one, None) for one in work[len(futures) :])
    finally:
        for future in futures:
            future.cancel()


def _result(future: Future) -> Graded | None:
    try:
        return future.result()
    except (BrokenExecutor, ServerLost, RecursionError, MemoryError):
        return None  # a notebook made to be too much for its reader must not stop the class


def _one_by_one(job: _Job, work: list[Work]) -> Iterator[Graded]:
    """A process for all of them, and a new one after each that ends it."""
    while work:
        with _processes(1) as executor:
            while work:
                graded = _result(executor.submit(job, *work.pop(0)))
                if graded is None:
                    break
                yield graded


def _executor(
    given: Executor | None, scheduler: str | None, jobs: int | None, tasks: int
) -> AbstractContextManager[Executor]:
    if given:
        return _borrowed(given)
    return _cluster(scheduler) if scheduler else _processes(min(jobs or _cores(), max(1, tasks)))


@contextmanager
def _borrowed(executor: Executor) -> Iterator[Executor]:
    yield executor


def _cores() -> int:
    count: Callable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    return len(count(0))


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    """Fresh interpreters: this one may have threads, which must not be forked."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=_prepare, initargs=(os.getpid(),))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare(parent: int) -> None:
    """End with the process that asked, also when it is killed; leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        namespaces.die_with_parent()
        if os.getppid() != parent:
            os._exit(1)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--scheduler needs Dask: install it by `pip install prodgen[classroom]`."
        ) from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise CourseError(f"There is no Dask scheduler at {address}: {error}") from None
    with client:
        yield client.get_executor(retries=1)
