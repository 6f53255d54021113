import csv
import io
import json
import os
import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from prodgen_lib.checking.source import PACKAGE, function_source
from prodgen_lib.classroom.evidence.answers import Answer, read_marks
from prodgen_lib.classroom.evidence.failures import clusters
from prodgen_lib.classroom.evidence.logs import hints, read_logs, tried, ways, whose
from prodgen_lib.classroom.evidence.page import findings, items, report_page
from prodgen_lib.classroom.evidence.table import anonymous_csv
from prodgen_lib.classroom.grading import engine
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded, Mark, Submission
from prodgen_lib.classroom.marks import journal
from prodgen_lib.classroom.salt import salt, salted
from prodgen_lib.classroom.sandbox.sandbox import Sandbox, works
from prodgen_lib.cli import main
from prodgen_lib.course.project import CourseError, read_notebook
from prodgen_lib.course.shared_log import Attempt, Recall, SharedLog

needs_sandbox = pytest.mark.skipif(
    not (works("bubblewrap") or works("namespaces")), reason="this machine has no sandbox"
)
NAMES = ["gan.discriminator_loss", "gan.generator_loss", "gan.update_average", "gan.train_step"]
SLOPES = np.array([1.6, 1.4, 0.0, 1.8])


def mark(name, correct, wrong=None, message="wrong", seen=(), answer="", answered=True):
    return Mark(name, correct, 5 * correct, 5, message, wrong, 0.1, "", answered, seen, answer)


def a_class(people=200, seed=0):
    """A class of known ability; the third exercise was made useless."""
    rng = np.random.default_rng(seed)
    ability = rng.standard_normal((people, 1))
    right = rng.random((people, 4)) < 1 / (1 + np.exp(-SLOPES * ability))
    return [
        Answer(f"s{n}", f"Student {n}", "06_gan", "torch", 7, mark(name, bool(right[n, k]), "sum"))
        for n in range(people)
        for k, name in enumerate(NAMES)
    ]


def unexplained(student, seen, framework="torch", answer="", message="wrong", seed=7):
    one = mark("gan.train_step", False, None, message, seen, answer)
    return Answer(student, student, "06_gan", framework, seed, one)


def test_the_useless_exercise_of_a_simulated_class_is_named():
    found = items(a_class())
    assert [one.verdict for one in found] == [*["separates"] * 2, "does not separate", "separates"]
    told = findings(found, [], [])
    assert len(told) == 1 and "`gan.update_average` does not separate" in told[0]


def test_nine_students_get_no_discrimination():
    found = items(a_class(9))
    assert [one.discrimination for one in found] == [None] * 4 and findings(found, [], []) == []
    assert "nothing is said" in report_page(a_class(9), {})


def test_known_wrong_answers_are_counted_and_others_are_clustered_by_what_was_seen():
    answers = [
        unexplained("a", ("step, loss: number 0.69315 0.69315 0.69315",), answer="long answer"),
        unexplained("b", ("step, loss: number 0.69316 0.69314 0.69315",), answer="short"),
        unexplained("c", ("step, loss: number 1.3863 1.3863 1.3863",)),
        unexplained("d", ("step, loss: number 0.69315 0.69315 0.69315",), "tensorflow"),
        unexplained("e", ("step, loss: number 0.69315 0.69315 0.69315",), seed=8),
        unexplained("f", ("step: ValueError: no",)),
    ]
    found = clusters(answers)
    assert [one.count for one in found] == [3, 1, 1, 1]
    assert found[0].answer == "short" and found[0].frameworks == ("torch", "tensorflow")
    assert items(answers)[0].unexplained == 6


def test_without_observations_the_sentence_decides_but_not_the_line_in_it():
    one, two, three = (
        unexplained("a", (), message="It stops with KeyError: 'x' (line 3 of the answer)"),
        unexplained("b", (), message="It stops with KeyError: 'x' (line 30 of the answer)"),
        unexplained("c", (), message="It stops with KeyError: 'y'"),
    )
    assert [c.count for c in clusters([one, two, three])] == [2, 1]
    right = Answer("d", "d", "06_gan", "torch", 7, mark("gan.train_step", True))
    blank = Answer("e", "e", "06_gan", "torch", 7, mark("gan.train_step", False, answered=False))
    assert clusters([right, blank]) == []


def log(*attempts, recalls=()):
    return SharedLog(tuple(Attempt(*one) for one in attempts), tuple(recalls))


ADA = log(
    (0, "gan.discriminator_loss", "torch", True, None, 0),
    (4, "gan.generator_loss", "torch", False, "sum", 0),
    (9, "gan.generator_loss", "torch", True, None, 1),
    (300, "gan.train_step", "torch", False, None, 0),
    (310, "gan.train_step", "torch", False, None, 0),
    recalls=[Recall(2.0, 0.9, True), Recall(5.0, 0.8, False)],
)


def test_tries_and_minutes_are_those_up_to_the_first_right_one():
    found = ways(ADA)
    assert found["gan.discriminator_loss"].minutes is None  # nothing was checked before
    way = found["gan.generator_loss"]
    assert (way.tries, way.solved, way.minutes, way.hints) == (2, True, 9, 1)
    assert found["gan.train_step"].minutes is None and not found["gan.train_step"].solved
    by_name = {one.exercise: one for one in tried([ADA, ADA], NAMES)}
    one = by_name["gan.generator_loss"]
    assert one.learners == 2 and one.first_try[0] == 0 and one.tries == 2 and one.minutes == 9
    assert one.stated == 5 and by_name["gan.discriminator_loss"].first_try[0] == 1
    assert tried([log((0, "no.such", "torch", True))]) == []


