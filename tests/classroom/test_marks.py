import csv
import io
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from prodgen_lib.classroom.intake.collect import Found
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded, Mark
from prodgen_lib.classroom.marks.marks import Late, Policy, lateness, parse_due, read_weights, row
from prodgen_lib.classroom.marks.sheets import (
    canvas_csv,
    marks_csv,
    moodle_csv,
    neutral,
    report_name,
)
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.text import file_name, plain

ADA = Student("Ada_12", "Ada", "moodle", "12")


def graded(*right, student="Ada_12", chapter="06_gan", notes=(), message="", names="abc"):
    marks = tuple(
        Mark(f"gan.{name}", name in right, 5 * (name in right), 5, message, None, 0.1)
        for name in names
    )
    return Graded(student, "x.ipynb", chapter, "torch", "0.1.0", 7, marks, tuple(notes))


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_json_round_trip_is_one_ascii_line():
    one = graded("a", student="Zoë \u2028 周", notes=["née\n"], message="\x1b[31m")
    assert Graded.from_json(one.to_json()) == one
    assert one.to_json().isascii() and "\n" not in one.to_json()


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"marks": [{}]}', "null", "7"])
def test_what_is_no_graded_submission_is_a_value_error(line):
    with pytest.raises(ValueError):
        Graded.from_json(line)


def test_half_a_line_is_a_value_error():
    line = graded("a").to_json()
    with pytest.raises(ValueError):
        Graded.from_json(line[: len(line) // 2])


def test_any_subset_gets_exactly_the_sum_of_its_marks():
    rng = random.Random(0)
    weights = {f"gan.{name}": rng.choice([0.1, 0.5, 1, 2, 3.3]) for name in "abcdef"}
    policy = Policy(weights)
    for _ in range(50):
        right = [name for name in "abcdef" if rng.random() < 0.5]
        found = row(ADA, graded(*right, names="abcdef"), policy)
        assert found.total == pytest.approx(
            sum(weights[f"gan.{name}"] for name in right), abs=1e-12
        )
        assert found.of == pytest.approx(sum(weights.values()))


def test_unnamed_exercises_weigh_one_and_none_at_all_is_no_mark():
    assert row(ADA, graded("a"), Policy({"gan.b": 4})).share == pytest.approx(1 / 6)
    assert row(ADA, graded(names=""), Policy()).share == 0
    assert row(ADA, graded("a"), Policy({f"gan.{name}": 0 for name in "abc"})).share == 0


@pytest.mark.parametrize(
    ("text", "hours", "percent"),
    [
        ("none", 100, 0),
        ("10/day", 0, 0),
        ("10/day", 0.01, 10),
        ("10/day", 24, 10),
        ("10%/day", 24.01, 20),
        ("10 % / day", 1000, 100),
        ("0.5/hour", 3.5, 2),
        ("20", 0.1, 20),
        ("20", 500, 20),
        ("20", -5, 0),
    ],
)
def test_late_policy(text, hours, percent):
    assert Late.parse(text).taken_off(hours) == pytest.approx(percent)


@pytest.mark.parametrize("text", ["", "ten", "10/week", "-5", "101", "10/day/day", "1e5", "nan"])
def test_what_is_no_late_policy_is_one_sentence(text):
    with pytest.raises(CourseError, match="no late policy"):
        Late.parse(text)


def test_what_is_late_is_taken_off_the_total():
    found = row(ADA, graded("a", "b"), Policy(late=Late.parse("25/day")), late_hours=30)
    assert (found.earned, found.taken_off, found.total) == (2, 50, 1)


def test_lateness_from_the_layout():
    due = datetime(2026, 11, 1, 12, tzinfo=UTC)
    cet = timezone(timedelta(hours=1))
    found = Found(ADA, handed_in=datetime(2026, 11, 1, 14, 30, tzinfo=cet))
    assert lateness(found, due) == (1.5, "")
    assert lateness(found, None) == (0, "")
    assert lateness(Found(ADA, handed_in=due - timedelta(days=1)), due) == (0, "")
    hours, sentence = lateness(Found(ADA, late=True), due)
    assert Late.parse("10/day").taken_off(hours) == 10 and "Canvas" in sentence


def test_due_times():
    assert parse_due("2026-11-30T23:59+01:00") == datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    assert parse_due("2026-11-30 23:59").tzinfo is not None
    with pytest.raises(CourseError, match="no time"):
        parse_due("tomorrow")


def test_weights_are_read(tmp_path):
    path = tmp_path / "weights.yaml"
    path.write_text("gan.a: 2\ngan.b: 0.5\n")
    assert read_weights(path, {"gan.a", "gan.b"}) == {"gan.a": 2.0, "gan.b": 0.5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no weights"),
        ("- gan.a", "holds no weights"),
        ("gan.a: [", "holds no weights"),
        ("gan.z: 1", "no exercise of these chapters"),
        ("gan.a: -1", "expected 0 or more"),
        ("gan.a: .inf", "expected 0 or more"),
        ("gan.a: .nan", "expected 0 or more"),
        ("gan.a: two", "expected 0 or more"),
        ("gan.a: true", "expected 0 or more"),
        ("!!python/object/apply:os.system ['true']", "holds no weights"),
    ],
)
def test_weights_that_are_none(tmp_path, text, words):
    path = tmp_path / "weights.yaml"
    path.write_text(text)
    with pytest.raises(CourseError, match=words):
        read_weights(path, {"gan.a"})


def test_marks_csv():
    policy = Policy({"gan.a": 2}, Late.parse("50"))
    rows = [
        row(ADA, graded("a", "b"), policy),
        row(Student("bob", "Bob"), graded(student="bob", notes=["Broken, sorry."]), policy, 3.0),
    ]
    ada, bob = table(marks_csv(rows))
    assert (ada["student"], ada["gan.a"], ada["gan.c"], ada["of"]) == ("Ada_12", "2", "0", "4")
    assert (ada["total"], ada["percent"]) == ("3", "75")
    assert (bob["taken off %"], bob["total"], bob["remarks"]) == ("50", "0", "Broken, sorry.")
    assert ada["report"].startswith("reports/Ada_12_06_gan-") and ada["report"] != bob["report"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=1",
        "＝1",
        "\x1b[0m=1",
        "\u202e=1",
        '=HYPERLINK("http://x","y")',
        "=cmd|' /C calc'!A0",
    ],
)
def test_no_cell_becomes_a_formula(text):
    assert neutral(text).startswith("'")
    student = Student(text, text, "moodle", "12")
    found = row(student, graded("a", student=text, chapter=text, notes=[text]), Policy())
    canvas = row(Student(text, text, "canvas", "12"), found.graded, Policy())
    sheets = marks_csv([found]), moodle_csv([found], Policy()), canvas_csv([canvas], Policy())
    for sheet in sheets:
        for line in csv.reader(io.StringIO(sheet)):
            for cell in line:
                assert not cell.lstrip().startswith(tuple("=+-@＝\t\r")), cell


