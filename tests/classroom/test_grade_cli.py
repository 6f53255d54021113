import json
import random
import shutil
import subprocess
import sys
import time
import zipfile
from copy import deepcopy

import pytest
from click.testing import CliRunner

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.checking.source import edited
from prodgen_lib.classroom.grading import engines
from prodgen_lib.classroom.intake.submission import Graded, Mark
from prodgen_lib.classroom.marks import journal
from prodgen_lib.classroom.marks.reports import prose
from prodgen_lib.cli import main
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.project import dumps, read_notebook, write_notebook

NAMES = ("mean", "centred", "review_spread")


def prodgen(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(
        result.exception, SystemExit | KeyboardInterrupt
    ), result.exception
    return result


def refused(result, *words):
    assert result.exit_code != 0
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


class Fake:
    """An engine for the tests of everything around it: an answer that says "right" is right."""

    def __init__(self, monkeypatch):
        self.calls, self.seeds, self.stop_after = [], [], None
        monkeypatch.setattr(engines, "engine", lambda **options: self.for_seed)

    def for_seed(self, seed):
        self.seeds.append(seed)
        return lambda tasks, only: self.grade(tasks, only, seed)

    def grade(self, tasks, only, seed):
        tasks = list(tasks)
        random.Random(0).shuffle(tasks)
        for number, task in enumerate(tasks):
            if number == self.stop_after:
                raise KeyboardInterrupt
            self.calls.append((task.student.key, only))
            yield self.one(task, only, seed)

    def one(self, task, only, seed):
        answers = {
            cell.metadata.get("exercise_id"): cell.source
            for cell in task.submission.notebook.cells
            if cell.cell_type == "code" and has(cell, "exercise")
        }
        marks = tuple(
            Mark(name, right := "right" in answers.get(name, ""), 5 * right, 5, "", None, 0.1)
            for name in task.pristine.exercises
            if only in (None, name)
        )
        one = task.pristine
        return Graded(
            *(task.student.key, str(task.submission.path), one.chapter, one.framework),
            *(one.version, seed, marks, ()),
        )


@pytest.fixture
def fake(monkeypatch):
    return Fake(monkeypatch)


def answered(built, *right, framework="torch", **metadata):
    """The text of a notebook in which these answers are right."""
    notebook = read_notebook(built / f"notebooks/05_mini_{framework}.ipynb")
    for cell in notebook.cells:
        if has(cell, "exercise") and cell.metadata.exercise_id.partition(".")[2] in right:
            cell.source += "\n# right"
    notebook.metadata.prodgen.update(metadata)
    return dumps(notebook)


def hand_in(built, place, *right, text=None, **other):
    path = built / "class" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(answered(built, *right, **other) if text is None else text)
    return path


def marks(built, out="marks"):
    import csv

    with (built / out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


def test_a_class_from_folders_to_marks(built, fake):
    hand_in(built, "ada/06.ipynb", *NAMES)
    hand_in(built, "bob/06.ipynb", "mean", framework="tensorflow")
    hand_in(built, "Zoë محمد/06.ipynb")
    hand_in(built, "eve/06.ipynb", text="{")
    result = prodgen("grade", "class", "--out", "marks", "--seed", "5")
    assert result.exit_code == 0, result.output
    assert "3 notebooks graded." in result.stdout
    assert result.stderr.count("Not graded:") == 1 and "eve: 06.ipynb: " in result.stderr
    found = marks(built)
    assert {name: line["total"] for name, line in found.items()} == {
        "ada": "3",
        "bob": "1",
        "Zoë محمد": "0",
        "eve": "0",
    }
    assert found["eve"]["of"] == "3" and "no notebook" in found["eve"]["remarks"]
    assert found["bob"]["framework"] == "tensorflow" and found["bob"]["mini.mean"] == "1"
    for line in found.values():
        assert (built / "marks" / line["report"]).is_file()
    assert "06.ipynb" in (built / "marks" / found["ada"]["report"]).read_text()
    assert (built / "marks/class.html").is_file()
    assert json.loads((built / "marks/run.json").read_text())["seed"] == 5
    lines = (built / "marks/log.jsonl").read_text().splitlines()
    assert len(lines) == 4 and all(json.loads(line)["graded"]["seed"] == 5 for line in lines)
    assert not (built / "marks/canvas.csv").exists() and not list(built.glob("marks/moodle*"))


def test_a_moodle_zip_gives_a_file_that_moodle_imports(built, fake):
    with zipfile.ZipFile(built / "all.zip", "w") as archive:
        archive.writestr("Zoë_7_assignsubmission_file_/x.ipynb", answered(built, "mean"))
        archive.writestr("Bob_8_assignsubmission_file_/x.ipynb", "")
    assert prodgen("grade", "all.zip", "--out", "marks", "--scale", "10").exit_code == 0
    lines = (built / "marks/moodle-05_mini.csv").read_text().splitlines()
    assert lines[0].startswith("Identifier,Full name,Grade,")
    assert lines[1:] == ["Participant 8,Bob,0,10,", "Participant 7,Zoë,3.33,10,"]


def test_a_canvas_zip_with_late_work(built, fake):
    hand_in(built, "lovelaceada_LATE_31_900_x.ipynb", *NAMES)
    hand_in(built, "lovelaceada_LATE_31_800_x.ipynb")
    hand_in(built, "yangbo_32_901_x.ipynb", "mean")
    assert prodgen("grade", "class", "--out", "marks", "--late", "10/day").exit_code == 0
    ada = marks(built)["lovelaceada_31"]
    assert (ada["total"], ada["taken off %"]) == ("2.7", "10")
    assert "not by how much" in ada["remarks"] and "There is a later one" in ada["remarks"]
    lines = (built / "marks/canvas.csv").read_text().splitlines()
    assert "lovelaceada,31,,,90" in lines and "yangbo,32,,,33.33" in lines


def test_due_and_nbgrader_times(built, fake):
    hand_in(built, "submitted/ada/ps1/x.ipynb", *NAMES)
    stamp = built / "class/submitted/ada/ps1/timestamp.txt"
    stamp.write_text("2026-11-02 13:00:00 UTC")
    options = ["--due", "2026-11-01T12:00+00:00", "--late", "25/day"]
    assert prodgen("grade", "class", "--out", "marks", *options).exit_code == 0
    assert marks(built)["ada"]["hours late"] == "25" and marks(built)["ada"]["total"] == "1.5"
    assert prodgen("grade", "class", "--out", "marks", "--due", "2026-11-03").exit_code == 0
    assert marks(built)["ada"]["total"] == "3", "due is changed, the policy is kept"


def test_the_second_run_grades_only_what_is_new(built, fake):
    hand_in(built, "ada/06.ipynb", "mean")
    hand_in(built, "bob/06.ipynb", "mean")
    prodgen("grade", "class", "--out", "marks")
    before = (built / "marks/marks.csv").read_bytes()
    result = prodgen("grade", "class", "--out", "marks")
    assert "0 notebooks graded, 2 were graded before." in result.stdout
    assert (built / "marks/marks.csv").read_bytes() == before
    assert not (built / "marks/backups").exists()
    hand_in(built, "bob/06.ipynb", "mean", "centred")
    prodgen("grade", "class", "--out", "marks")
    assert [key for key, _ in fake.calls[2:]] == ["bob"]
    assert marks(built)["bob"]["total"] == "2"
    assert len(set(fake.seeds)) == 1


def test_every_file_that_changes_is_backed_up(built, fake):
    hand_in(built, "ada/06.ipynb", "mean")
    prodgen("grade", "class", "--out", "marks")
    report = marks(built)["ada"]["report"]
    old = {name: (built / "marks" / name).read_bytes() for name in ("marks.csv", report)}
    mine = old["marks.csv"].replace(b"ada", b"ada (a note of mine)")
    (built / "marks/marks.csv").write_bytes(mine)
    hand_in(built, "ada/06.ipynb")
    prodgen("grade", "class", "--out", "marks")
    (backup,) = (built / "marks/backups").iterdir()
    assert (backup / "marks.csv").read_bytes() == mine
    assert (backup / report).read_bytes() == old[report]
    assert marks(built)["ada"]["total"] == "0"


def test_only_grades_one_exercise_again_and_keeps_the_others(built, fake):
    hand_in(built, "ada/06.ipynb", "mean", "centred")
    prodgen("grade", "class", "--out", "marks")
    log = built / "marks/log.jsonl"
    log.write_text(
        log.read_text().replace('"mini.mean", "correct": true', '"mini.mean", "correct": false')
    )
    assert prodgen("grade", "class", "--out", "marks", "--only", "mini.mean").exit_code == 0
    assert fake.calls[-1] == ("ada", "mini.mean") and len(set(fake.seeds)) == 1
    ada = marks(built)["ada"]
    assert (ada["mini.mean"], ada["mini.centred"], ada["mini.review_spread"]) == ("1", "1", "0")
    refused(prodgen("grade", "class", "--out", "marks", "--only", "mini.gone"), "mini.mean")


def test_only_at_first_and_the_rest_later(built, fake):
    hand_in(built, "ada/06.ipynb", *NAMES)
    prodgen("grade", "class", "--out", "marks", "--only", "mini.mean")
    assert marks(built)["ada"]["of"] == "1"
    prodgen("grade", "class", "--out", "marks")
    assert marks(built)["ada"]["of"] == "3" and fake.calls == [("ada", "mini.mean"), ("ada", None)]


@pytest.mark.parametrize("stop", [0, 1, 4])
def test_a_killed_run_goes_on_and_no_mark_is_lost_or_doubled(built, fake, stop):
    for number in range(6):
        hand_in(built, f"s{number}/06.ipynb", *NAMES[: number % 4])
    fake.stop_after = stop
    result = prodgen("grade", "class", "--out", "marks")
    assert "The same command goes on" in result.stderr and not (built / "marks/marks.csv").exists()
    log = built / "marks/log.jsonl"
    if stop:
        with log.open("ab") as file:
            file.write(log.read_bytes().splitlines()[0][: 40 * stop])
    fake.stop_after = None
    assert prodgen("grade", "class", "--out", "marks").exit_code == 0
    assert sorted(key for key, _ in fake.calls) == [f"s{number}" for number in range(6)]
    found = marks(built)
    assert {key: line["total"] for key, line in found.items()} == {
        f"s{number}": str(number % 4) for number in range(6)
    }
    assert len(set(fake.seeds)) == 1


SLOW = """
import sys, time
from tests_classroom_fake import Fake
from prodgen_lib.cli import main
class Patch:
    setattr = staticmethod(setattr)
fake, whole = Fake(Patch), Fake.one
def slowly(self, task, only, seed):
    time.sleep(0.05)
    return whole(self, task, only, seed)
Fake.one = slowly
main(["grade", "class", "--out", "marks"])
"""


@pytest.mark.slow
def test_killed_for_good_at_any_time_it_goes_on(built, monkeypatch):
    """The process gets SIGKILL again and again, wherever it happens to be."""
    for number in range(12):
        hand_in(built, f"s{number:02}/06.ipynb", *NAMES[: number % 4])
    shutil.copy(__file__, built / "tests_classroom_fake.py")
    (built / "slow.py").write_text(SLOW)
    log, seen, kills = built / "marks/log.jsonl", 0, 0
    for _ in range(12):
        run = subprocess.Popen([sys.executable, "slow.py"], stderr=subprocess.DEVNULL)
        while run.poll() is None and lines(log) < seen + 3:
            time.sleep(0.01)
        run.kill()
        finished, seen = run.wait() == 0, lines(log)
        if finished:
            break
        kills += 1
    assert finished and kills >= 2 and seen == 12, "every notebook is graded once"
    assert {key: line["total"] for key, line in marks(built).items()} == {
        f"s{number:02}": str(number % 4) for number in range(12)
    }


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_an_engine_that_loses_one_says_so(built, fake, monkeypatch):
    hand_in(built, "ada/06.ipynb")
    hand_in(built, "bob/06.ipynb")
    whole = fake.grade
    monkeypatch.setattr(
        fake, "grade", lambda *a: (one for one in whole(*a) if one.student == "ada")
    )
    result = prodgen("grade", "class", "--out", "marks")
    assert "Not graded: bob: The engine gave no result" in result.stderr
    assert list(marks(built)) == ["ada"]


def test_two_runs_at_once_do_not_mix(built, fake):
    hand_in(built, "ada/06.ipynb")
    prodgen("grade", "class", "--out", "marks")
    with journal.held(built / "marks"):
        refused(prodgen("grade", "class", "--out", "marks"), "another run")
    assert prodgen("grade", "class", "--out", "marks").exit_code == 0


def test_students_of_an_earlier_run_stay_in_the_list(built, fake):
    hand_in(built, "ada/06.ipynb", "mean")
    prodgen("grade", "class", "--out", "marks")
    shutil.rmtree(built / "class")
    hand_in(built, "bob/06.ipynb")
    prodgen("grade", "class", "--out", "marks")
    assert set(marks(built)) == {"ada", "bob"} and marks(built)["ada"]["total"] == "1"


def test_a_broken_latest_file_does_not_hide_a_sound_one(built, fake):
    import os

    os.utime(hand_in(built, "ada/first.ipynb", "mean"), (1e9, 1e9))
    os.utime(hand_in(built, "ada/second.ipynb", text="{"), (2e9, 2e9))
    os.utime(hand_in(built, "ada/notes.ipynb", text=dumps_empty()), (3e9, 3e9))
    prodgen("grade", "class", "--out", "marks")
    ada = marks(built)["ada"]
    assert ada["total"] == "1"
    assert (
        "second.ipynb: " in ada["remarks"] and "notes.ipynb: The notebook belongs" in ada["remarks"]
    )


def dumps_empty():
    import nbformat

    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]))


