"""What a candidate did, in one SQLite file: reviews, the state of each card, interviews, marks.

Every change is one transaction, so a crash, a full disk or a second window leaves the file as it
was before or as it is after. A file that is damaged or of a newer version is reported and kept; one
of an older version gets the new tables, and stays beside as it was.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from prodgen_lib.course.project import CourseError
from prodgen_lib.paths import home

VERSION = 3
BACKUPS_KEPT = 10
WAIT_SECONDS = 10  # for another window to finish its write
TABLES = """
CREATE TABLE cards (card TEXT PRIMARY KEY, state TEXT NOT NULL, due TEXT NOT NULL);
CREATE TABLE reviews (
    number INTEGER PRIMARY KEY, card TEXT NOT NULL, rating INTEGER NOT NULL, time TEXT NOT NULL
);
CREATE TABLE interviews (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, role TEXT NOT NULL, level TEXT NOT NULL,
    weak TEXT NOT NULL, transcript TEXT NOT NULL
);
"""
SINCE_2 = """
CREATE TABLE goals (
    number INTEGER PRIMARY KEY, since TEXT NOT NULL, by TEXT, minutes INTEGER NOT NULL,
    framework TEXT NOT NULL
);
CREATE TABLE answers (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, question TEXT NOT NULL, said TEXT NOT NULL,
    missed TEXT NOT NULL
);
CREATE TABLE drills (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, exercise TEXT NOT NULL,
    framework TEXT NOT NULL, file TEXT NOT NULL
);
CREATE TABLE tries (
    number INTEGER PRIMARY KEY, drill INTEGER NOT NULL, time TEXT NOT NULL,
    correct INTEGER NOT NULL, hints INTEGER NOT NULL
);
"""
SINCE_3 = """
CREATE TABLE marks (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, question TEXT NOT NULL, level TEXT NOT NULL,
    said TEXT NOT NULL
);
"""
ADDED = {2: SINCE_2, 3: SINCE_3}  # the tables that came with each version


def history_file() -> Path:
    """``practice.db`` in the folder ``PRODGEN_HOME``, or in the user's data folder."""
    return home() / "practice.db"


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    """Each statement within the transaction under way, which ``executescript`` would end."""
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(statement)


