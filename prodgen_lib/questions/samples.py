"""Sample answers to questions, written as people speak, with the points that each one says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodgen_lib.checking.language import Text
from prodgen_lib.questions.bank import LEVELS, Question
from prodgen_lib.questions.fields import Faulty, fields_of, list_of, one_of, read_yaml, string, text

FOLDER = "samples"  # inside that of the chapters


@dataclass(frozen=True)
class Sample:
    """An answer of someone at `level`; `says` are the ids of the points in it, the reference mark.

    The text holds the same points in both languages.
    """

    level: str
    says: tuple[str, ...]
    text: Text


def load_samples(
    chapters: str | Path, bank: Mapping[str, Question]
) -> dict[str, tuple[Sample, ...]]:
    """The answers to each question that has some, lowest level first, in the bank's order.

    They are in one file a chapter, in the folder ``samples``. Raises ValueError, naming file,
    question and field.
    """
    found: dict[str, tuple[Sample, ...]] = {}
    for path in sorted(Path(chapters, FOLDER).glob("*.yaml")):
        raw = read_yaml(path)
        if not isinstance(raw, dict):
            raise ValueError(f"{path.name} must hold the answers to each question by its id.")
        for name, answers in raw.items():
            try:
                if name not in bank:
                    raise Faulty("id", "there is no such question")
                found[name] = _answers(answers, bank[name])
            except Faulty as fault:
                raise ValueError(f"{FOLDER}/{path.name}, {name}, {fault}.") from None
    return {name: found[name] for name in bank if name in found}


def _answers(value: Any, question: Question) -> tuple[Sample, ...]:
    fields = fields_of(value, "answers", LEVELS)
    return tuple(_sample(level, fields[level], question) for level in LEVELS)


def _sample(level: str, value: Any, question: Question) -> Sample:
    known = tuple(point.id for point in question.points)
    fields = fields_of(value, level, ("says", "en", "zh"))
    says = list_of(fields["says"], f"{level}.says", string)
    for name in says:
        one_of(name, f"{level}.says", known)
    return Sample(level, says, text({"en": fields["en"], "zh": fields["zh"]}, level))