def test_what_is_found_later_is_said_without_grading_again(built, fake):
    hand_in(built, "ada/06.ipynb", "mean")
    prodgen("grade", "class", "--out", "marks")
    hand_in(built, "ada/zzz.ipynb", text="{")
    for _ in range(2):
        prodgen("grade", "class", "--out", "marks")
    assert "zzz.ipynb: " in marks(built)["ada"]["remarks"] and marks(built)["ada"]["total"] == "1"
    assert len(fake.calls) == 1 and len((built / "marks/log.jsonl").read_text().splitlines()) == 2


def test_a_broken_file_that_is_mended_later(built, fake):
    hand_in(built, "ada/06.ipynb", text="{")
    prodgen("grade", "class", "--out", "marks")
    prodgen("grade", "class", "--out", "marks")
    assert len((built / "marks/log.jsonl").read_text().splitlines()) == 1
    hand_in(built, "ada/06.ipynb", *NAMES)
    prodgen("grade", "class", "--out", "marks")
    assert list(marks(built)) == ["ada"] and marks(built)["ada"]["total"] == "3"


def test_full_marks_that_differ_are_pointed_out(built, fake):
    """Whoever claims an older release with fewer exercises does not go unseen."""
    old = read_notebook(built / "notebooks/05_mini_torch.ipynb")
    old.cells = [cell for cell in old.cells if cell.metadata.get("exercise_id") != "mini.centred"]
    old.metadata.prodgen.text = "0ldd0000"
    write_notebook(old, built / "releases/05_mini_torch-0.0.1-0ldd0000.ipynb")
    hand_in(built, "ada/06.ipynb", *NAMES)
    path = hand_in(built, "eve/06.ipynb", *NAMES)
    path.write_text(answered(built, *NAMES, text="0ldd0000"))
    result = prodgen("grade", "class", "--out", "marks")
    assert {key: line["of"] for key, line in marks(built).items()} == {"ada": "3", "eve": "2"}
    assert "In 05_mini not everyone had the same exercises" in result.stderr
    assert "not everyone had" in (built / "marks/class.html").read_text()


