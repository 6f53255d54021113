"""When something was handed in, by the ``timestamp.txt`` that nbgrader writes.

nbgrader writes ``2026-01-31 15:58:23.948203 UTC``, with the zone that its settings name, be it an
abbreviation, an offset or a place. What can't be known for sure is told, not guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from prodgen_lib.classroom.intake.handed import File
from prodgen_lib.course.salvage import Unreadable
from prodgen_lib.course.text import plain

# Hours ahead of UTC of abbreviations with one meaning; CST, CDT, IST, BST and AST have several.
KNOWN = {
    **{"UTC": 0, "UCT": 0, "UT": 0, "GMT": 0, "Z": 0, "ZULU": 0, "WET": 0, "WEST": 1},
    **{"CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3},
    **{"EST": -5, "EDT": -4, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3},
    **{"JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "WIB": 7, "ICT": 7, "PKT": 5, "NPT": 5.75},
    **{"NZST": 12, "NZDT": 13, "AEST": 10, "AEDT": 11, "ACST": 9.5, "ACDT": 10.5, "AWST": 8},
    **{"SAST": 2, "EAT": 3, "CAT": 2, "WAT": 1},
}
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ]\s*(?P<time>\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s*(?P<zone>.*)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+\-−])\s*(\d\d?)(?::?(\d\d))?", re.IGNORECASE)


def moment_in(file: File) -> tuple[datetime | None, str]:
    """The moment that a file names, and else a sentence for the instructor."""
    try:
        text = file.read()[:200].decode("utf-8-sig").strip()
    except (Unreadable, UnicodeDecodeError):
        return None, UNKNOWN.format("can't be read")
    if not text:
        return None, UNKNOWN.format("is empty")
    return moment(text.partition("\n")[0].strip())


UNKNOWN = "timestamp.txt {}: it is not counted as late; decide yourself."


def moment(text: str) -> tuple[datetime | None, str]:
    """The moment in a text, and else a sentence that says what in it is not known."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return None, UNKNOWN.format(f"holds no time ({plain(text, 40)})")
    zone = _zone(found["zone"].strip())
    if zone is None:
        name = plain(found["zone"], 40)
        return None, UNKNOWN.format(f"has the zone {name}, which may mean several or none")
    hour, _, rest = found["time"].replace(",", ".").partition(":")
    rest = re.sub(r"(\.\d{6})\d+", r"\1", rest)
    try:
        return datetime.fromisoformat(f"{found['day']} {hour:0>2}:{rest}").replace(tzinfo=zone), ""
    except ValueError:
        return None, UNKNOWN.format(f"holds no time ({plain(text, 40)})")


def _zone(name: str) -> tzinfo | None:
    """The zone of a name or an offset; None where it isn't known for sure. None is said: UTC."""
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1].strip()
    if not name:
        return UTC
    if name.upper() in KNOWN:
        return timezone(timedelta(hours=KNOWN[name.upper()]))
    if found := _OFFSET.fullmatch(name):
        sign, hours, minutes = found.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if ahead < timedelta(hours=24) and int(minutes or 0) < 60:
            return timezone(ahead if sign == "+" else -ahead)
    if "/" not in name:
        return None  # "Israel" or "Japan" are places too, but so are names with several meanings
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None
