"""A lesson for each chapter, in which every heading, id, link and command exists."""

import itertools
import re
from pathlib import Path

import click
import pytest

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.cli import main
from prodgen_lib.course.chapter import chapter_files
from prodgen_lib.questions import load_bank

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/lessons"
CHAPTERS = [path.stem for path in chapter_files(ROOT) if re.match(r"(?!00)\d\d_", path.stem)]
BANK = load_bank(ROOT / "chapters")
MOST_WORDS = 650  # a page and a half


def lesson(name):
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def anchor(heading):
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def headings(path):
    text = re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))
    return {anchor(one): one for one in re.findall(r"(?m)^#{1,4} (.+)$", text)}


def is_exercise(name):
    try:
        return find_exercise(name).id == name
    except ValueError:
        return False


def test_each_chapter_has_a_lesson():
    assert {path.stem for path in FOLDER.glob("*.md")} >= set(CHAPTERS)


@pytest.mark.parametrize("name", CHAPTERS)
def test_its_links_lead_to_headings_that_are_called_so(name):
    links = re.findall(r"\[([^\]]+)\]\(([^)#\s]+)(?:#([^)]+))?\)", lesson(name))
    assert len(links) >= 8
    for words, address, part in links:
        target = (FOLDER / address).resolve()
        assert target.is_file(), address
        if part:
            assert headings(target).get(part) == words, (words, part)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_id_is_an_exercise_or_a_question_of_the_course(name):
    ids = set(re.findall(r"`([a-z]+\.[a-z_]+)`", lesson(name)))
    unknown = {one for one in ids if one not in BANK and not is_exercise(one)}
    assert not unknown
    columns = re.findall(r"(?m)^\| \d+–\d+ \| .* \| (.+) \|$", lesson(name))
    asked = {one for column in columns for one in re.findall(r"`([^`]+)`", column)}
    assert len(asked) >= 6 and asked <= BANK.keys()


@pytest.mark.parametrize("name", CHAPTERS)
def test_known_wrong_answers_are_those_of_their_exercises(name):
    part = lesson(name).partition("## Where they will go wrong")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `([^`]+)` \| (.+?) \| .+ \|$", part)
    assert len(rows) >= 3
    for exercise, column in rows:
        about = find_exercise(exercise)
        known = {wrong.name for wrong in (*about.wrong, *about.others)}
        named = re.findall(r"\*([^*]+)\*", column)
        assert len(named) >= 2 and set(named) <= known, (exercise, set(named) - known)


@pytest.mark.parametrize("name", CHAPTERS)
def test_minutes_add_up_and_the_page_is_short(name):
    text = lesson(name)
    spans = [tuple(map(int, one)) for one in re.findall(r"(?m)^\| (\d+)–(\d+) \|", text)]
    ends = [end for _, end in spans]
    first = ends.index(50) + 1
    assert spans[0][0] == 0 and ends[-1] == 100
    for part in (spans[:first], spans[first:]):
        assert all(a < b for a, b in part)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(part))
    assert int(re.search(r"up to minute (\d+)", text)[1]) == spans[first][0] == spans[first - 1][0]
    assert len(re.sub(r"\]\([^)]*\)", "]", text).split()) <= MOST_WORDS
    for head in ("50 minutes", "100 minutes", "Where they will go wrong", "At the board"):
        assert f"\n## {head}\n" in text
    assert is_exercise(re.search(r"## At the board\n\n`([^`]+)`", text)[1])


@pytest.mark.parametrize("name", CHAPTERS)
def test_its_commands_exist_and_name_its_chapter(name):
    commands = re.findall(r"`prodgen ([^`]+)`", lesson(name))
    assert {one.split()[0] for one in commands} >= {"slides", "release"}
    for text in commands:
        word, *given = text.split()
        command = main.get_command(click.Context(main), word)
        assert command is not None, word
        options = {o for param in command.params for o in param.opts}
        for one in given:
            assert one in options or one == name[:2], text
