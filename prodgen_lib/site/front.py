"""The first page of each language, with the tree of all pages."""

from __future__ import annotations

import re
from pathlib import Path

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.language import Text
from prodgen_lib.course.contents import exercises
from prodgen_lib.course.project import read_text
from prodgen_lib.questions import load_bank
from prodgen_lib.site.markdown import Pages, directive, table, toctree
from prodgen_lib.site.words import chapter_title, chapters, topic_title

WELCOME = Text(
    """# prodgen

A hands-on interview course on generative models for product images, in PyTorch and TensorFlow.
This site is for reading: the text, the code, the executed outputs, and {exercises} exercises with
hints and solutions. To write answers of your own and have them checked, install the course:
`prodgen learn` opens the notebooks.

Where the frameworks differ, choose a tab once: every page follows.""",
    """# prodgen

面向商品图像生成模型的动手面试课程，用 PyTorch 和 TensorFlow 编写。
这个网站供阅读：已译成中文的各章连同代码和运行结果，
{questions} 道面试题，{exercises} 道练习的提示与常见错误，以及术语表。还没有译出的章节见英文页。

想自己写答案并得到检查：安装课程后运行 `prodgen learn --language zh`。

两个框架不同之处，选一次标签，所有页面都随之切换。""",
)
CAPTIONS = {
    "chapters": Text("Chapters", "章节"),
    "practise": Text("Practise", "练习"),
    "mistakes": Text("Mistakes people make", "常见错误"),
    "measured": Text("Measured", "测量"),
    "docs": Text("Documents", "文档"),
}
MADE = "docs/made.png"
HEADS = {
    "en": ("Chapter", "Exercises", "Minutes to read", "Minutes to write"),
    "zh": ("章节", "练习", "阅读（分钟）", "编写（分钟）"),
}


def front_page(root: Path, pages: Pages, language: str) -> str:
    """Welcome, the chapters as a table, and the tree of pages."""
    count = sum(len(load_exercises(topic)) for topic in topics())
    welcome = WELCOME.in_(language).format(
        exercises=count, questions=len(load_bank(root / "chapters"))
    )
    groups = {
        "chapters": _below(pages, "chapters"),
        "practise": {"questions/index": "", "glossary": ""},
        "mistakes": {
            page: topic_title(page.partition("/")[2]).in_(language)
            for page in _below(pages, "mistakes")
        },
        "measured": _below(pages, "measured"),
        "docs": _below(pages, "docs"),
    }
    trees = [
        toctree(names, CAPTIONS[group].in_(language), maxdepth="1", **_hidden(group))
        for group, names in groups.items()
        if names
    ]
    first = [_picture(root)] if language == "en" else []
    table = [_table(root, language)] if groups["chapters"] else []
    return "\n\n".join([welcome, *filter(None, first), *table, *trees])


def _picture(root: Path) -> str:
    """What the models make, with the words that the README has for it."""
    words = re.search(rf"!\[([^\]]*)\]\({MADE}\)", read_text(root / "README.md"))
    alt = " ".join(words[1].split()) if words else ""
    return directive("image", f"/figures/{Path(MADE).name}", "", alt=alt)


def _below(pages: Pages, folder: str) -> dict[str, str]:
    return {page: "" for page in pages if page.startswith(f"{folder}/")}


def _hidden(group: str) -> dict[str, str]:
    """The chapters stand in a table already."""
    return {"hidden": ""} if group == "chapters" else {}


def _table(root: Path, language: str) -> str:
    rows = []
    for chapter in chapters(root, language):
        asked = exercises(chapter) if chapter.frameworks else []
        minutes = sum(one.minutes for one in asked)
        link = f"[{chapter_title(chapter)}](chapters/{chapter.name}.md)"
        rows.append([link, *(str(n or "–") for n in (len(asked), chapter.minutes, minutes))])
    return table(HEADS[language], rows)
