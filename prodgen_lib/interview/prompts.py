"""What the commands of practice ask and say in a terminal, in English and Chinese."""

from __future__ import annotations

from prodgen_lib.checking.language import Text

ENTER = Text("Enter", "回车")
ONE_OF = Text("Type one of: {}.", "请输入其中之一：{}。")
NUMBERS = Text("Type numbers from 1 to {}.", "请输入 1 到 {} 的数字。")
WHEN_DONE = Text("Enter when you are done, q ends", "答完按回车，q 结束")
ENTER_SHOWS = Text("Enter shows the answer", "按回车显示答案")
ENTER_SHOWS_Q = Text("Enter shows the answer, q ends", "按回车显示答案，q 结束")
GO_ON = Text("Enter shows the checklist, q ends", "按回车显示要点，q 结束")
WHICH_YOU_SAID = Text(
    "Which of these did you say? Numbers such as 1 3; Enter for none",
    "你说到了哪些？输入编号，如 1 3；都没有就按回车",
)
WHICH_IT_SAYS = Text(
    "Which of these does it say? Numbers such as 1 3; Enter for none",
    "它说到了哪些？输入编号，如 1 3；都没有就按回车",
)
NOT_DUE = Text(
    "Nothing is due. Come back later, or try `prodgen practice mock`.",
    "没有到期的卡片。过些时候再来，或试试 `prodgen practice mock`。",
)
CARD = Text("[{} of {}] {} · {}", "[第 {} 张，共 {} 张] {} · {}")
HOW_WELL = Text("How well did you know it? {}; {}", "你掌握得怎样？{}；{}")
MORE = Text("m for more, q ends", "m 看更多，q 结束")
MORE_TICK = Text(
    "m for more, t to tick what you said, q ends", "m 看更多，t 勾选说到的要点，q 结束"
)
COMES_AGAIN = Text("It comes again on {}.", "下次出现：{}。")
NO_EXERCISE = Text("No exercise is due today.", "今天没有到期的练习。")
READY = Text(
    "{0} is ready: open it in JupyterLab; `prodgen check {0}` grades it.",
    "{0} 已生成：在 JupyterLab 里打开；用 `prodgen check {0}` 评分。",
)
PROMPT_WRITTEN = Text(
    "{} holds {} items with their checklists: give it to an assistant. Its marks are advisory; "
    "nothing was sent anywhere.",
    "{} 含有 {} 道题及其要点：交给任意助手即可。它的评分仅供参考；没有发送任何内容。",
)
NAME_A_DAY = Text(
    "No day is set: name that of your interview with --by.", "还没有设定日期：用 --by 给出面试日。"
)
BACK_TODAY = Text(
    "Back today, with `prodgen practice drill --again`: {}",
    "今天再现的练习，用 `prodgen practice drill --again`：{}",
)
PAGE = Text("{} is written: open it in a browser.", "{} 已写好：用浏览器打开。")
EXPORTED = Text("{} holds your cards, reviews and interviews.", "{} 含有你的卡片、复习和面试。")
COPIED = Text("{} is a copy of your history.", "{} 是你的历史记录的副本。")
PROGRAM = Text(
    "{} is ready: open it in JupyterLab; its last cell measures the figure.",
    "{} 已生成：在 JupyterLab 里打开；最后一个单元测量指标。",
)
