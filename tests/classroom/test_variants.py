import csv
import json
import os
import re
import subprocess
import sys
import zipfile

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_output

from prodgen_lib.checking.source import PACKAGE, function_source
from prodgen_lib.classroom import variants
from prodgen_lib.classroom.grading import engines
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded, Mark
from prodgen_lib.classroom.own_numbers import own, own_numbers, printed
from prodgen_lib.classroom.release import pristine, release
from prodgen_lib.classroom.variants import copied, kept, personal, read_students, seeds, shown
from prodgen_lib.cli import main
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.project import CourseError, dumps, read_notebook

STUDENTS = ["ada", "Bob B_123", "Zoë"]


@pytest.fixture
def handed_out(built):
    """The mini chapter in torch, in a variant for each student; notebooks by student."""
    (built / "students.txt").write_text("\n".join([*STUDENTS, ""]), encoding="utf-8")
    ran = CliRunner().invoke(
        main,
        ["release", "05", "--framework", "torch", "--variants", "students.txt", "--out", "v.zip"],
        catch_exceptions=False,
    )
    assert ran.exit_code == 0, ran.output
    with zipfile.ZipFile(built / "v.zip") as archive:
        names = archive.namelist()
        assert [name for name in names if "README" not in name] == [
            f"{student}/05_mini_torch.ipynb" for student in STUDENTS
        ]
        return built, {
            student: nbformat.reads(archive.read(f"{student}/05_mini_torch.ipynb").decode(), 4)
            for student in STUDENTS
        }


def the_variants(root):
    (one,) = [p for p in pristine(root, ("05",)) if p.framework == "torch"][:1]
    return kept(root, one)


def showing(notebook, numbers, seed=1):
    """The notebook with these numbers in the outputs of its checks."""
    found = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in found.cells:
        exercise = cell.metadata.get("exercise_id", "")
        if has(cell, "check") and exercise in numbers:
            told = " ".join(f"{one:.5g}" for one in numbers[exercise])
            text = f"{exercise}  ✓ 3/3\n{exercise}, yours ({seed}): {told}\n"
            cell.outputs = [new_output("stream", name="stdout", text=text)]
    return found


def read(notebook):
    return shown(dumps(notebook).encode())


def test_each_student_has_a_seed_of_their_own_that_never_changes():
    one = seeds(STUDENTS, "06_gan", b"secret")
    assert len(set(one.values())) == 3 and all(100_000 <= s <= 999_999 for s in one.values())
    assert seeds(STUDENTS[:1], "06_gan", b"secret")["ada"] == one["ada"]
    assert seeds(["ADA"], "06_gan", b"secret")["ADA"] == one["ada"]
    assert seeds(STUDENTS, "05_vae", b"secret") != one != seeds(STUDENTS, "06_gan", b"other")
    many = seeds([f"s{n}" for n in range(3000)], "06_gan", b"secret")
    assert len(set(many.values())) == 3000


def test_a_variant_differs_in_seed_and_set_up_alone(handed_out):
    root, notebooks = handed_out
    course = read_notebook(root / "notebooks/05_mini_torch.ipynb")
    mine = notebooks["ada"]
    before = {cell.id: cell.source for cell in course.cells}
    changed = [c.source for c in mine.cells if c.cell_type == "code" and c.source != before[c.id]]
    seed = the_variants(root)["ada"].seed
    assert len(changed) == 2 and f"seed = {seed}  # yours alone" in changed[0]
    assert changed[1].endswith(f'check = own(check, "torch", {seed})  # your own inputs')
    assert mine.metadata.prodgen.text == course.metadata.prodgen.text
    assert notebooks["ada"] != notebooks["Zoë"]


def test_a_second_release_keeps_the_variants_of_the_first(handed_out):
    root, _ = handed_out
    before = the_variants(root)
    (root / "students.txt").write_text("ada\nnew\n", encoding="utf-8")
    CliRunner().invoke(
        main, ["release", "05", "--framework", "torch", "--variants", "students.txt"]
    )
    after = the_variants(root)
    assert {name: after[name] for name in STUDENTS} == before and "new" in after


def test_own_numbers_are_those_of_the_seed_and_of_right_answers(handed_out):
    root, _ = handed_out
    known = the_variants(root)
    assert set(known) == set(STUDENTS) and "mini.mean" in known["ada"].numbers
    numbers = known["ada"].numbers["mini.mean"]
    assert numbers != known["Zoë"].numbers["mini.mean"]
    right = own_numbers("mini.mean", "torch", lambda values: sum(values.ravel()) / values.size, 7)
    wrong = own_numbers("mini.mean", "torch", lambda values: values.sum(), 7)
    assert right and right != wrong
    assert own_numbers("mini.mean", "torch", lambda values: 1 / 0, 7) == []


def test_the_line_is_printed_in_a_notebook_and_not_in_a_graded_run(handed_out, monkeypatch, capsys):
    root, _ = handed_out
    seen = []

    def check(exercise_id, answer):
        seen.append(os.environ.get("PRODGEN_SEED"))
        return answer

    monkeypatch.delenv("PRODGEN_SEED", raising=False)
    monkeypatch.delenv("PRODGEN_PLAIN", raising=False)
    seed = the_variants(root)["ada"].seed
    mean = own(check, "torch", seed)("mini.mean", lambda values: values.mean())
    assert callable(mean) and seen == [str(seed)] and "PRODGEN_SEED" not in os.environ
    found = dict(printed(capsys.readouterr().out))
    assert found["mini.mean"] == pytest.approx(the_variants(root)["ada"].numbers["mini.mean"])
    monkeypatch.setenv("PRODGEN_PLAIN", "1")
    own(check, "torch", seed)("mini.mean", lambda values: values.mean())
    assert capsys.readouterr().out == "" and seen[-1] is None
    chinese = "gan.x，你的数（123456）：1.5 -2e-05"
    assert dict(printed(chinese)) == {"gan.x": [1.5, -2e-05]}


