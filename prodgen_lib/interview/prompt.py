"""A mock interview as text for any assistant, which then asks and marks it. No network is used."""

from __future__ import annotations

from prodgen_lib.checking.language import Text
from prodgen_lib.interview import words
from prodgen_lib.interview.mock import Interview, Item
from prodgen_lib.interview.transcript import levels_of, rubric, task, title
from prodgen_lib.questions.bank import THRESHOLDS, Question

RULES = Text(
    """# Interview me

You are the interviewer of a mock interview: {role}, level {level}, {minutes} minutes.

Rules:

1. Ask the items below one after the other, in this order. Show me the title and the task, nothing
   of what stands under *For you only*. Wait for my answer; keep to the minutes of the item.
2. Don't help and don't praise. One short question to clarify is allowed.
3. After each answer, tick the points that I said in my own words. What I did not say counts as left
   out, even if you think that I know it. Quote the words for which you ticked a point.
4. The score is the share of the weights ticked: junior from {junior:.0%}, senior from {senior:.0%},
   expert from {expert:.0%}. Where an item has no points, use the anchors of the levels.
5. Then ask one follow-up: about the heaviest point that I left out. If I left out none, the last
   one of the list.
6. Judge by the text below, not by what you know besides. If you think that it is wrong, say so
   after the interview.
7. At the end give a table (item, score, points left out), three things that I should do tomorrow,
   and nothing else.

**Your marks are advisory.** Machine marks of spoken answers vary from run to run and favour length
and fluency; they are no measurement. I compare them with my own ticks.
""",
    """# 请面试我

你是模拟面试的面试官：{role}，级别 {level}，{minutes} 分钟。

规则：

1. 按下面的顺序逐题提问。只给我看标题和任务，不要透露*仅供面试官*之下的内容。
   等我回答；遵守每题的时间。
2. 不要帮忙，也不要夸奖。允许问一个简短的澄清问题。
3. 每次回答之后，勾出我用自己的话说到的要点。没有说出来的算没说到，即使你认为我知道。
   请引用你据以打勾的原话。
4. 得分是勾选权重的占比：{junior:.0%} 起为初级，{senior:.0%} 起为高级，{expert:.0%} 起为专家。
   没有要点的题，用各级别的标准。
5. 然后追问一次：问我没说到的要点中权重最大的那一点。如果都说到了，就问列表中的最后一个追问。
6. 以下面的文字为准，不要用你另外知道的内容来评判。如果你认为它有错，面试结束后再说。
7. 最后给出一张表（题目、得分、没说到的要点）和我明天该做的三件事，不要别的。

**你的评分仅供参考。**机器对口头回答的评分每次都不同，而且偏爱更长、更流利的回答；它不是测量。
我会把它与我自己的勾选对照。
""",
)
ITEM = Text("## Item {}: {} ({}, {} minutes)", "## 第 {} 题：{}（{}，{} 分钟）")
ONLY = Text("### For you only", "### 仅供面试官")
POINT = Text("- [{}] {} (weight {}, {})", "- [{}] {}（权重 {}，{}）")
ANCHORS, NEXT = Text("Anchors:", "级别标准："), Text("Follow-ups:", "追问：")
ANSWER, FAULTS = Text("Answer:", "答案："), Text("Faults to find:", "要找出的错误：")


def interview_prompt(interview: Interview, language: str = "en") -> str:
    """Rules, then each item with its checklist, anchors, answer and follow-ups, as Markdown."""
    rules = RULES.in_(language).format(
        role=words.ROLES[interview.role].in_(language),
        level=words.LEVELS[interview.level].in_(language),
        minutes=sum(item.minutes for item in interview.items),
        **THRESHOLDS,
    )
    items = [_item(number, item, language) for number, item in enumerate(interview.items, start=1)]
    return "\n".join([rules, *items])


def _item(number: int, item: Item, language: str) -> str:
    kind = words.KINDS[item.kind].in_(language)
    name = title(item.asked, language, item.kind)
    lines = [
        ITEM.in_(language).format(number, name, kind, item.minutes),
        task(item, language),
        ONLY.in_(language),
    ]
    asked = item.asked
    if isinstance(asked, Question):
        points = [
            POINT.in_(language).format(
                p.id, p.text.in_(language), p.weight, words.LEVELS[p.level].in_(language)
            )
            for p in asked.points
        ]
        lines += ["\n".join(points)] * bool(points)
        lines += [f"{ANCHORS.in_(language)}\n\n{levels_of(asked, language)}"]
        lines += [f"{ANSWER.in_(language)} {asked.full.in_(language)}"]
        more = "\n".join(
            f"- {one.question.in_(language)} → {one.answer.in_(language)}"
            for one in asked.follow_ups
        )
        lines.append(f"{NEXT.in_(language)}\n\n{more}")
    else:
        faults = "\n".join(
            f"- [{name}] {text.in_(language)}" for name, text in item.checklist.items()
        )
        lines += [f"{FAULTS.in_(language)}\n\n{faults}"] * bool(faults)
        lines.append(rubric(item, language))
    return "\n\n".join(lines) + "\n"
