"""Sample answers: every one is as long as people speak, and its reference mark makes its level."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from prodgen_lib.questions import LEVELS, load_bank
from prodgen_lib.questions.samples import load_samples

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
BANK = load_bank(CHAPTERS)
SAMPLES = load_samples(CHAPTERS, BANK)


def test_there_are_answers_to_questions_of_all_kinds():
    asked = [BANK[name] for name in SAMPLES]
    assert len(asked) >= 24
    assert len({question.subject for question in asked}) >= 10
    assert {question.level for question in asked} == {"junior", "senior", "expert"}
    assert {question.kind for question in asked} >= {"concept", "design", "debug"}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_reference_puts_the_levels_in_order(name):
    scores = [BANK[name].score(sample.says) for sample in SAMPLES[name]]
    assert scores == [1, 2, 3]
    assert [sample.level for sample in SAMPLES[name]] == ["junior", "senior", "expert"]


@pytest.mark.parametrize("name", SAMPLES)
def test_an_answer_is_as_long_as_one_speaks_for_a_minute(name):
    for sample in SAMPLES[name]:
        assert 60 <= len(sample.text.en.split()) <= 150, sample.level
        assert 90 <= len(sample.text.zh) <= 330, sample.level
        assert len(set(sample.says)) == len(sample.says)


def test_both_languages_give_the_same_figures():
    """Numbers with a decimal point are not spelt out in either language."""
    for name, samples in SAMPLES.items():
        for sample in samples:
            found = [
                Counter(re.findall(r"\d+\.\d+", words.replace("99.5th", "99.5")))
                for words in (sample.text.en, sample.text.zh)
            ]
            assert found[0] == found[1], (name, sample.level)


def test_no_answer_is_used_twice():
    texts = [sample.text.en for samples in SAMPLES.values() for sample in samples]
    assert len(set(texts)) == len(texts)


GOOD = {"says": ["mean_variance"], "en": "A code.", "zh": "编码。"}


def three(**changed) -> dict:
    return {"vae.what_is_it": {level: {**GOOD, **changed} for level in LEVELS}}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"vae.gone": {}}, "vae.gone, id: there is no such question"),
        ({"vae.what_is_it": {"junior": GOOD}}, "answers: senior is missing"),
        (three(en=""), "junior.en: must be text"),
        (three(says=["x"]), "junior.says: 'x' is not one of mean_variance"),
        (["list"], "must hold the answers"),
    ],
)
def test_a_faulty_file_is_named(tmp_path, content, complaint):
    (tmp_path / "samples").mkdir()
    file = tmp_path / "samples" / "05_vae.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ValueError, match=f"05_vae.yaml.*{complaint}"):
        load_samples(tmp_path, BANK)
