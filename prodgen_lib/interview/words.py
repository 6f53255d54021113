"""What the buttons and lines of practice say, in English and Chinese."""

from __future__ import annotations

from prodgen_lib.checking.language import Text
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
    "program": Text("whole program", "完整程序"),
}
ROLES = {
    "research scientist": Text("research scientist", "研究科学家"),
    "ML engineer": Text("ML engineer", "机器学习工程师"),
    "computer-vision engineer": Text("computer-vision engineer", "计算机视觉工程师"),
    "applied scientist in e-commerce": Text("applied scientist in e-commerce", "电商应用科学家"),
}
LABELS = {
    "language": Text("language", "语言"),
    "question": Text("question", "题目"),
    "chapter": Text("chapter", "章节"),
    "exercise": Text("exercise", "练习"),
    "framework": Text("framework", "框架"),
    "role": Text("role", "职位"),
    "level": Text("level", "级别"),
    "minutes": Text("minutes", "分钟"),
    "day": Text("day", "日期"),
    "a day": Text("a day", "每天"),
    "what": Text("what", "内容"),
}
ALL = Text("all", "全部")
MINUTES_A_DAY = Text("minutes a day", "每天的分钟数")
CARDS_ONLY = Text("cards only", "只有卡片")
AND_EXERCISES = Text("and {} exercises", "和 {} 练习")
MAKE = Text("Make the notebook", "生成笔记本")
RENEW = Text("Renew", "刷新")
IS_READY, OPEN_IT = Text("{} is ready:", "{} 已生成："), Text("open it", "打开")
NOT_MADE, NOT_NOTED = Text("Not made: {}", "没有生成：{}"), Text("Not noted: {}", "没有记录：{}")
EXERCISE = Text("{} ({} minutes)", "{}（{} 分钟）")
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
WRITE_TEST = Text("Write the test instead", "改为写测试")
NO_TEST = Text(
    "This chapter asks for no test. There is one for each of: {}.",
    "本章没有写测试的练习。有的是：{}。",
)
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
ABOUT_MARKING = Text(
    "Three answers to one question. Read each, and tick the points that it says; what it only "
    "hints at is not said. Then compare with the reference.",
    "同一道题的三个回答。读完每个回答，勾选它说到的要点；只是暗示不算说到。然后与参考评分对照。",
)
ANSWER = Text("Answer {}", "回答 {}")
ITS_POINTS = Text("These it says", "它说到了这些")
MARKED = Text(
    "**Answer {}** was written as *{}*. Your ticks make it *{}*, the reference makes it *{}*.",
    "**回答 {}** 写的是*{}*水平。按你的勾选是*{}*，按参考是*{}*。",
)
GENEROUS = Text("- Ticked, not in the reference: {}", "- 你勾选了，参考里没有：{}")
STRICT = Text("- In the reference, not ticked: {}", "- 参考里有，你没有勾选：{}")
SAME = Text("- The same points.", "- 要点相同。")
BY_LEVEL = Text(
    "- Levels: {}, from {} answers that you marked.", "- 水平：{}，来自你评过的 {} 个回答。"
)
BY_POINT = Text("- Points: {}, from {} of them.", "- 要点：{}，共 {} 个要点。")
KAPPA = Text("kappa {:.2f} ({:.2f} to {:.2f})", "kappa 为 {:.2f}（{:.2f} 至 {:.2f}）")
NO_INTERVAL = Text("kappa {:.2f}, too few for an interval", "kappa 为 {:.2f}，数量太少，给不出区间")
NO_KAPPA = Text("too few different marks for a kappa", "不同的评分太少，算不出 kappa")
READING = Text(
    "1 is perfect agreement, 0 is chance. In brackets the 95 % interval; of levels, two apart "
    "count four times as much as one. The reference is one marker's reading, too.",
    "1 是完全一致，0 是碰巧。括号内是 95% 区间；水平相差两级的代价是一级的四倍。"
    "参考评分也只是一位评分者的看法。",
)
NOT_KEPT = Text("Not kept: {}", "没有保存：{}")


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