def test_copied_numbers_name_whose_they_are(handed_out):
    root, notebooks = handed_out
    known = the_variants(root)
    ada, bob = Student("ada", "Ada"), Student("Bob B_123", "Bob B", "moodle", "123")

    def whose(*pairs):
        return [
            (one.student, one.other, one.exercises)
            for one in copied((s, read(showing(notebooks["ada"], n)), known) for s, n in pairs)
        ]

    mine = known["ada"].numbers
    assert whose((ada, mine), (bob, known["Bob B_123"].numbers)) == []
    assert whose((bob, mine)) == [("Bob B_123", "ada", tuple(mine))]
    only = {"mini.mean": mine["mini.mean"]}
    assert whose((bob, {**known["Bob B_123"].numbers, **only})) == [
        ("Bob B_123", "ada", ("mini.mean",))
    ]
    assert whose((bob, {"mini.mean": [12345.0] * len(mine["mini.mean"])})) == []
    assert whose((bob, {})) == []


def test_who_is_not_on_the_list_is_named_only_beside_another(handed_out):
    root, notebooks = handed_out
    known = the_variants(root)
    notebook = read(showing(notebooks["ada"], known["ada"].numbers))
    x, y, ada = (Student(name, name) for name in ("x", "y", "ada"))
    assert copied([(x, notebook, known)]) == []
    assert {one.student for one in copied([(x, notebook, known), (y, notebook, known)])} == {
        "x",
        "y",
    }
    assert [one.student for one in copied([(x, notebook, known), (ada, notebook, known)])] == ["x"]


def test_outputs_that_are_no_outputs_are_passed_over():
    outputs = (None, [None], [{"text": 3}], [{"text": ["gan.x, yours (1): ", "2.5"]}], "x", {})
    data = {"cells": [{"outputs": one} for one in outputs] + [None, 3]}
    assert shown(json.dumps(data).encode()) == {"gan.x": [2.5]}
    for bad in (b"", b"[]", b"\xff", b"[" * 100_000, b'{"cells": 3}'):
        assert shown(bad) == {}


def test_lists_that_are_none_are_refused(tmp_path):
    path = tmp_path / "students.txt"
    for text, words in (("\n \n", "names no student"), ("ada\nADA\n", "twice")):
        path.write_text(text)
        with pytest.raises(CourseError, match=words):
            read_students(path)
    assert (
        variants._folder("../../etc/passwd") == "_.._etc_passwd" and variants._folder("..") == "_"
    )


def test_grading_accepts_every_variant_and_names_the_copy(handed_out, monkeypatch):
    root, notebooks = handed_out
    known = the_variants(root)

    def grade(tasks, only):
        for task in tasks:
            one = task.pristine
            marks = tuple(Mark(n, True, 5, 5, "", None, 0.1) for n in one.exercises)
            yield Graded(
                *(task.student.key, "x", one.chapter, one.framework, one.version, 1, marks, ())
            )

    monkeypatch.setattr(engines, "engine", lambda **options: lambda seed: grade)
    for name in STUDENTS[:2]:
        (root / "class" / name).mkdir(parents=True)
        text = dumps(showing(notebooks[name], known["ada"].numbers))
        (root / "class" / name / "05_mini_torch.ipynb").write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(main, ["grade", "class", "--out", "marks"], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    assert "Bob B_123 hands in the numbers of ada's variant: mini.mean" in ran.stderr
    with (root / "marks/marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert all(row["percent"] == "100" and not row["remarks"] for row in rows.values())


def test_a_real_notebook_prints_the_numbers_that_are_kept(tmp_path, monkeypatch):
    """Chapter 6 in PyTorch: the set-up and the first check of a variant, run as they stand."""
    pytest.importorskip("torch")
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path))
    monkeypatch.delenv("PRODGEN_PLAIN", raising=False)
    text = (PACKAGE.parent / "notebooks/06_gan_torch.ipynb").read_text(encoding="utf-8")
    cells = nbformat.reads(personal(text, 123456), 4).cells
    set_up = next(cell.source for cell in cells if "own(check" in cell.source)
    check = next(cell.source for cell in cells if cell.id == "gan-generator_loss-check")
    code = "\n".join([set_up, function_source("torch", "gan", "generator_loss"), check])
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    from prodgen_lib.torch.gan import generator_loss

    assert dict(printed(ran.stdout))["gan.generator_loss"] == pytest.approx(
        own_numbers("gan.generator_loss", "torch", generator_loss, 123456), rel=1e-4
    )
    assert re.search(r"(?m)^gan.generator_loss  ✓", ran.stdout)


def test_the_plain_release_is_as_before(built):
    path = release(built, ("05",), "torch")
    with zipfile.ZipFile(path) as archive:
        assert "own(" not in archive.read("05_mini_torch.ipynb").decode()
