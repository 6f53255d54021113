"""Cards that one can learn from: one fact, no yes or no, few words. Anki keeps their history."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.interview.anki import write_deck
from prodgen_lib.interview.cards import mistake_cards, point_cards, question_card
from prodgen_lib.questions import Text, load_bank

ROOT = Path(__file__).resolve().parents[2]
BANK = load_bank(ROOT / "chapters")
MOST_WORDS, MOST_SIGNS = 60, 190  # of an answer, in English and in Chinese
YES_OR_NO = re.compile(
    r"(is|are|does|do|did|can|could|may|might|must|should|will|would|has|have|was|were)\b", re.I
)


def words(text: str) -> int:
    """Words and numbers; single letters and signs of a formula are none, apart from a and I."""
    found = [part for part in text.split() if re.fullmatch(r"[aI]|.*\d.*|.*[A-Za-z]{2}.*", part)]
    return len([part for part in found if not re.fullmatch(r"\W*\w_\w\W*", part)])


def last_question(text: str) -> str:
    """What a title asks last: its last sentence, or the last part of it."""
    return re.split(r"(?<=[.?!;])\s+|, and ", text)[-1]


def test_words_are_counted_without_the_signs_of_a_formula():
    assert words("Write z = μ + σ·ε with x_t = 3, then a sum.") == 6


@pytest.mark.parametrize("question", BANK.values(), ids=lambda question: question.id)
def test_the_answer_of_a_card_is_short_and_no_yes_or_no(question):
    back = question_card(question).back
    assert words(back.en) <= MOST_WORDS, words(back.en)
    assert len(back.zh) <= MOST_SIGNS, len(back.zh)
    assert not YES_OR_NO.match(last_question(question.title.en)), question.title.en
    assert not re.search(r"吗？$", question.title.zh), question.title.zh
    assert not re.match(r"(yes|no|not necessarily)\b", back.en, re.I)


def test_a_card_of_a_point_asks_for_one_fact():
    """Its front has all the others, its back is the one left out: a sentence or two."""
    missed = [(question.id, point.id) for question in BANK.values() for point in question.points]
    cards = point_cards(BANK, missed)
    assert len(cards) == len(missed)
    for card in cards:
        assert len(card.back.en.split()) <= 32, card.id
        assert card.back.en not in card.front.en and card.back.zh not in card.front.zh, card.id
        assert len(re.findall(r"[.?!](?=\s+[A-Z])", card.back.en)) <= 1, card.id


def test_a_card_of_a_mistake_is_short():
    attempts = [
        {"exercise": exercise.id, "wrong": wrong.name}
        for topic in topics()
        for exercise in load_exercises(topic).values()
        for wrong in exercise.wrong
    ]
    cards = mistake_cards(attempts)
    assert len(cards) > 1000
    assert [card.id for card in cards if words(card.back.en) > MOST_WORDS] == []


def test_every_card_has_an_id_of_its_own():
    missed = [(question.id, point.id) for question in BANK.values() for point in question.points]
    cards = [*map(question_card, BANK.values()), *point_cards(BANK, missed)]
    assert len({card.id for card in cards}) == len(cards)


def test_a_newer_deck_over_an_older_one_keeps_the_history_in_anki(tmp_path):
    """With Anki's own engine: text changes, a note is new, reviews and intervals stay."""
    anki = pytest.importorskip("anki.collection")
    first, second, *_ = BANK.values()
    older, newer = tmp_path / "older.apkg", tmp_path / "newer.apkg"
    write_deck([first], older, language="en")
    time.sleep(1.1)  # Anki tells newer notes by the second
    write_deck(
        [replace(first, short=Text("Said anew.", "换了说法。")), second], newer, language="en"
    )
    collection = anki.Collection(str(tmp_path / "collection.anki2"))
    try:
        request = anki.ImportAnkiPackageRequest
        collection.import_anki_package(request(package_path=str(older)))
        (card_id,) = collection.find_cards("")
        card = collection.get_card(card_id)
        card.start_timer()
        collection.sched.answerCard(card, 4)
        before = collection.get_card(card_id)
        collection.import_anki_package(request(package_path=str(newer)))
        after = collection.get_card(card_id)
        assert len(collection.find_cards("")) == 2
        assert "Said anew." in after.note().fields[4]
        assert (after.ivl, after.due, after.reps) == (before.ivl, before.due, before.reps)
        assert after.reps == 1 and after.ivl >= 1
        assert collection.db.scalar("select count(*) from revlog where cid = ?", card_id) == 1
    finally:
        collection.close()