def test_hints_are_compared_only_after_a_wrong_answer():
    found = hints([ADA])
    assert (found.right_with, found.with_hint, found.right_without, found.without) == (1, 1, 0, 1)


def test_a_log_is_somebodys_by_the_name_of_its_file_or_folder():
    found = whose(
        {"ada.json": ADA, "Bob B/log.json": ADA, "x.json": ADA}, {"ada": "A", "b": "Bob B"}
    )
    assert set(found) == {"ada", "b"}


def test_what_is_no_log_is_told_and_not_taken(tmp_path):
    (tmp_path / "a.json").write_text(ADA.to_json())
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_text(ADA.to_json().replace("gan.train_step", "<script>"))
    (tmp_path / "d.json").write_text(ADA.to_json().replace('"minute": 310', '"minute": NaN'))
    found, told = read_logs(tmp_path)
    assert found == {"a.json": ADA} and len(told) == 3
    with pytest.raises(CourseError, match="does not exist"):
        read_logs(tmp_path / "none")


def test_the_table_has_salted_ids_and_neither_names_nor_answers(monkeypatch, tmp_path):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    secret = salt()
    assert salt() == secret and len(secret) == 32
    if os.name == "posix":
        assert (tmp_path / "home/salt").stat().st_mode & 0o777 == 0o600
    answers = [*a_class(12), unexplained("ada", ("step: ValueError: secret",), answer="my code")]
    text = anonymous_csv(answers, {"ada": ADA}, secret)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 49 and not re.search(r"ada|Student|secret|my code|s1\b", text)
    mine = [row for row in rows if row["student"] == salted("ada", secret)]
    assert len(mine) == 1 and (mine[0]["tries"], mine[0]["solved_in_log"]) == ("2", "0")
    assert [row["student"] for row in rows] == sorted(row["student"] for row in rows)
    assert salted("ada", secret) != salted("ada", b"other")


def test_strangers_words_on_the_page_stay_words():
    evil = "</code></pre><script>document.title='owned'</script>\x1b[2J"
    answers = [
        *a_class(12),
        unexplained("x", (evil,), answer=f"def f():\n    {evil}", message=evil),
    ]
    page = report_page(answers, {"a.json": ADA})
    assert "<script" not in page and "\x1b" not in page and "    &lt;/code" in page
    assert 'role="img" aria-label="Recall over' in page
    assert page.count("<svg") == page.count('role="img" aria-label="') == 5


def marks_folder(folder, answers):
    folder.mkdir()
    for student in dict.fromkeys(one.student for one in answers):
        mine = [one for one in answers if one.student == student]
        graded = Graded(
            *(student, "x.ipynb", "06_gan", "torch", "0.1.0", 7),
            *(tuple(one.mark for one in mine), ()),
        )
        journal.add(
            folder / "log.jsonl", journal.Entry("p", Student(student, mine[0].name), 0.0, graded)
        )


def test_the_command_writes_the_page_and_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    answers = [*a_class(30), unexplained("s3", ("a: 1.0",), answer="def f(): ...")]
    marks_folder(tmp_path / "marks", answers)
    assert {(a.student, a.mark) for a in read_marks([tmp_path / "marks"])} == {
        (a.student, a.mark) for a in answers if (a.student, a.mark.exercise) != ("s3", NAMES[3])
    } | {("s3", answers[-1].mark)}
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/s3.json").write_text(ADA.to_json())
    (tmp_path / "logs/bad.json").write_text("{}")
    ran = CliRunner().invoke(
        main, ["report", "marks", "--out", "page.html", "--shared", "logs"], catch_exceptions=False
    )
    assert ran.exit_code == 0 and "page.html\npage.csv" in ran.stdout and "bad.json" in ran.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "1 shared log" in page and "def f(): ..." in page and "Student 3" not in page
    assert "http" not in page.replace("http-equiv", "")
    refused = CliRunner().invoke(main, ["report", "logs", "--out", "x.html"])
    assert refused.exit_code and "holds no marks" in refused.stderr


def test_old_logs_without_observations_are_read():
    old = json.loads(
        Graded("a", "p", "c", "torch", "1", 1, (mark("gan.train_step", False),), ()).to_json()
    )
    for name in ("seen", "answer"):
        del old["marks"][0][name]
    assert Graded.from_json(json.dumps(old)).marks[0].seen == ()


@needs_sandbox
def test_the_engine_keeps_what_it_saw_of_a_failure_that_has_no_name():
    pytest.importorskip("torch")
    right = function_source("torch", "gan", "generator_loss")
    answers = {
        "unnamed": right.replace(".mean()", ".mean() * 1.7"),
        "known": right.replace(".mean()", ".sum()"),
        "raises": 'def generator_loss(fake_logits):\n    raise KeyError("x")',
        "right": right,
    }
    course = read_notebook(PACKAGE.parent / "notebooks/06_gan_torch.ipynb")
    found = {}
    for name, text in answers.items():
        notebook = deepcopy(course)
        for cell in notebook.cells:
            if cell.id == "gan-generator_loss":
                cell.source = text
        graded = engine.grade_submission(
            Submission(name, Path(name), notebook),
            course,
            seed=5,
            sandbox=Sandbox.find(),
            only=["gan.generator_loss"],
        )
        (found[name],) = Graded.from_json(graded.to_json()).marks
        assert found[name] == graded.marks[0]
    engine.close()
    assert found["right"].correct and found["known"].wrong and found["unnamed"].wrong is None
    assert not (found["right"].seen or found["known"].seen or found["known"].answer)
    assert "* 1.7" in found["unnamed"].answer and len(found["unnamed"].seen) >= 2
    assert found["raises"].seen[0].endswith("KeyError: 'x'")
