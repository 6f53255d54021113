"""Signs and terms in all Chinese of the course, and English that was left where Chinese stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.source import FRAMEWORKS, PACKAGE
from prodgen_lib.course.chinese import parse
from prodgen_lib.course.chinese_task import chosen
from prodgen_lib.course.project import read_text
from prodgen_lib.course.punctuation import avoided, chinese_of, signs, terms
from prodgen_lib.questions import load_questions
from prodgen_lib.site import tables

ROOT = Path(__file__).resolve().parents[2]
BANK = sorted((ROOT / "chapters").glob("*.yaml"))
WRITTEN = [
    *sorted((ROOT / "chapters").glob("*.zh.md")),
    *sorted(PACKAGE.glob("exercises/*/zh/*.md")),
]
# What the bank folds from two lines: the space goes when `LINE_ENDS` knows brackets, which changes
# the text of notebooks. And a word of the bank that the glossary does not have.
FOLD = re.compile(" (?=（)|(?<=）) ")


@pytest.mark.parametrize("path", BANK, ids=lambda path: path.stem)
def test_the_bank_keeps_the_rule_and_the_glossary(path):
    for question in load_questions(path):
        for text in chinese_of(question):
            assert not list(signs(FOLD.sub("", text))), question.id
            assert not list(terms(text)), question.id


@pytest.mark.parametrize("topic", topics())
def test_hints_messages_and_mistakes_keep_the_rule_and_the_glossary(topic):
    for exercise in load_exercises(topic).values():
        for text in chinese_of((exercise.hints, exercise.messages, exercise.wrong)):
            assert not list(signs(text)), exercise.id
            assert not list(terms(text)), exercise.id


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_chapters_and_tasks_keep_the_rule_and_the_glossary(path):
    for one in parse(read_text(path)):
        for text in {chosen(one.text, framework) for framework in FRAMEWORKS}:
            assert not list(signs(text)), one.digest
            assert not list(terms(text)), one.digest


def test_the_glossary_keeps_its_own_rule():
    for text in chinese_of(tables.terms()):
        assert not list(signs(text)) and not list(terms(text)), text


def test_a_word_to_avoid_belongs_to_one_term_and_is_none():
    entries = yaml.safe_load(read_text(tables.GLOSSARY))
    words = [word for one in entries for word in one.get("avoid", ())]
    assert len(words) == len(set(words)) == len(avoided()) >= 50
    assert not set(words) & {one["name"]["zh"] for one in entries}


INTERFACE = re.compile(r'Text\(\s*(?:"[^"]*"|\'[^\']*\')\s*,\s*"([^"]*)"')


def test_the_words_of_the_program_keep_the_rule():
    for path in sorted(PACKAGE.rglob("*.py")):
        for text in INTERFACE.findall(path.read_text(encoding="utf-8")):
            plain = re.sub(r"\{[^{}]*\}", "x", text)
            assert not list(terms(plain)), f"{path}: {text}"
            wrong = [one for one in signs(plain) if not one.startswith("no space")]
            assert not wrong, f"{path}: {wrong}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("先看图,再答", "half width"),
        ("看图 ，再答", "a space beside full width"),
        ("看图， 再答", "a space beside full width"),
        ("用GPU训练", "no space"),
        ("用 `check`检查", "no space"),
        ("图片 很多", "a space inside Chinese"),
        ("图片(很多)", "half-width brackets"),
        ("图片.", "full stop"),
        ('说"好"', "straight quotes"),
        ("等等…", "ellipsis"),
        ("模式崩塌了", "the glossary says 模式坍塌"),
    ],
)
def test_what_breaks_the_rule_is_named(text, what):
    assert any(what in one for one in [*signs(text), *terms(text)])


@pytest.mark.parametrize(
    "text",
    [
        "用 `check` 检查 3 次，得到 $x$。",
        "形状 (N, 3)，区间 [0, 1]，共 1,000 张（约 30%）。",
        "1. **训练。** 然后看 (真图, y) 和 max(余弦, 0)。",
        "见[论文](https://a.org)：比例 3:4……",
        '达到时是 "budget"。否则是 "gain"：它们',
        "| 甲 | 乙 |\n|---|---|\n| 一。 | 二 |",
    ],
)
def test_what_keeps_the_rule_passes(text):
    assert not list(signs(text))
