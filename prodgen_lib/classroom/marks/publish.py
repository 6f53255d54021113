"""Write what an instructor takes away, keeping a copy of whatever it would change."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from prodgen_lib.classroom.marks.journal import Entry
from prodgen_lib.classroom.marks.marks import Policy, Row, row, uneven
from prodgen_lib.classroom.marks.reports import class_page, report
from prodgen_lib.classroom.marks.sheets import canvas_csv, marks_csv, moodle_csv, report_name
from prodgen_lib.course.text import file_name


def publish(
    out: Path, entries: list[Entry], policy: Policy, seed: int
) -> tuple[list[Path], list[str]]:
    """Write tables, the class page and everyone's report.

    Returns the paths of the tables and the class page, and sentences on what to look at.
    """
    entries = sorted(entries, key=lambda entry: (entry.student.name.casefold(), entry.place))
    rows = [row(entry.student, entry.graded, policy, entry.late_hours) for entry in entries]
    tables = {
        "marks.csv": "\ufeff" + marks_csv(rows),  # the mark by which Excel knows UTF-8
        "class.html": class_page(rows, policy, seed),
        **_imports(rows, policy),
    }
    pages = {f"reports/{report_name(one)}": report(one, policy) for one in rows}
    _write(out, tables | pages)
    return [out / name for name in tables], uneven(rows)


def _imports(rows: list[Row], policy: Policy) -> dict[str, str]:
    """The files for the learning platforms that the submissions came from."""
    files = {}
    if any(one.student.system == "canvas" and one.student.number for one in rows):
        files["canvas.csv"] = canvas_csv(rows, policy)
    of_moodle = [one for one in rows if one.student.system == "moodle"]
    for chapter in sorted({one.graded.chapter for one in of_moodle if one.graded.chapter}):
        mine = [one for one in of_moodle if one.graded.chapter == chapter]
        files[f"moodle-{chapter}.csv"] = moodle_csv(mine, policy)
    return {_safe(name): text for name, text in files.items()}


def _safe(name: str) -> str:
    """Chapters are the course's own names; anything else must not choose where a file goes."""
    return name if Path(name).name == name else f"{file_name(name)}.csv"


def _write(out: Path, files: dict[str, str]) -> None:
    """Each file in one motion; the ones that change are copied to ``backups/`` before any does."""
    new = {name: text.encode("utf-8", "replace") for name, text in files.items()}
    new = {name: data for name, data in new.items() if _differs(out / name, data)}
    if old := [name for name in new if (out / name).exists()]:
        backup = _fresh_folder(out / "backups")
        for name in old:
            (backup / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(out / name, backup / name)
    for name, data in new.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(data)
        fresh.replace(path)


def _differs(path: Path, data: bytes) -> bool:
    return not path.exists() or path.read_bytes() != data


def _fresh_folder(parent: Path) -> Path:
    time = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    for number in range(1, 1000):
        folder = parent / (time if number == 1 else f"{time}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{parent} has no free name for a backup.")
