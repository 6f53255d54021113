"""The question bank: what a question holds, and reading it from YAML with clear complaints."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodgen_lib.checking.language import Text
from prodgen_lib.questions.fields import (
    Faulty,
    fields_of,
    list_of,
    one_of,
    read_yaml,
    string,
    text,
    whole,
)

LEVELS = ("junior", "senior", "expert")
KINDS = ("concept", "design", "debug", "program")
THRESHOLDS = {"junior": 0.3, "senior": 0.6, "expert": 0.85}  # of the weighted share of points
FEWEST, MOST = 4, 7  # points of a question
ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
REFERENCE = re.compile(r"(arXiv:\d{4}\.\d{4,5}|doi:10\.\d{4,9}/\S+)")


@dataclass(frozen=True)
class FollowUp:
    """What an interviewer asks next, and an answer."""

    question: Text
    answer: Text


@dataclass(frozen=True)
class Source:
    """A paper: its title, and `arXiv:…` or `doi:…`."""

    title: str
    reference: str

    @property
    def link(self) -> str:
        kind, _, number = self.reference.partition(":")
        return f"https://{'arxiv.org/abs' if kind == 'arXiv' else 'doi.org'}/{number}"


@dataclass(frozen=True)
class Point:
    """One thing that an answer may say, to be ticked: it was said, or it was not.

    `id` is unique in its question and never changes: cards hang on it. `level` is that of a
    candidate from whom it is expected, `weight` what it counts; `asks` is the number of the
    follow-up that leads to it, 0 where none does.
    """

    id: str
    level: str
    weight: int
    text: Text
    asks: int = 0


@dataclass(frozen=True)
class Question:
    """One interview question.

    `id` never changes, whatever the wording: review histories hang on it. `level` is that of a
    candidate from whom a good answer is expected. `rubric` says, for each of `LEVELS`, what an
    answer at that level contains. `shown_by` names an exercise (`gan.train_step`) or a heading of
    the chapter; it is empty where the course shows nothing of the kind. `points` are the
    checklist, where one is written. `kind` is one of `KINDS`; `minutes` are those of an interview,
    0 for what is usual. `case` is what the candidate is given besides the title, in Markdown: the
    situation of a design, the curves of a broken run.
    """

    id: str
    level: str
    topics: tuple[str, ...]
    title: Text
    short: Text
    full: Text
    rubric: dict[str, Text]
    follow_ups: tuple[FollowUp, ...]
    mistakes: tuple[Text, ...]
    shown_by: str
    sources: tuple[Source, ...]
    points: tuple[Point, ...] = ()
    kind: str = KINDS[0]
    minutes: int = 0
    case: Text | None = None

    @property
    def subject(self) -> str:
        """What it is about in a word, such as ``gan``."""
        return self.id.partition(".")[0]

    def share(self, said: Collection[str]) -> float:
        """The weighted share, 0 to 1, of the points whose ids are among `said`."""
        whole = sum(point.weight for point in self.points)
        return sum(point.weight for point in self.points if point.id in said) / max(1, whole)

    def score(self, said: Collection[str]) -> int:
        """The level that the points said make: 0 for none, 1 to 3 for each of `LEVELS`."""
        share = self.share(said)
        return sum(share >= THRESHOLDS[level] for level in LEVELS)

    def missed(self, said: Collection[str]) -> list[Point]:
        """The points not said, the heaviest first."""
        missed = [point for point in self.points if point.id not in said]
        return sorted(missed, key=lambda point: -point.weight)


OPTIONAL = ("points", "kind", "minutes", "case")
REQUIRED = tuple(name for name in Question.__dataclass_fields__ if name not in OPTIONAL)


def load_questions(path: str | Path) -> tuple[Question, ...]:
    """The questions of a chapter. Raises ValueError, naming file, question and field."""
    path = Path(path)
    try:
        raw = read_yaml(path)
    except FileNotFoundError:
        raise ValueError(f"There is no question file {path}.") from None
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"{path.name} must hold a list of questions, each beginning `- id:`.")
    questions: list[Question] = []
    for number, entry in enumerate(raw, start=1):
        name = entry.get("id") if isinstance(entry, dict) else None
        try:
            questions.append(_question(entry))
            if name in {question.id for question in questions[:-1]}:
                raise Faulty("id", "is used twice; every question has its own")
        except Faulty as fault:
            raise ValueError(f"{path.name}, {name or f'question {number}'}, {fault}.") from None
    return tuple(questions)


def load_bank(chapters: str | Path) -> dict[str, Question]:
    """All questions of a folder of chapters by id, chapter by chapter. Raises ValueError."""
    bank: dict[str, Question] = {}
    for path in sorted(Path(chapters).glob("*.yaml")):
        for question in load_questions(path):
            if question.id in bank:
                raise ValueError(f"{path.name}, {question.id}, id: another chapter uses it too.")
            bank[question.id] = question
    if not bank:
        raise ValueError(
            f"There are no questions in {chapters}: expected files such as 06_gan.yaml."
        )
    return bank


def _question(entry: Any) -> Question:
    fields = fields_of(entry, "question", REQUIRED, OPTIONAL)
    identity, level = string(fields["id"], "id"), string(fields["level"], "level")
    if not ID.fullmatch(identity):
        raise Faulty("id", f"{identity!r} is not like gan.mode_collapse (a-z, 0-9, _)")
    one_of(level, "level", LEVELS)
    rubric = fields_of(fields["rubric"], "rubric", LEVELS)
    return Question(
        id=identity,
        level=level,
        topics=list_of(fields["topics"], "topics", string),
        title=text(fields["title"], "title"),
        short=text(fields["short"], "short"),
        full=text(fields["full"], "full"),
        rubric={level: text(rubric[level], f"rubric.{level}") for level in LEVELS},
        follow_ups=list_of(fields["follow_ups"], "follow_ups", _follow_up, least=2),
        mistakes=list_of(fields["mistakes"], "mistakes", text),
        shown_by=_pointer(fields["shown_by"]),
        sources=list_of(fields["sources"], "sources", _source),
        points=_points(fields.get("points", [])),
        kind=one_of(fields.get("kind", KINDS[0]), "kind", KINDS),
        minutes=whole(fields.get("minutes", 0), "minutes", 0, 60),
        case=text(fields["case"], "case") if "case" in fields else None,
    )


def _points(value: Any) -> tuple[Point, ...]:
    """None, or 4 to 7 with ids of their own."""
    if value == []:
        return ()
    points = list_of(value, "points", _point, least=FEWEST)
    if len(points) > MOST:
        raise Faulty("points", f"must be a list of {FEWEST} to {MOST}")
    if len({point.id for point in points}) < len(points):
        raise Faulty("points", "an id is used twice; every point has its own")
    return points


def _point(value: Any, place: str) -> Point:
    fields = fields_of(value, place, ("id", "level", "weight", "en", "zh"), ("asks",))
    name = string(fields["id"], f"{place}.id")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise Faulty(f"{place}.id", f"{name!r} is not like latent_code (a-z, 0-9, _)")
    return Point(
        name,
        one_of(fields["level"], f"{place}.level", LEVELS),
        whole(fields["weight"], f"{place}.weight", 1, 5),
        text({"en": fields["en"], "zh": fields["zh"]}, place),
        whole(fields.get("asks", 0), f"{place}.asks", 0, 9),
    )


def _pointer(value: Any) -> str:
    return "" if value == "" else string(value, "shown_by")


def _follow_up(value: Any, place: str) -> FollowUp:
    fields = fields_of(value, place, ("question", "answer"))
    return FollowUp(
        text(fields["question"], f"{place}.question"), text(fields["answer"], f"{place}.answer")
    )


def _source(value: Any, place: str) -> Source:
    fields = fields_of(value, place, ("title", "reference"))
    reference = string(fields["reference"], f"{place}.reference")
    if not REFERENCE.fullmatch(reference):
        raise Faulty(f"{place}.reference", f"{reference!r} is not like arXiv:1406.2661 or doi:10…")
    return Source(string(fields["title"], f"{place}.title"), reference)
