"""The course's own measurements, as its benchmarks stored them: for a clone and for a wheel."""

from __future__ import annotations

import json
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def measured(name: str) -> object:
    """What `benchmarks/NAME.json` holds. Raises FileNotFoundError where there is no such table."""
    for folder in (PACKAGE.parent, PACKAGE / "the_course"):
        path = folder / "benchmarks" / f"{name}.json"
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    raise FileNotFoundError(f"There is no table of measurements {name!r} beside the course.")


def means(rows: list[dict], framework: str, *path: str) -> dict[str, float]:
    """The mean over a framework's runs of the numbers that `path` leads to, by name."""
    found: list[dict] = []
    for row in rows:
        if row["framework"] == framework:
            for key in path:
                row = row[key]
            found.append(row)
    return {name: sum(row[name] for row in found) / len(found) for name in found[0]}