def test_commas_quotes_and_lines_stay_in_their_cell():
    name = 'Lee, "Bo"\nx'
    (line,) = table(marks_csv([row(Student(name, plain(name)), graded("a"), Policy())]))
    assert line["name"] == 'Lee, "Bo" x' and line["chapter"] == "06_gan"


def test_moodle_worksheet():
    rows = [
        row(ADA, graded("a", "b", "c"), Policy()),
        row(Student("bob", "Bob"), graded("a"), Policy()),
        row(Student("Zoë_7", "Zoë", "moodle", "7"), graded("a"), Policy()),
    ]
    ada, zoe = table(moodle_csv(rows, Policy(scale=20)))
    assert ada == {
        "Identifier": "Participant 12",
        "Full name": "Ada",
        "Grade": "20",
        "Maximum Grade": "20",
        "Last modified (grade)": "",
    }
    assert (zoe["Identifier"], zoe["Full name"], zoe["Grade"]) == ("Participant 7", "Zoë", "6.67")


def test_canvas_gradebook():
    ada, bob = (Student(f"{name}_{n}", name, "canvas", n) for name, n in [("ada", "5"), ("b", "6")])
    rows = [
        row(ada, graded("a", "b", "c"), Policy()),
        row(ada, graded("a", chapter="07_cgan", names="ab"), Policy()),
        row(bob, graded("a", chapter="07_cgan", names="ab"), Policy()),
        row(Student("anon_x1", "anon_x1", "canvas", ""), graded("a"), Policy()),
    ]
    lines = list(csv.reader(io.StringIO(canvas_csv(rows, Policy(scale=10)))))
    assert lines == [
        ["Student", "ID", "SIS Login ID", "Section", "06_gan", "07_cgan"],
        ["    Points Possible", "", "", "", "10", "10"],
        ["ada", "5", "", "", "10", "5"],
        ["b", "6", "", "", "", "5"],
    ]


def test_report_names_are_unique_and_safe():
    keys = ["ada", "Ada", "a/da", "a\\da", "../ada", "周", "Zoë", "\x1b]0;x\x07", "." * 300, ""]
    names = [file_name(key) for key in keys]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert len(name) < 80 and not set(name) & set('/\\:*?"<>|.\x1b') and name[0] != "."
    one, two = (row(ADA, graded(chapter=chapter), Policy()) for chapter in ("06_gan", "07_cgan"))
    assert report_name(one) != report_name(two)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\b", "ab"),
        ("a\x9b31mb", "ab"),
        ("a\x1bcb", "ab"),
        ("a\x07\x08b", "a��b"),
        ("a\r\nb\tc", "a b c"),
        ("\u202eabc\u2066", "abc"),
        ("a\ud800", "a?"),
        ("Zoë محمد 周 🎓", "Zoë محمد 周 🎓"),
    ],
)
def test_plain_text(text, expected):
    assert plain(text) == expected
