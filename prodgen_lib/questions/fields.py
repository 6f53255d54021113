"""Reading fields of YAML, with complaints that name the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from prodgen_lib.checking.language import Text

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINE_ENDS = re.compile(r"(?<=[。，；：？！、（]) | (?=[。，；：？！、）])|(?<=[一-鿿]) (?=[一-鿿])")
FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built


def read_yaml(path: Path) -> Any:
    """What a file of YAML holds. Raises ValueError, naming it, for what is none."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), FAST)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no YAML: {' '.join(str(error).split())}.") from None


class Faulty(ValueError):
    """A field that is not as it should be; the place is put in front on the way out."""

    def __init__(self, place: str, complaint: str) -> None:
        super().__init__(f"{place}: {complaint}")
        self.place, self.complaint = place, complaint


def one_of(value: Any, place: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise Faulty(place, f"{value!r} is not one of {', '.join(known)}")
    return value


def whole(value: Any, place: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Faulty(place, f"must be a whole number from {least} to {most}")
    return value


def fields_of(
    value: Any, place: str, names: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Faulty(place, f"must hold {', '.join(names)}")
    for name in names:
        if name not in value:
            raise Faulty(place if place != "question" else name, f"{name} is missing")
    for name in value:
        if name not in (*names, *optional):
            known = ", ".join((*names, *optional))
            raise Faulty(place, f"unknown field {name!r}; known are {known}")
    return value


def string(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Faulty(place, "must be text, and not empty")
    return value.strip()


def text(value: Any, place: str) -> Text:
    fields = fields_of(value, place, ("en", "zh"))
    english, chinese = string(fields["en"], f"{place}.en"), string(fields["zh"], f"{place}.zh")
    if not CHINESE.search(chinese):
        raise Faulty(f"{place}.zh", "has no Chinese in it")
    return Text(english, LINE_ENDS.sub("", chinese))  # YAML folds a line's end into a space


def list_of(
    value: Any, place: str, read: Callable[[Any, str], Any], *, least: int = 1
) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) < least:
        raise Faulty(place, f"must be a list of {least} or more")
    return tuple(_read_each(value, place, read))


def _read_each(value: list, place: str, read: Callable[[Any, str], Any]) -> Iterator[Any]:
    for number, item in enumerate(value, start=1):
        yield read(item, f"{place}[{number}]")
