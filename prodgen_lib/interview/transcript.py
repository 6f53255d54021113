"""A mock interview in words: what is asked, what a good answer holds, and all of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import function_source, stub
from prodgen_lib.interview import words
from prodgen_lib.interview.mock import (
    CODE,
    CONCEPT,
    DEBUG,
    DESIGN,
    PROGRAM,
    REVIEW,
    SCORES,
    WHITEBOARD,
    Answered,
    Interview,
    Item,
)
from prodgen_lib.questions.bank import LEVELS, Question
from prodgen_lib.questions.render import details

if TYPE_CHECKING:
    from prodgen_lib.checking.exercise import Exercise

ALOUD = Text(
    "Answer aloud, as to an interviewer, then compare.",
    "像面对面试官那样说出你的回答，然后对照。",
)
TASKS = {
    CONCEPT: ALOUD,
    DEBUG: Text(
        "Name the cause, say what shows it, and what you would do next.",
        "说出原因、依据，以及下一步做什么。",
    ),
    DESIGN: Text(
        "Design it aloud, with numbers: data, model, compute, latency, metrics, failure, rollout.",
        "边说边设计，要有数字：数据、模型、算力、延迟、指标、失败情形、上线。",
    ),
    WHITEBOARD: Text("On paper, without running it:", "写在纸上，不运行："),
    REVIEW: Text(
        "A candidate wrote this. Find at least two of its {} faults, and say how to mend them:",
        "这是一位候选人写的。它有 {} 处错误，至少找出两处，并说明怎样改：",
    ),
    PROGRAM: Text(
        "In a notebook, which `{}` makes; its last cell measures. Say what you do and why.",
        "在笔记本里写，用 `{}` 生成；最后一个单元测量指标。边做边说明做什么、为什么。",
    ),
    CODE: Text("In a notebook, which `{}` makes:", "在笔记本里写，用 `{}` 生成："),
}
LEVELS_OF_CODE = Text(
    "*Junior*: it runs and gives the right shapes. *Senior*: it is right at the edges as well, "
    "and you said why each line is there. *Expert*: in time, with what breaks when a line is "
    "left out. Faults that others made:",
    "*初级*：能运行，形状正确。*高级*：边界情况也正确，并说清每一行为什么在那里。"
    "*专家*：按时完成，并指出去掉某一行会出什么问题。别人犯过的错误：",
)
HEAD = Text("# Mock interview: {}, {}", "# 模拟面试：{}，{}")
WENT = Text("`{}` · {} · answered at level *{}* in {}{}", "`{}` · {} · 回答水平：*{}*，用时 {}{}")
LATE = Text(", over its {} minutes", "，超过限时 {} 分钟")
RECORDED = Text("In the recording at {}:{:02d}.", "在录音的 {}:{:02d} 处。")
SAID, MISSED = Text("Said", "说到了"), Text("Left out", "没说到")
FOLLOWED = Text("Follow-up: {} ({})", "追问：{}（{}）")
NOT_ASKED = Text("not asked", "未问")
SUMMARY = Text("## Summary", "## 小结")
ASKED = Text("{} of {} items, {} over time.", "共 {1} 题，完成 {0} 题，超时 {2} 题。")
MEAN = Text("- {}: {:.1f} of 3", "- {}：{:.1f}，满分 3")
WEAK_ONES = Text(
    "Weak, and first in the cards from now on: {}.", "薄弱，从现在起在卡片中优先：{}。"
)
NONE = Text("none", "无")
TOMORROW = Text("## Tomorrow", "## 明天")
POINTS = Text(
    "- {} points were left out; each is a card now: `prodgen practice cards`.",
    "- 有 {} 点没说到，每一点都成了一张卡片：`prodgen practice cards`。",
)
ABOUT = Text(
    "- Cards about {0} first: `prodgen practice cards --about {0}`.",
    "- 先复习 {0} 的卡片：`prodgen practice cards --about {0}`。",
)
DRILL = Text(
    "- Write it once more: `prodgen practice drill {}`.",
    "- 再写一遍：`prodgen practice drill {}`。",
)
SHORTER = Text(
    "- {} answers took too long: say the short answer first, in 30 seconds.",
    "- 有 {} 题超时：先用 30 秒说出简短回答。",
)
HIGHER = Text(
    "- Nothing was weak: take the next level, or a longer interview.",
    "- 没有薄弱之处：换更高的级别，或更长的面试。",
)


def title(asked: Question | Exercise, language: str = "en", kind: str = CODE) -> str:
    """What is asked, in a line."""
    if isinstance(asked, Question):
        return getattr(asked.title, language)
    if kind == REVIEW:
        return f"Review `{asked.name}`" if language == "en" else f"评审 `{asked.name}`"
    return f"Write `{asked.name}`" if language == "en" else f"写出 `{asked.name}`"


def task(item: Item, language: str = "en") -> str:
    """What the candidate has to do, in Markdown."""
    told = TASKS[item.kind].in_(language)
    if isinstance(item.asked, Question):
        case = item.asked.case
        if item.kind == PROGRAM:
            told = told.format(
                f"prodgen practice program {item.asked.id} --framework {item.framework}"
            )
        return f"{case.in_(language)}\n\n{told}" if case else told
    source = function_source(item.framework, item.subject, item.asked.name)
    if item.kind == REVIEW:
        told = told.format(len(item.checklist))
        source = item.asked.candidate(item.framework, source)
    else:
        command = f"prodgen practice drill {item.asked.id} --framework {item.framework}"
        told, source = told.format(command), stub(source)
    return f"{told}\n\n```python\n{source}\n```"


def rubric(item: Item, language: str = "en") -> str:
    """What a good answer holds, in Markdown: shown once the candidate has answered.

    A question's follow-ups are not in it: one of them is asked next.
    """
    if isinstance(item.asked, Question):
        return details(item.asked, language, spoil=False)
    source = function_source(item.framework, item.subject, item.asked.name)
    code = f"```python\n{source}\n```"
    if item.kind == REVIEW:
        return code
    known = item.asked.known_wrong(item.framework)[:5]
    faults = "\n".join(f"- {wrong.message.in_(language)}" for wrong in known)
    return f"{code}\n\n{LEVELS_OF_CODE.in_(language)}\n\n{faults}"


def transcript(interview: Interview, language: str = "en", ahead: str = "") -> str:
    """The whole interview as Markdown, with a summary and what to do tomorrow at its end.

    `ahead` is a sentence about the day to be ready by.
    """
    level = words.LEVELS[interview.level].in_(language)
    lines = [HEAD.in_(language).format(words.ROLES[interview.role].in_(language), level)]
    for number, one in enumerate(interview.answered, start=1):
        lines += _told(number, one, language)
    lines += [SUMMARY.in_(language), _summary(interview, language)]
    lines += [TOMORROW.in_(language), _tomorrow(interview, language, ahead)]
    return "\n\n".join(lines) + "\n"


def ending(text: str) -> str:
    """Of a transcript the summary and what to do tomorrow: its last two parts."""
    return "## " + "\n## ".join(text.split("\n## ")[-2:])


def _told(number: int, one: Answered, language: str) -> list[str]:
    minutes, seconds = divmod(round(one.seconds), 60)
    late = LATE.in_(language).format(one.item.minutes) if one.overtime else ""
    kind = words.KINDS[one.item.kind].in_(language)
    score = words.SCORES[SCORES[one.score]].in_(language)
    clock = f"{minutes}:{seconds:02d}"
    lines = [
        f"## {number}. {title(one.item.asked, language, one.item.kind)}",
        WENT.in_(language).format(one.item.asked.id, kind, score, clock, late),
    ]
    if one.recorded is not None:
        lines.append(RECORDED.in_(language).format(*divmod(round(one.recorded), 60)))
    if one.notes:
        lines.append("\n".join(f"> {line}" for line in one.notes.splitlines()))
    known = one.item.checklist
    for name, ids in ((SAID, one.said), (MISSED, one.missed)):
        if ids:
            points = "\n".join(f"- {known[point].in_(language)}" for point in ids)
            lines.append(f"{name.in_(language)}:\n\n{points}")
    if one.follow_up:
        told = NOT_ASKED.in_(language)
        if one.follow_up_score is not None:
            told = f"*{words.SCORES[SCORES[one.follow_up_score]].in_(language)}*"
        asked = one.follow_up.question.in_(language)
        lines.append(FOLLOWED.in_(language).format(asked, told))
    return lines


def _summary(interview: Interview, language: str) -> str:
    means = sorted(interview.means.items(), key=lambda pair: pair[1])
    rows = [MEAN.in_(language).format(*pair) for pair in means]
    late = sum(one.overtime for one in interview.answered)
    weak = ", ".join(interview.weak) or NONE.in_(language)
    asked = ASKED.in_(language).format(len(interview.answered), len(interview.items), late)
    return "\n".join([asked, "", *rows, "", WEAK_ONES.in_(language).format(weak)])


def _tomorrow(interview: Interview, language: str, ahead: str) -> str:
    """What follows from how it went, the most useful first."""
    points = sum(len(one.missed) for one in interview.answered if _is_question(one))
    late = sum(one.overtime for one in interview.answered)
    below = SCORES.index("senior")
    lines = [f"- {ahead}"] * bool(ahead)
    lines += [POINTS.in_(language).format(points)] * bool(points)
    lines += [ABOUT.in_(language).format(subject) for subject in interview.weak]
    for one in interview.answered:
        if not _is_question(one) and one.score < below:
            lines.append(DRILL.in_(language).format(one.item.asked.id))
    lines += [SHORTER.in_(language).format(late)] * bool(late)
    return "\n".join(lines or [HIGHER.in_(language)])


def _is_question(one: Answered) -> bool:
    return isinstance(one.item.asked, Question)


def levels_of(question: Question, language: str) -> str:
    """The rubric of each level, a line each."""
    return "\n".join(
        f"- {words.LEVELS[level].in_(language)}: {question.rubric[level].in_(language)}"
        for level in LEVELS
    )
