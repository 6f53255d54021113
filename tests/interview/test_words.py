"""What practice says is there in both languages, with the same places to fill."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from prodgen_lib.checking.language import Text
from prodgen_lib.cli import main
from prodgen_lib.interview import progress_page, prompts, recorder, transcript, words

ROOT = Path(__file__).resolve().parents[2]
SAME = {"PyTorch", "TensorFlow", "{} / {}"}


def texts(module) -> dict[str, Text]:
    found = {}
    for name, value in vars(module).items():
        for key, text in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(text, Text):
                found[f"{name} {key}".strip()] = text
    return found


def places(text: str) -> list[str]:
    """The places to fill in order of their numbers, as many as there are."""
    numbers = re.findall(r"\{(\d*)[^}]*\}", text)
    return sorted(number or str(place) for place, number in enumerate(numbers))


@pytest.mark.parametrize("module", [words, prompts, progress_page, recorder, transcript])
def test_each_text_is_in_both_languages_and_fills_the_same(module):
    found = texts(module)
    assert len(found) >= 4
    for name, text in found.items():
        assert text.zh in SAME or re.search("[一-鿿]", text.zh), name
        assert places(text.en) == places(text.zh), name


def test_a_terminal_asks_in_chinese(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PRODGEN_LANGUAGE", "zh")

    def run(*arguments, keys=""):
        command = ["--root", str(ROOT), "practice", *arguments]
        return CliRunner().invoke(main, command, input=keys, catch_exceptions=False).output

    asked = run("cards", keys="\nx\n3\nq\n")
    asked += run(
        "mock", "--seed", "3", "--transcript", str(tmp_path / "t.md"), keys="\n9\n\n\n0\nq\n"
    )
    asked += run("progress", str(tmp_path / "p.html")) + run("plan")
    asked += run("backup", str(tmp_path / "b.db")) + run("export", str(tmp_path / "e.json"))
    english = re.compile(
        r"Enter|Type one|How well|comes again|Which|At which|No day|holds|is a copy"
    )
    assert not english.findall(asked)
    for said in ("按回车", "你掌握得怎样", "下次出现", "你说到了哪些", "还没有设定日期", "副本"):
        assert said in asked, said
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<h1>进度</h1>" in page and 'html lang="zh"' in page and "Cells run" not in page
