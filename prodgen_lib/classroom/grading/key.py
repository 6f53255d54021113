"""The trusted side's knowledge of a seed: inputs, reference results, known wrong answers.

Computed once for each exercise and seed, in the process that judges. The process that runs
submissions gets inputs only: not the seed, and no result.
"""

from __future__ import annotations

from dataclasses import replace

from prodgen_lib.checking import check
from prodgen_lib.checking.check import Failure, Seen, Verdict, make_cases
from prodgen_lib.checking.exercise import Case
from prodgen_lib.checking.language import Text

NOT_ANSWERED = Failure("NotImplementedError", "")
NOT_COMPARABLE = Text(
    "What the answer gives can't be compared with what was expected ({}).",
    "答案给出的结果无法与预期结果比较（{}）。",
)


class Key(check.Key):
    """What a checker knows, and how it is used on what a stranger's process sent back."""

    @property
    def inputs(self) -> list[Case]:
        """The cases without results worked by hand: only their names, which `observe` may ask."""
        cases = make_cases(self.exercise, self.seed)
        return [replace(case, by_hand=dict.fromkeys(case.by_hand)) for case in cases]

    def judge(self, seen: Seen, source: str | None) -> Verdict:
        """The verdict on what an answer did; a result that can't be compared is a wrong one."""
        try:
            return super().judge(seen, source)
        except Exception as error:
            told = NOT_COMPARABLE.format(type(error).__name__)
            return super().judge([Failure("Complaint", told.en, None, told.zh)], source)
