"""What a check says of its own accord; an exercise's own sentences are on its page."""

from __future__ import annotations

from prodgen_lib.checking.language import Text

NOTHING = Text("", "")
STAGES = {
    "runs": Text("it runs", "能运行"),
    "by hand": Text("the case worked by hand", "手算的例子"),
    "value": Text("values", "数值"),
    "invariant": Text("what must always hold", "始终成立的性质"),
    "gradient": Text("gradients", "梯度"),
    "rules": Text("rules", "规则"),
}
NOT_ANSWERED = Text("Not answered yet", "还没有作答")
UNANSWERED = Text(
    f"{NOT_ANSWERED.en}: write the body in place of `raise NotImplementedError`.",
    f"{NOT_ANSWERED.zh}：请写出函数体，替换 `raise NotImplementedError`。",
)
NO_FUNCTION = Text("{} is of type {}; expected a function.", "{} 的类型是 {}；应为一个函数。")
STOPS = Text("It stops with {}: {}", "运行中断，出现 {}：{}")
AT_LINE = Text(" (line {} of the answer)", "（答案第 {} 行）")
LACKS = Text("What the answer gives lacks this: {}.", "答案给出的结果缺少这一项：{}。")
LOOK_SHAPE = Text(
    "Look at this: {}, got shape {}; expected {}.", "请看这一项：{}，得到的形状是 {}；应为 {}。"
)
ONE_NUMBER = Text("one number", "一个数")
LOOK_TYPE = Text(
    "Look at this: {}, got type {}; expected {}.", "请看这一项：{}，得到的类型是 {}；应为 {}。"
)
BY_HAND = Text("worked by hand it is", "手算结果是")
EXPECTED = Text("expected", "应为")
DIFFERS = Text(
    "On {case}, {name}: got {got}; {words} {value}.",
    "在“{case}”上，{name}：得到 {got}；{words} {value}。",
)
SHAPE_DIFFERS = Text(
    "On {case}, {name}: got shape {got}; {words} {value}.",
    "在“{case}”上，{name}：得到的形状是 {got}；{words} {value}。",
)
MOST_DIFFERENT = Text(
    "On {case}, {name}, most different at [{place}]: got {got}; {words} {value}.",
    "在“{case}”上，{name}，相差最大处 [{place}]：得到 {got}；{words} {value}。",
)
FORBIDDEN = Text(
    "The numbers are right, but `{0}` does the exercise for you: do without it.",
    "数值是对的，但 `{0}` 替你做完了这道练习：请不要用它。",
)
