"""The trusted side's knowledge of a seed: inputs, reference results, known wrong answers.

Computed once for each exercise and seed, in the process that judges. The process that runs
submissions gets inputs only: not the seed, and no result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from prodgen_lib.checking.check import Failure, Seen, Verdict, judge, make_cases, run
from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, find_exercise

NOT_ANSWERED = Failure("NotImplementedError", "")


class Key:
    """All there is to know about one exercise in one framework under one seed."""

    def __init__(self, exercise_id: str, framework: str, seed: int):
        self.exercise: Exercise = find_exercise(exercise_id)
        self.framework = Framework(framework)
        self.seed = seed

    @cached_property
    def cases(self) -> list[Case]:
        return make_cases(self.exercise, self.seed)

    @property
    def inputs(self) -> list[Case]:
        """The cases without results worked by hand: only their names, which `observe` may ask."""
        cases = make_cases(self.exercise, self.seed)
        return [replace(case, by_hand=dict.fromkeys(case.by_hand)) for case in cases]

    @cached_property
    def reference(self) -> Seen:
        answer = self.exercise.solution(self.framework)
        seen = run(self.exercise, answer, self.framework, self.seed)
        if isinstance(seen[-1], Failure):
            raise RuntimeError(f"The course's own {self.exercise.id} failed. {seen[-1]}")
        return seen

    @cached_property
    def _suspects(self) -> list:
        return [(w, _Replay(self, w)) for w in self.exercise.known_wrong(self.framework.name)]

    def judge(self, seen: Seen, source: str) -> Verdict:
        """The verdict on what an answer did; a result that can't be compared is a wrong one."""
        try:
            return self._judge(seen, source)
        except Exception as error:
            kind = type(error).__name__
            message = f"What the answer gives can't be compared with what was expected ({kind})."
            return self._judge([Failure("Complaint", message)], source)

    def _judge(self, seen: Seen, source: str) -> Verdict:
        return judge(
            self.exercise,
            self.cases,
            seen,
            self.reference,
            source=source,
            suspects=self._suspects,
        )


class _Replay:
    """What a known wrong answer does, case by case; each case is computed when first asked for."""

    def __init__(self, key: Key, wrong):
        self._key, self._wrong = key, wrong
        self._seen: list[Observation | Failure] = []
        self._rest: Iterator[Observation | Failure] | None = None

    def __iter__(self) -> Iterator[Observation | Failure]:
        yield from self._seen
        for one in self._remaining():
            self._seen.append(one)
            yield one

    def _remaining(self) -> Iterator[Observation | Failure]:
        from prodgen_lib.checking.check import _observations

        if self._rest is None:
            key = self._key
            answer = key.exercise.wrong_answer(self._wrong, key.framework)
            self._rest = _observations(key.exercise, answer, key.framework, key.seed)
        return self._rest
