"""The tables that an instructor takes away: ``marks.csv``, and what Moodle and Canvas import.

Text cells can't become formulas in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import io
import re

from prodgen_lib.classroom.marks.marks import Policy, Row
from prodgen_lib.course.text import file_name, plain

# As OWASP lists them; the second four are full-width, which some spreadsheets read alike.
_FORMULA = tuple("=+-@＝＋－＠\t\r\n\0")


def neutral(text: str) -> str:
    """``text`` as a cell that a spreadsheet shows and never runs.

    Some split a line at semicolons or tabs, whatever separates: no cell may begin there either.
    """
    text = re.sub(r"([;|][\s\"']*)(?=[=+\-@＝＋－＠])", r"\1'", plain(text))
    return f"'{text}" if text.startswith(_FORMULA) else text


def marks_csv(rows: list[Row]) -> str:
    """A line for each student and chapter: points by exercise, totals, lateness, remarks."""
    exercises = list(dict.fromkeys(name for row in rows for name in row.points))
    head = ["student", "name", "chapter", "framework", "version", *map(neutral, exercises)]
    tail = ["points", "of", "hours late", "taken off %", "total", "percent", "remarks", "report"]
    return _csv([head + tail, *(_line(row, exercises) for row in rows)])


def _line(row: Row, exercises: list[str]) -> list[str]:
    graded = row.graded
    about = (row.student.key, row.student.name, graded.chapter, graded.framework, graded.version)
    numbers = (row.earned, row.of, row.late_hours, row.taken_off, row.total, 100 * row.share)
    return [
        *map(neutral, about),
        *(number(row.points[name]) if name in row.points else "" for name in exercises),
        *map(number, numbers),
        neutral(" ".join(graded.notes)),
        f"reports/{report_name(row)}",
    ]


def report_name(row: Row) -> str:
    return f"{file_name(f'{row.student.key} {row.graded.chapter}'.strip())}.html"


def number(value: float) -> str:
    """At most two decimals, and no sign that a spreadsheet could take for a formula."""
    return f"{value:.2f}".rstrip("0").rstrip(".").removeprefix("-") or "0"


def moodle_csv(rows: list[Row], policy: Policy) -> str:
    """A grading worksheet for one chapter: "View all submissions", "Upload grading worksheet".

    Moodle finds the student by the number in ``Identifier``, the same as in the names of downloaded
    files, and needs this column, ``Grade`` and ``Last modified (grade)``, all named in the language
    of whoever uploads (col_recordid in mod/assign/gradingtable.php;
    mod/assign/feedback/offline/importgradeslib.php; https://docs.moodle.org/en/Grade_import).
    """
    head = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]
    lines = [
        [
            f"Participant {row.student.number}",
            neutral(row.student.name),
            number(row.share * policy.scale),
            number(policy.scale),
            "",
        ]
        for row in rows
        if row.student.system == "moodle"
    ]
    return _csv([head, *lines])


def canvas_csv(rows: list[Row], policy: Policy) -> str:
    """A gradebook with a column for each chapter: "Grades", "Import".

    The first five columns are obligatory in this order, the student is found by ``ID``, and the
    line "Points Possible" gives the maximum (lib/gradebook_importer.rb of Canvas; "How do I import
    grades in the Gradebook?" in its instructor guide). A student known only by an anonymous name
    can't be imported and is left out.
    """
    known = [row for row in rows if row.student.system == "canvas" and row.student.number]
    chapters = sorted({row.graded.chapter for row in known})
    grades: dict[tuple[str, str], dict[str, str]] = {}
    for row in known:
        line = grades.setdefault((row.student.number, row.student.name), {})
        line[row.graded.chapter] = number(row.share * policy.scale)
    head = ["Student", "ID", "SIS Login ID", "Section", *map(neutral, chapters)]
    possible = ["    Points Possible", "", "", "", *(number(policy.scale) for _ in chapters)]
    lines = [
        [neutral(name), student, "", "", *(line.get(chapter, "") for chapter in chapters)]
        for (student, name), line in grades.items()
    ]
    return _csv([head, possible, *lines])


def _csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
