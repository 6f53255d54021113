"""What the buttons and lines of practice say, in English and Chinese."""

from __future__ import annotations

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.language import language as reader_language
from prodgen_lib.questions.render import WORDS

LEVELS = {name: WORDS[name] for name in ("junior", "senior", "expert")}
RATINGS = {
    "again": Text("again", "重来"),
    "hard": Text("hard", "困难"),
    "good": Text("good", "良好"),
    "easy": Text("easy", "简单"),
}
SCORES = {
    "nothing": Text("nothing", "不会"),
    "junior": Text("junior", "初级"),
    "senior": Text("senior", "高级"),
    "expert": Text("expert", "专家"),
}
KINDS = {
    "concept": Text("concept", "概念"),
    "debug": Text("debug", "排错"),
    "design": Text("design", "系统设计"),
    "whiteboard": Text("whiteboard", "白板"),
    "review": Text("review", "代码评审"),
    "code": Text("code", "编程"),
}
ROLES = {
    "research scientist": Text("research scientist", "研究科学家"),
    "ML engineer": Text("ML engineer", "机器学习工程师"),
    "computer-vision engineer": Text("computer-vision engineer", "计算机视觉工程师"),
    "applied scientist in e-commerce": Text("applied scientist in e-commerce", "电商应用科学家"),
}
LABELS = {
    "language": Text("language", "语言"),
    "chapter": Text("chapter", "章节"),
    "exercise": Text("exercise", "练习"),
    "framework": Text("framework", "框架"),
    "day": Text("day", "日期"),
    "a day": Text("a day", "每天"),
    "minutes a day": Text("minutes a day", "每天的分钟数"),
    "what": Text("what", "内容"),
    "role": Text("role", "职位"),
    "level": Text("level", "级别"),
    "minutes": Text("minutes", "分钟"),
    "all": Text("all", "全部"),
}
TICK = Text("Tick what you said", "勾选你说到的要点")
TICKED = Text("These I said", "这些我说到了")
SHARE = Text("{:.0%} of the points' weight: {}", "要点权重的 {:.0%}：{}")
SHOW = Text("Show the answer", "显示答案")
MORE = Text("Full answer, rubric, follow-ups", "完整回答、评分标准、追问")
NEW = Text("More new cards", "再来一些新卡片")
CARD = Text("Card {} of {} · {} · {}", "第 {} 张，共 {} 张 · {} · {}")
AGAIN = Text("The last one comes again on {}.", "上一张下次出现：{}。")
DONE = Text(
    "{} cards done; nothing more is due now. {} new ones are waiting.",
    "完成 {} 张；现在没有到期的卡片。还有 {} 张新卡片。",
)
KEYS = Text(
    "Keys, after a click on the card: space shows the answer, 1 to 4 rate it.",
    "按键（先点一下卡片）：空格显示答案，1 到 4 评分。",
)
PLAN = Text("Plan until this day", "计划到这一天")
NO_PLAN = Text("No day", "不设日期")
NO_DAY = Text("No day is set.", "还没有设定日期。")
BACK = Text("What comes back today ({})", "今天再现的练习（{}）")
NONE_BACK = Text("No exercise comes back today.", "今天没有再现的练习。")
BEGIN = Text("Begin", "开始")
ANOTHER = Text("Begin another", "再来一次")
READY = Text("I have answered", "我答完了")
LEAVE = Text("End here", "到此结束")
NOTES = Text("Notes of your answer (optional)", "回答笔记（可不填）")
LEVEL = Text("At which level was your answer?", "你的回答达到哪个水平？")
FOLLOW_UP = Text("Follow-up", "追问")
NOTHING = Text("Nothing was answered, so nothing is kept.", "没有作答，因此不保存。")
OVER = Text("The interview is over, and kept in your history.", "面试结束，已保存到你的历史记录。")
USED = Text("{:.1f} of {} minutes", "用时 {:.1f} 分钟，限时 {} 分钟")
LATE = Text(": over time", "：超时")
LEFT = Text("{} left", "还剩 {}")
OVERTIME = Text("{} over time", "超时 {}")
ITEM = Text("{} of {} · {} · {} minutes", "第 {} 题，共 {} 题 · {} · {} 分钟")


def label(name: str) -> str:
    """What stands beside a field, in the reader's language."""
    return LABELS[name].in_(reader_language())


def clock(limit: float, seconds: float, language: str) -> str:
    """The time that is left of `limit` seconds after `seconds`, or how far it is over."""
    left = round(limit - seconds)
    text = f"{abs(left) // 60}:{abs(left) % 60:02d}"
    return (LEFT if left >= 0 else OVERTIME).in_(language).format(text)


def interval(seconds: float) -> str:
    """A span of time in the largest unit that fits, such as ``10 min`` or ``4 d``."""
    for size, unit in ((86_400, "d"), (3_600, "h")):
        if seconds >= size:
            return f"{round(seconds / size)} {unit}"
    return f"{max(1, round(seconds / 60))} min"
