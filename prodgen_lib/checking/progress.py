"""The learner's attempts, one JSON line each, kept on their own machine only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from prodgen_lib.checking.check import Verdict
from prodgen_lib.paths import home


def attempts_file() -> Path:
    """``attempts.jsonl`` in the folder ``PRODGEN_HOME``, or in the user's data folder."""
    return home() / "attempts.jsonl"


def record(exercise_id: str, framework: str, verdict: Verdict) -> None:
    """Append an attempt. A disk that refuses is no reason to lose the check."""
    attempt = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "exercise": exercise_id,
        "framework": framework,
        "correct": verdict.correct,
        "wrong": verdict.wrong,
    }
    try:
        path = attempts_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(attempt) + "\n")
    except OSError:
        pass


def attempts() -> list[dict]:
    """Every recorded attempt, oldest first; a line cut off by a crash is passed over."""
    try:
        lines = attempts_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for text in lines:
        try:
            attempt = json.loads(text)
        except ValueError:
            continue
        if isinstance(attempt, dict) and {"exercise", "framework", "correct"} <= attempt.keys():
            found.append(attempt)
    return found


def solved(framework: str) -> dict[str, bool]:
    """Whether any attempt at an exercise was right in one framework, for each that was tried."""
    found: dict[str, bool] = {}
    for attempt in attempts():
        if attempt["framework"] == framework:
            exercise = attempt["exercise"]
            found[exercise] = found.get(exercise, False) or bool(attempt["correct"])
    return found
