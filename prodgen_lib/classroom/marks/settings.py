"""What holds for a whole class, kept with its marks, so that every later run marks alike."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prodgen_lib import __version__
from prodgen_lib.classroom.marks.marks import Late, Policy, parse_due
from prodgen_lib.course.project import CourseError, read_text


@dataclass(frozen=True)
class Settings:
    """The seed of the hidden inputs, how exercises are marked, and when the work was due."""

    seed: int
    policy: Policy = field(default_factory=Policy)
    due: datetime | None = None


def settle(out: Path, given: dict) -> Settings:
    """The settings of the class in ``out``: those kept in its ``run.json``, changed as ``given``.

    ``given`` may have ``seed``, ``weights`` (a dictionary), ``late``, ``due``, ``scale`` and
    ``language``; what is None there stays as it is. A seed that is given nowhere is drawn.
    ``CourseError`` where the class was graded with another seed, or ``out`` holds other things.
    """
    path = out / "run.json"
    given = {name: value for name, value in given.items() if value is not None}
    kept = _kept(path)
    if kept is None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CourseError(f"{out} holds other things: give --out a new folder.")
    if kept and given.get("seed", kept["seed"]) != kept["seed"]:
        raise CourseError(
            f"{out} was graded with seed {kept['seed']}: leave --seed away or give --out a new "
            "folder."
        )
    fresh = {"seed": secrets.randbelow(2**31), "prodgen": __version__}
    values = {**fresh, **(kept or {}), **given}
    settings = _parsed(values)
    if values != kept:
        out.mkdir(parents=True, exist_ok=True)
        new = path.with_name(".run.json.new")
        new.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        new.replace(path)
    return settings


def _kept(path: Path) -> dict | None:
    if not path.exists():
        return None
    try:
        values = json.loads(read_text(path))
        _parsed(values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CourseError(f"{path} is damaged: give --out a new folder.") from None
    return values


def _parsed(values: dict) -> Settings:
    late = Late.parse(values.get("late", "none"))
    scale, language = float(values.get("scale", 100)), str(values.get("language", "en"))
    policy = Policy(dict(values.get("weights", {})), late, scale, language)
    due = parse_due(values["due"]) if "due" in values else None
    return Settings(int(values["seed"]), policy, due)
