"""From what a test did with each suspect to a verdict and one sentence to act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prodgen_lib.checking.check import Failure, Verdict
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.sentences import NOT_ANSWERED
from prodgen_lib.properties.suspects import KEY, KNOWN, MUTANT, Suspect

SECONDS = 10  # for a test on one answer
MOST_TOO_LONG = 3  # after so many answers on which it takes longer, no more are tried
TOOK_TOO_LONG = Failure("TookTooLong", "")
Outcome = Failure | None  # what a test raised; None where it returned quietly

RIGHT_STAGE = Text("right answers", "正确答案")
WRONG_STAGE = Text("wrong answers", "错误答案")
UNANSWERED = Text(
    f"{NOT_ANSWERED.en}: write the test in place of `raise NotImplementedError`.",
    f"{NOT_ANSWERED.zh}：请写出测试，替换 `raise NotImplementedError`。",
)
ACCUSES_KEY = Text(
    "Your test accuses the course's own answer: {}.", "你的测试冤枉了课程自己的答案：{}。"
)
ACCUSES = Text(
    "Your test accuses a right answer written in another way, “{}”: {}.",
    "你的测试冤枉了一个写法不同的正确答案“{}”：{}。",
)
RAISES = Text("{}: {}", "{}：{}")
LINE = Text(" (line {} of the test)", "（测试第 {} 行）")
SLOW_ON_KEY = Text(
    "Your test takes more than {} seconds on the course's own answer: does a loop never end?",
    "你的测试在课程自己的答案上运行超过 {} 秒：是不是有循环永远不结束？",
)
SLOW = Text("it takes more than {} seconds", "运行超过 {} 秒")
CAUGHT = Text("{} of {} wrong answers are caught.", "{}/{} 个错误答案被发现。")
PASSES = Text(
    "`{}` with this fault passes your test: “{}”.", "带有这个错误的 `{}` 通过了你的测试：“{}”。"
)
MEANS = Text("", "也就是说：{}")
CHANGED = Text(
    "A `{}` that is changed in one place passes your test: {}.",
    "只改动了一处的 `{}` 通过了你的测试：{}。",
)
HANGS = Text(
    "Your test takes more than {} seconds on a wrong `{}`, and so does not catch it: “{}”.",
    "你的测试在一个错误的 `{}` 上运行超过 {} 秒，因此没有发现它：“{}”。",
)


@dataclass(frozen=True)
class Report:
    """A verdict, the share of wrong answers caught, and what of the rest to tell.

    The verdict's stages are the known wrong answers. ``told`` names the first that got through,
    also where it is one that need not be caught.
    """

    verdict: Verdict
    caught: int
    wrong: int
    told: Text


def report(
    identity: str, name: str, tried: Sequence[Suspect], outcomes: Mapping[int, Outcome]
) -> Report:
    """The report on a test; ``outcomes`` are by place in ``tried``, and what was not tried lacks.

    A test passes that accuses no right answer and catches every known wrong one. Others and mutants
    count in the share.
    """
    wrong = [place for place, one in enumerate(tried) if not one.right]
    known = [place for place in wrong if tried[place].kind == KNOWN]
    verdict = Verdict(identity, 0, len(known), stage=RIGHT_STAGE)
    for place, one in enumerate(tried):
        if one.right and (raised := outcomes.get(place)) is not None:
            text = _accusation(one, raised)
            answered = not raised.unanswered
            verdict = replace(verdict, text=text if answered else UNANSWERED, answered=answered)
            return Report(verdict, 0, len(wrong), verdict.text)
    caught = {place for place in wrong if _catches(outcomes.get(place))}
    through = [place for place in wrong if place not in caught]
    told = CAUGHT.format(len(caught), len(wrong))
    if through:
        told = _and(
            Text(f"{told.en} ", told.zh),
            _got_through(name, tried[through[0]], outcomes.get(through[0])),
        )
    passed = sum(place in caught for place in known)
    if any(one.right and place not in outcomes for place, one in enumerate(tried)):
        passed = min(passed, len(known) - 1)  # it was ended before it met every right one
    verdict = replace(verdict, passed=passed, text=told, stage=WRONG_STAGE)
    if through and tried[through[0]].kind == KNOWN:
        verdict = replace(verdict, wrong=tried[through[0]].name.en)
    return Report(verdict, len(caught), len(wrong), told)


def done(tried: Sequence[Suspect], outcomes: Mapping[int, Outcome]) -> bool:
    """Whether more need not be tried: a right one is accused, or too many take too long."""
    accused = any(tried[place].right and raised for place, raised in outcomes.items())
    slow = sum(raised == TOOK_TOO_LONG for raised in outcomes.values())
    return accused or slow >= MOST_TOO_LONG


def _catches(outcome: Outcome) -> bool:
    return outcome is not None and outcome != TOOK_TOO_LONG


def _and(one: Text, other: Text) -> Text:
    return Text(one.en + other.en, one.zh + other.zh)


def _accusation(suspect: Suspect, raised: Failure) -> Text:
    if raised == TOOK_TOO_LONG and suspect.kind == KEY:
        return SLOW_ON_KEY.format(SECONDS)
    what = SLOW.format(SECONDS) if raised == TOOK_TOO_LONG else _raised(raised)
    words = ACCUSES_KEY if suspect.kind == KEY else ACCUSES
    named = () if suspect.kind == KEY else (suspect.name.en,)
    return Text(words.en.format(*named, what.en), words.zh.format(*named, what.zh))


def _raised(raised: Failure) -> Text:
    message = raised.message.rstrip(".。")
    told = RAISES.format(raised.type, message) if message else Text(*2 * (raised.type,))
    return _and(told, LINE.format(raised.line)) if raised.line else told


def _got_through(name: str, suspect: Suspect, outcome: Outcome) -> Text:
    heading = suspect.name
    if outcome == TOOK_TOO_LONG:
        return Text(
            HANGS.en.format(SECONDS, name, heading.en), HANGS.zh.format(name, SECONDS, heading.zh)
        )
    if suspect.kind == MUTANT:
        return Text(CHANGED.en.format(name, heading.en), CHANGED.zh.format(name, heading.zh))
    told = PASSES.format(name, heading.en)
    if suspect.kind == KNOWN and suspect.wrong:
        return _and(told, MEANS.format(suspect.wrong.message.zh))
    return told