def test_weights_are_kept_for_later_runs(built, fake):
    hand_in(built, "ada/06.ipynb", "mean")
    (built / "weights.yaml").write_text("mini.mean: 2\n")
    prodgen("grade", "class", "--out", "marks", "--weights", "weights.yaml")
    (built / "weights.yaml").unlink()
    prodgen("grade", "class", "--out", "marks")
    assert (marks(built)["ada"]["total"], marks(built)["ada"]["of"]) == ("2", "4")


def test_the_identity_is_never_taken_from_inside(built, fake):
    hand_in(built, "ada/06.ipynb", student="bob", author="bob")
    prodgen("grade", "class", "--out", "marks")
    assert list(marks(built)) == ["ada"]


def test_broken_input_gets_its_sentence_and_the_rest_is_graded(built, fake):
    whole = answered(built, *NAMES)

    def changed(change):
        other = json.loads(whole)
        change(other, {cell["id"]: cell for cell in other["cells"]})
        return json.dumps(other)

    def no_ids(notebook, cells):
        for cell in notebook["cells"]:
            del cell["id"]

    def as_format_3(notebook, cells):
        for cell in notebook["cells"]:
            cell["input"] = cell["source"]
            del cell["id"]
        notebook["worksheets"] = [{"cells": notebook.pop("cells"), "metadata": {}}]
        notebook.update(nbformat=3, nbformat_minor=0)

    deep = '{"cells": ' + "[" * 200_000
    accents = whole.replace("# right", "# right é")
    readable = {  # bytes, marks of three, words of the note
        "bom": (b"\xef\xbb\xbf" + whole.encode(), 3, "byte-order mark"),
        "utf16": (whole.encode("utf-16"), 3, "UTF-16"),
        "latin1": (accents.encode("latin-1", "replace"), 3, "Latin-1"),
        "format3": (changed(as_format_3), 3, "old format 3"),
        "metadata": (changed(lambda n, c: n.pop("metadata")), 3, "lost what it says"),
        "ids": (changed(no_ids), 3, "without an id"),
        "twice": (changed(lambda n, c: n["cells"].append(c["mini-mean"])), 3, "without an id"),
        "text": (changed(lambda n, c: c["mini-mean"].update(cell_type="markdown")), 2, "text, not"),
        "deleted": (changed(lambda n, c: n["cells"].remove(c["mini-mean"])), 2, "was deleted"),
        "kernel": (
            changed(lambda n, c: n["metadata"]["kernelspec"].update(name="ir", language="R")),
            *(3, "another kernel"),
        ),
        "numbers": (changed(lambda n, c: n["cells"].insert(0, 7)), 3, "1 cell is damaged"),
    }
    unreadable = {
        "empty": (b"", "is empty"),
        "text.py": (b"print(1)", "not JSON"),
        "truncated": (whole[: len(whole) // 2], "cut off"),
        "conflict": (whole.replace("{", "{\n<<<<<<< HEAD\n", 1), "merge-conflict"),
        "future": (changed(lambda n, c: n.update(nbformat=9)), "format 9"),
        "deep": (deep, "nested too deeply"),
    }
    for name, (content, *_) in (readable | unreadable).items():
        path = built / f"class/{name}/x.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (built / "class/folder/x.ipynb").mkdir(parents=True)
    result = prodgen("grade", "class", "--out", "marks")
    assert result.exit_code == 0
    found = marks(built)
    for name, (_, total, words) in readable.items():
        assert found[name]["total"] == str(total) and words in found[name]["remarks"], found[name]
    for name, words in [(n, w) for n, (_, w) in unreadable.items()] + [("folder", "a folder")]:
        assert found[name]["total"] == "0" and words in found[name]["remarks"], found[name]
        assert f"Not graded: {name}: x.ipynb: " in result.stderr
        assert (built / "marks" / found[name]["report"]).is_file()
    assert len(found) == len(readable) + len(unreadable) + 1


def test_names_cannot_steer_the_terminal(built, fake):
    hand_in(built, "eve\x1b]0;owned\x07\u202e/06.ipynb", text="\x1b[31m")
    result = prodgen("grade", "class", "--out", "marks")
    assert "Not graded: eve: 06.ipynb:" in result.stderr
    assert "\x1b" not in result.output and "\u202e" not in result.output


def test_mistakes_of_the_instructor_are_one_sentence_and_change_nothing(built, fake):
    hand_in(built, "ada/06.ipynb")
    (built / "other").mkdir()
    (built / "other/thesis.txt").write_text("mine")
    out = ["--out", "marks"]
    refused(prodgen("grade", "nowhere", *out), "nowhere", "does not exist")
    refused(prodgen("grade", "class", "--out", "other"), "other", "holds other things")
    refused(prodgen("grade", "class", *out, "--chapter", "99"), "'99'", "05_mini")
    refused(prodgen("grade", "class", *out, "--late", "much"), "late policy")
    refused(prodgen("grade", "class", *out, "--due", "soon"), "no time")
    refused(prodgen("grade", "class", *out, "--weights", "none.yaml"), "does not exist")
    assert not (built / "marks").exists()
    prodgen("grade", "class", *out, "--seed", "1")
    refused(prodgen("grade", "class", *out, "--seed", "2"), "seed 1")
    (built / "marks/run.json").write_text("{")
    refused(prodgen("grade", "class", *out), "run.json is damaged")


def test_the_journal_passes_over_what_is_no_line(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_bytes(b'\xff\n{}\n[]\n{"print": 1\n\n')
    assert journal.read(log) == {} and journal.read(tmp_path / "none") == {}


def test_release_prints_its_file(built):
    result = prodgen("release", "05", "--framework", "torch")
    path = result.stdout.strip()
    assert path.startswith("releases/05_mini_torch-") and (built / path).is_file()
    refused(prodgen("release", "77"), "05_mini")


@pytest.mark.parametrize("framework", ["torch", pytest.param("tensorflow", marks=pytest.mark.slow)])
def test_a_real_class_from_end_to_end(real_course, framework):
    """The real engine in its sandbox: right, untouched, one known mistake, hostile, broken."""
    pytest.importorskip(framework)
    name = f"06_gan_{framework}.ipynb"
    solved = read_notebook(real_course / "solutions" / name)
    empty = (real_course / "notebooks" / name).read_text()
    exercise = find_exercise("gan.generator_loss")
    wrong = exercise.known_wrong(framework)[0]
    mistaken, hostile = deepcopy(solved), deepcopy(solved)
    source = edited(exercise.source(framework), wrong.edits(framework))
    answer(mistaken, "gan.generator_loss").source = source
    answer(hostile, "gan.generator_loss").source = (
        "def generator_loss(fake_logits):\n"
        "    raise ValueError('<script>alert(1)</script> \\x1b[31m')"
    )
    texts = {
        "ada": dumps(solved),
        "bob": empty,
        "cas": dumps(mistaken),
        "dan": dumps(hostile),
        "eve": empty[:3000],
    }
    for student, text in texts.items():
        hand_in(real_course, f"{student}/x.ipynb", text=text)
    result = prodgen("grade", "class", "--out", "marks", "--chapter", "06", "--jobs", "1")
    assert result.exit_code == 0, result.output
    found = marks(real_course)
    of = int(found["ada"]["of"])
    assert of == sum(has(cell, "exercise") for cell in solved.cells)
    totals = {student: int(line["total"]) for student, line in found.items()}
    assert totals == {"ada": of, "bob": 0, "cas": of - 1, "dan": of - 1, "eve": 0}
    page = (real_course / "marks" / found["cas"]["report"]).read_text()
    assert str(prose(wrong.message.en)) in page and f"known mistake: {wrong.name}" in page
    page = (real_course / "marks" / found["dan"]["report"]).read_text()
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page and "\x1b" not in page
    result = prodgen("grade", "class", "--out", "marks", "--chapter", "06")
    assert "0 notebooks graded, 4 were graded before." in result.stdout


def answer(notebook, exercise):
    cells = [cell for cell in notebook.cells if has(cell, "exercise")]
    return next(cell for cell in cells if cell.metadata.exercise_id == exercise)
