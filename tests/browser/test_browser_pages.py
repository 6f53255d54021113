"""The pages that the course writes, looked at by axe-core in light and dark."""

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from test_browser import BROWSER, FLAGS
from test_browser import pytestmark as pytestmark

from prodgen_lib.classroom.evidence.answers import Answer
from prodgen_lib.classroom.evidence.page import report_page
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded, Mark
from prodgen_lib.classroom.marks.marks import Policy, row
from prodgen_lib.classroom.marks.reports import class_page, report
from prodgen_lib.course.page import page as notebook_page
from prodgen_lib.course.project import read_notebook
from prodgen_lib.course.shared_log import Attempt, Recall, SharedLog
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.progress_page import write_progress

ROOT = Path(__file__).resolve().parents[2]
BAD = ("serious", "critical")


def progress(to: Path) -> None:
    desk = Desk(ROOT, to.with_suffix(".db"), now=lambda: datetime(2026, 11, 28, tzinfo=UTC))
    write_progress(desk.progress_html(), to)


def run_page(to: Path) -> None:
    name = "06_gan_torch"
    notebook = read_notebook(ROOT / f"solutions/{name}.ipynb")
    to.write_text(notebook_page(notebook, name, ["06_gan_tensorflow"]), encoding="utf-8")


def rows() -> list:
    marks = (
        Mark("gan.generator_loss", True, 5, 5, "", None, 1.0),
        Mark("gan.train_step", False, 1, 5, "At *values*: `x` is wrong.", "sum", 1.0),
        Mark("gan.review_step", False, 0, 1, "Not answered yet.", None, 0.0, answered=False),
    )
    graded = Graded("ada", "ada/x.ipynb", "06_gan", "torch", "0.1.0", 7, marks, ("A remark.",))
    return [row(Student("ada", "Ada"), graded, Policy(), 0.0)]


def students_page(to: Path) -> None:
    to.write_text(report(rows()[0], Policy()), encoding="utf-8")


def teachers_page(to: Path) -> None:
    to.write_text(class_page(rows(), Policy(), 7), encoding="utf-8")


def evidence_page(to: Path) -> None:
    names = ("gan.generator_loss", "gan.discriminator_loss", "gan.train_step")
    answers = [
        Answer(
            *(str(n), str(n), "06_gan", "torch", 1),
            Mark(name, n % (k + 2) > 0, 1, 5, "At `x`.", None, 1.0, "", True, ("a: 1",), "x = 1"),
        )
        for n in range(12)
        for k, name in enumerate(names)
    ]
    log = SharedLog(
        (
            Attempt(0, names[0], "torch", False, None, 0),
            Attempt(5, names[0], "torch", True, None, 1),
        ),
        (Recall(2.0, 0.9, True), Recall(3.0, 0.8, False)),
    )
    to.write_text(report_page(answers, {"a.json": log}, ["A remark."]), encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("write", [progress, run_page, students_page, teachers_page, evidence_page])
def test_axe_finds_nothing_serious(tmp_path, write, scheme):
    pytest.importorskip("axe_playwright_python")
    from playwright.sync_api import sync_playwright

    write(tmp_path / "page.html")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 420, "height": 900}, color_scheme=scheme)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "page.html").as_uri())
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        browser.close()
    bad = [
        (one["id"], one["help"], [node["html"][:100] for node in one["nodes"]][:3])
        for one in found["violations"]
        if one["impact"] in BAD
    ]
    assert not bad
    assert all(url.startswith(("file:", "data:")) for url in asked), "a page asks the network"
    assert not wide, "the page leaves the screen of a telephone"
