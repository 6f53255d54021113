"""What commands say in Chinese: all that learners are told is there, and nothing that is old."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.cli import main
from prodgen_lib.course.correspond import CHINESE
from prodgen_lib.course.interface import in_chinese, table
from prodgen_lib.course.punctuation import signs

SAYS = {"CourseError", "echo", "Finding", "say", "typed", "spoken"}
LEARNERS = [
    "cli.py",
    *(
        f"course/{one}.py"
        for one in ("project", "work", "learn", "grade", "doctor", "run", "drill")
    ),
    *(
        f"interview/{one}.py"
        for one in ("cli", "terminal", "desk", "history", "preparation", "anki")
    ),
    *(f"classroom/{one}.py" for one in ("cli", "release")),
]
COMPOSED = {
    "no photographs: {}",
    "{} notebook graded.",
    "{} notebooks graded.",
    "{} notebook graded, {} were graded before.",
    "{} notebooks graded, {} were graded before.",
}
CLICK = {"Options", "Commands", "Show this message and exit.", "Error: {}", "A framework"}
NOT_FOR_LEARNERS = (
    *("TODO", "pages, {} in Chinese", "is missing or damaged", "A question shows", "Two pictures"),
    "prodgen practice drill {}",
)


def form(node: ast.expr) -> str:
    """A string with ``{}`` for what varies; empty for what is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
    return ""


def forms(path: Path) -> Iterator[tuple[str, str]]:
    """Every string of a module, with the function that it is given to, if any."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from ((name, form(one)) for one in node.args)
        elif isinstance(node, ast.expr):
            yield "", form(node)


@cache
def all_forms() -> set[str]:
    found = {text for path in PACKAGE.rglob("*.py") for _, text in forms(path)}
    return {" ".join(re.sub(r"\{[^{}]*\}", "{}", text).split()) for text in found}


@cache
def helps() -> set[str]:
    """Every paragraph of help, and every line beside an option."""

    def walk(command: click.Command) -> Iterator[str]:
        for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
            yield paragraph.strip("\b\n") if "\b" in paragraph else " ".join(paragraph.split())
        yield command.short_help or ""
        yield from (" ".join((getattr(one, "help", "") or "").split()) for one in command.params)
        for inner in getattr(command, "commands", {}).values():
            yield from walk(inner)

    return {text for text in walk(main) if text}


@pytest.mark.parametrize("file", LEARNERS)
def test_what_learners_are_told_is_in_the_table(file):
    told = [text for name, text in forms(PACKAGE / file) if name in SAYS and " " in text.strip()]
    words = [t for t in told if re.search(r"[a-z]{2,} [a-z]{2,}", re.sub(r"`.*?`", "", t))]
    english = [t for t in words if not CHINESE.search(in_chinese(t.replace("{}", "x")))]
    assert [t for t in english if not any(one in t for one in NOT_FOR_LEARNERS)] == []


def test_all_help_is_in_the_table():
    examples = [text for text in helps() if text.startswith("Example")]
    missing = [text for text in helps() - set(examples) if text not in table()]
    assert missing == [] and len(examples) > 5


def test_every_sentence_of_the_table_is_still_said():
    known = all_forms() | helps() | CLICK | {"Examples:", "Example:"}
    plain = {re.sub(r"\{[^{}]*\}", "{}", one) for one in known}
    pieces = "\n".join(plain)
    old = [one for one in table() if one not in plain and " ".join(one.split()) not in pieces]
    assert {one for one in old if not _in_parts(one, plain)} <= COMPOSED


def _in_parts(sentence: str, plain: set[str]) -> bool:
    """Whether a sentence is put together from what stands in the sources."""
    parts = [part.strip(" .:,()") for part in sentence.split("{}")]
    return all(any(part in one for one in plain) for part in parts if len(part) > 3)


def test_chinese_of_the_table_keeps_the_rule_and_its_places():
    for english, chinese in table().items():
        assert len(re.findall(r"\{\d?\}", chinese)) == english.count("{}"), english
        text = re.sub(r"\{\d?\}", "x", chinese)
        if "\n" not in chinese:
            assert not list(signs(text)), chinese


def test_what_varies_stays_and_a_sentence_in_a_sentence_is_said_too():
    assert in_chinese("Error: a.ipynb does not exist.") == "错误：a.ipynb 不存在。"
    assert in_chinese("\n3 of 20 minutes.\n") == "\n用时 3 分钟，限时 20 分钟。\n"
    assert in_chinese("Nobody ever said this.") == "Nobody ever said this."


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_and_mistakes_are_in_the_readers_language(language, monkeypatch, tmp_path):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path))
    monkeypatch.setenv("PRODGEN_LANGUAGE", language)
    text = CliRunner().invoke(main, ["learn", "--help"]).output
    assert ("用法：" in text and "选项：" in text) == (language == "zh")
    assert ("Usage: " in text) == (language == "en") and "--copy-only" in text
    wrong = CliRunner().invoke(main, ["--root", str(tmp_path), "reset", "99"])
    assert wrong.exit_code == 1
    said = wrong.output.replace("\n", " ")
    assert ("不是课程" in said) == (language == "zh") and ("is not the course" in said) == (
        language == "en"
    )