class History:
    """The file at ``path``, made when there is none; by default the user's own.

    Raises ``CourseError``, and leaves the file alone, where it can't be used.
    """

    def __init__(self, path: Path | None = None):
        self.path = path or history_file()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            version = self._version(connection)
            if version < VERSION:
                self._make(connection)
        if version:
            self._daily_backup()

    def _version(self, connection: sqlite3.Connection) -> int:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise CourseError(
                f"{self.path} was written by a newer prodgen (format {version}; this one knows "
                f"{VERSION}). It was left as it is: update prodgen, or set PRODGEN_HOME to another "
                "folder."
            )
        if version and connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise self._damaged()
        return version

    def _make(self, connection: sqlite3.Connection) -> None:
        """The tables that are missing, once, whoever comes first; an older file is copied before.

        Where no copy can be made, the file stays of its own version.
        """
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                raise CourseError(
                    f"{self.path} is a database, but not one of prodgen. It was left as it is: set "
                    "PRODGEN_HOME to another folder."
                )
            _execute(connection, TABLES)
        elif version < VERSION:
            self.backup(self._free_name(version))
        if version < VERSION:
            for since in range(version + 1, VERSION + 1):
                _execute(connection, ADDED.get(since, ""))
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _free_name(self, version: int) -> Path:
        """A name for the copy of a file of an older version: such copies are kept for ever."""
        names = (f"format-{version}{f'-{n}' if n else ''}.db" for n in count())
        return next(path for name in names if not (path := self.backups / name).exists())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection without transactions of its own; SQLite's errors become sentences."""
        try:
            with closing(
                sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
            ) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise CourseError(
                f"{self.path} can't be used now: {error}. What was in it is still there."
            ) from None
        except sqlite3.DatabaseError:
            raise self._damaged() from None

    def _damaged(self) -> CourseError:
        return CourseError(
            f"{self.path} is damaged. It was left as it is: move it away to start anew, or copy "
            f"one of {self.backups} over it."
        )

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone with the file: all of it or nothing."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[tuple]:
        """The rows of a query."""
        with self._open() as connection:
            return connection.execute(query, values).fetchall()

    def states(self) -> dict[str, str]:
        """The scheduler's state of each card that was reviewed, as its JSON."""
        return dict(self.rows("SELECT card, state FROM cards"))

    def reviews(self) -> list[tuple[str, int, str]]:
        """(card, rating from 1 to 4, time) of each review, oldest first."""
        return self.rows("SELECT card, rating, time FROM reviews ORDER BY number")

    def add_interview(
        self, *, role: str, level: str, weak: list[str], transcript: str, now: datetime
    ) -> None:
        """Keep a mock interview that is over."""
        values = (now.isoformat(), role, level, json.dumps(weak), transcript)
        with self.change() as connection:
            connection.execute(
                "INSERT INTO interviews (time, role, level, weak, transcript) VALUES (?,?,?,?,?)",
                values,
            )

    def interviews(self) -> list[dict]:
        """Each mock interview, oldest first."""
        names = ("time", "role", "level", "weak", "transcript")
        rows = self.rows(f"SELECT {', '.join(names)} FROM interviews ORDER BY number")
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return [{**one, "weak": json.loads(one["weak"])} for one in found]

    def add_answer(self, question: str, said: list[str], missed: list[str], now: datetime) -> None:
        """Note which points of a question an answer said, and which it left out."""
        values = (now.isoformat(), question, json.dumps(said), json.dumps(missed))
        with self.change() as connection:
            connection.execute(
                "INSERT INTO answers (time, question, said, missed) VALUES (?,?,?,?)", values
            )

    def missed(self) -> list[tuple[str, str]]:
        """(question, point) of each point that was left out, oldest first."""
        rows = self.rows("SELECT question, missed FROM answers ORDER BY number")
        return [(question, point) for question, points in rows for point in json.loads(points)]

    def add_marks(self, question: str, marks: dict[str, list[str]], now: datetime) -> None:
        """Note which points the candidate ticked in the sample answer of each level."""
        time = now.isoformat()
        rows = [(time, question, level, json.dumps(said)) for level, said in marks.items()]
        with self.change() as connection:
            connection.executemany(
                "INSERT INTO marks (time, question, level, said) VALUES (?,?,?,?)", rows
            )

    def marks(self) -> list[tuple[str, str, list[str]]]:
        """(question, level of the sample answer, points ticked) of each mark, oldest first."""
        rows = self.rows("SELECT question, level, said FROM marks ORDER BY number")
        return [(question, level, json.loads(said)) for question, level, said in rows]

    def set_goal(self, since: str, by: str | None, minutes: int, framework: str) -> None:
        """Note until which day (ISO) the candidate prepares; None ends the preparation."""
        with self.change() as connection:
            connection.execute(
                "INSERT INTO goals (since, by, minutes, framework) VALUES (?,?,?,?)",
                (since, by, minutes, framework),
            )

    def goal(self) -> tuple[str, str | None, int, str] | None:
        """(since, by, minutes a day, framework) as last set."""
        query = "SELECT since, by, minutes, framework FROM goals ORDER BY number DESC LIMIT 1"
        return next(iter(self.rows(query)), None)

    @property
    def backups(self) -> Path:
        """The folder of copies, one for each day on which prodgen was used."""
        return self.path.parent / "backups"

    def backup(self, to: Path) -> None:
        """Copy everything to a new file ``to``, whole or not at all."""
        if to.exists():
            raise CourseError(f"{to} exists already: choose another name.")
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f"{to.name}.{os.getpid()}.part")
        try:
            with self._open() as connection, closing(sqlite3.connect(part)) as copy:
                connection.backup(copy)
            os.replace(part, to)
        finally:
            part.unlink(missing_ok=True)

    def _daily_backup(self) -> None:
        """A copy a day. A disk that refuses is no reason not to practise."""
        today = self.backups / f"practice-{datetime.now(UTC):%Y-%m-%d}.db"
        try:
            if not today.exists():
                self.backup(today)
                for old in sorted(self.backups.glob("practice-*.db"))[:-BACKUPS_KEPT]:
                    old.unlink()
        except (OSError, CourseError):
            pass

    def export(self, to: Path) -> None:
        """Write everything as JSON to a new file ``to``."""
        if to.exists():
            raise CourseError(f"{to} exists already: choose another name.")
        cards = self.rows("SELECT card, state, due FROM cards ORDER BY card")
        data = {
            "format": VERSION,
            "cards": [{"card": c, "due": due, "state": json.loads(s)} for c, s, due in cards],
            "reviews": [{"card": c, "rating": r, "time": t} for c, r, t in self.reviews()],
            "interviews": self.interviews(),
            **{name: self._all(name) for name in ("goals", "answers", "drills", "tries", "marks")},
        }
        part = to.with_name(f"{to.name}.{os.getpid()}.part")
        try:
            part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
            os.replace(part, to)
        finally:
            part.unlink(missing_ok=True)

    def _all(self, table: str) -> list[dict]:
        """Every row of a table by the names of its columns."""
        with self._open() as connection:
            found = connection.execute(f"SELECT * FROM {table} ORDER BY number")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]
