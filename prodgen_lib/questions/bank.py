"""The question bank: what a question holds, and reading it from YAML with clear complaints."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from prodgen_lib.checking.language import Text

LEVELS = ("junior", "senior", "expert")
KINDS = ("concept", "design", "debug")
THRESHOLDS = {"junior": 0.3, "senior": 0.6, "expert": 0.85}  # of the weighted share of points
FEWEST, MOST = 4, 7  # points of a question
ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
REFERENCE = re.compile(r"(arXiv:\d{4}\.\d{4,5}|doi:10\.\d{4,9}/\S+)")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINE_ENDS = re.compile(r"(?<=[。，；：？！、（]) | (?=[。，；：？！、）])|(?<=[一-鿿]) (?=[一-鿿])")


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


class _Faulty(ValueError):
    """A field that is not as it should be; the place is put in front on the way out."""

    def __init__(self, place: str, complaint: str) -> None:
        super().__init__(f"{place}: {complaint}")
        self.place, self.complaint = place, complaint


def load_questions(path: str | Path) -> tuple[Question, ...]:
    """The questions of a chapter. Raises ValueError, naming file, question and field."""
    path = Path(path)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"There is no question file {path}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"{path.name} must hold a list of questions, each beginning `- id:`.")
    questions: list[Question] = []
    for number, entry in enumerate(raw, start=1):
        name = entry.get("id") if isinstance(entry, dict) else None
        try:
            questions.append(_question(entry))
            if name in {question.id for question in questions[:-1]}:
                raise _Faulty("id", "is used twice; every question has its own")
        except _Faulty as fault:
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
    fields = _fields(entry, "question", REQUIRED, OPTIONAL)
    identity, level = _string(fields["id"], "id"), _string(fields["level"], "level")
    if not ID.fullmatch(identity):
        raise _Faulty("id", f"{identity!r} is not like gan.mode_collapse (a-z, 0-9, _)")
    _one_of(level, "level", LEVELS)
    rubric = _fields(fields["rubric"], "rubric", LEVELS)
    return Question(
        id=identity,
        level=level,
        topics=_list(fields["topics"], "topics", _string),
        title=_text(fields["title"], "title"),
        short=_text(fields["short"], "short"),
        full=_text(fields["full"], "full"),
        rubric={level: _text(rubric[level], f"rubric.{level}") for level in LEVELS},
        follow_ups=_list(fields["follow_ups"], "follow_ups", _follow_up, least=2),
        mistakes=_list(fields["mistakes"], "mistakes", _text),
        shown_by=_pointer(fields["shown_by"]),
        sources=_list(fields["sources"], "sources", _source),
        points=_points(fields.get("points", [])),
        kind=_one_of(fields.get("kind", KINDS[0]), "kind", KINDS),
        minutes=_whole(fields.get("minutes", 0), "minutes", 0, 60),
        case=_text(fields["case"], "case") if "case" in fields else None,
    )


def _points(value: Any) -> tuple[Point, ...]:
    """None, or 4 to 7 with ids of their own."""
    if value == []:
        return ()
    points = _list(value, "points", _point, least=FEWEST)
    if len(points) > MOST:
        raise _Faulty("points", f"must be a list of {FEWEST} to {MOST}")
    if len({point.id for point in points}) < len(points):
        raise _Faulty("points", "an id is used twice; every point has its own")
    return points


def _point(value: Any, place: str) -> Point:
    fields = _fields(value, place, ("id", "level", "weight", "en", "zh"), ("asks",))
    name = _string(fields["id"], f"{place}.id")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise _Faulty(f"{place}.id", f"{name!r} is not like latent_code (a-z, 0-9, _)")
    return Point(
        name,
        _one_of(fields["level"], f"{place}.level", LEVELS),
        _whole(fields["weight"], f"{place}.weight", 1, 5),
        _text({"en": fields["en"], "zh": fields["zh"]}, place),
        _whole(fields.get("asks", 0), f"{place}.asks", 0, 9),
    )


def _one_of(value: Any, place: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _Faulty(place, f"{value!r} is not one of {', '.join(known)}")
    return value


def _whole(value: Any, place: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _Faulty(place, f"must be a whole number from {least} to {most}")
    return value


def _fields(
    value: Any, place: str, names: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Faulty(place, f"must hold {', '.join(names)}")
    for name in names:
        if name not in value:
            raise _Faulty(place if place != "question" else name, f"{name} is missing")
    for name in value:
        if name not in (*names, *optional):
            known = ", ".join((*names, *optional))
            raise _Faulty(place, f"unknown field {name!r}; known are {known}")
    return value


def _string(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Faulty(place, "must be text, and not empty")
    return value.strip()


def _pointer(value: Any) -> str:
    return "" if value == "" else _string(value, "shown_by")


def _text(value: Any, place: str) -> Text:
    fields = _fields(value, place, ("en", "zh"))
    english, chinese = _string(fields["en"], f"{place}.en"), _string(fields["zh"], f"{place}.zh")
    if not CHINESE.search(chinese):
        raise _Faulty(f"{place}.zh", "has no Chinese in it")
    return Text(english, LINE_ENDS.sub("", chinese))  # YAML folds a line's end into a space


def _list(
    value: Any, place: str, read: Callable[[Any, str], Any], *, least: int = 1
) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) < least:
        raise _Faulty(place, f"must be a list of {least} or more")
    return tuple(_read_each(value, place, read))


def _read_each(value: list, place: str, read: Callable[[Any, str], Any]) -> Iterator[Any]:
    for number, item in enumerate(value, start=1):
        yield read(item, f"{place}[{number}]")


def _follow_up(value: Any, place: str) -> FollowUp:
    fields = _fields(value, place, ("question", "answer"))
    return FollowUp(
        _text(fields["question"], f"{place}.question"), _text(fields["answer"], f"{place}.answer")
    )


def _source(value: Any, place: str) -> Source:
    fields = _fields(value, place, ("title", "reference"))
    reference = _string(fields["reference"], f"{place}.reference")
    if not REFERENCE.fullmatch(reference):
        raise _Faulty(f"{place}.reference", f"{reference!r} is not like arXiv:1406.2661 or doi:10…")
    return Source(_string(fields["title"], f"{place}.title"), reference)
