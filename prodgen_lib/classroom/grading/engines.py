"""How submissions are run: the sandbox, and where the work goes."""

from __future__ import annotations

from collections.abc import Callable

from prodgen_lib.classroom.grading.grading import Grader


def engine(*, jobs: int | None, scheduler: str | None, no_sandbox: bool) -> Callable[[int], Grader]:
    """A grader for a seed. ``CourseError`` where this machine has no sandbox, before any work."""
    from prodgen_lib.classroom.grading import batch
    from prodgen_lib.classroom.sandbox.sandbox import Sandbox

    sandbox = Sandbox.find(no_sandbox=no_sandbox)

    def for_seed(seed: int) -> Grader:
        return lambda tasks, only: batch.grade_all(
            [(task.submission, task.pristine.notebook) for task in tasks],
            seed=seed,
            sandbox=sandbox,
            only=only,
            jobs=jobs,
            scheduler=scheduler,
        )

    return for_seed
