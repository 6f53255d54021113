"""Practice in a real browser by keyboard: a day to be ready by, cards, drills, an interview."""

import json
import re
import sqlite3
from datetime import date, timedelta

import pytest
from test_browser import EDITOR, IDLE, OPEN, PANEL, RUN_ABOVE, SELECT, lab, page, run_cell
from test_browser import pytestmark as pytestmark

__all__ = ["lab", "page"]  # fixtures
BY = date.today() + timedelta(days=20)


def press(page, text: str) -> None:
    """Reach a button as Tab does, and press it with the space bar."""
    page.locator(f"{PANEL} .jp-OutputArea button", has_text=text).last.focus()
    page.keyboard.press("Space")


def tick(page) -> None:
    """Reach the first box of a checklist as Tab does, and tick it with the space bar."""
    page.locator(f"{PANEL} .prodgen-point input[type=checkbox]").first.focus()
    page.keyboard.press("Space")


@pytest.mark.timeout(600)
def test_a_candidate_practises(lab, page, tmp_path):
    address, token = lab
    page.goto(f"{address}/lab/tree/work/practice.ipynb?token={token}")
    page.wait_for_function(OPEN)
    page.wait_for_function(IDLE)
    assert page.evaluate(SELECT, "widgets.mock_interview(") >= 0
    page.evaluate(RUN_ABOVE)
    page.wait_for_function(IDLE)
    page.evaluate(SELECT, "widgets.mock_interview(")
    page.locator(EDITOR).click()
    run_cell(page)
    notebook = page.locator(PANEL)

    page.evaluate(SELECT, "widgets.ready_by(")
    page.locator(f"{PANEL} .jp-OutputArea input[type=date]").fill(BY.isoformat())
    press(page, "Plan until this day")
    notebook.get_by_text("minutes a day you will see").wait_for()
    picture = notebook.locator("svg[role=img]").last
    assert "unseen today" in picture.locator("desc").text_content()
    assert picture.bounding_box()["height"] > 100

    page.evaluate(SELECT, "widgets.flashcards(")
    for number, rating in enumerate(("good", "again", "easy"), start=1):
        notebook.get_by_text(f"Card {number} of").wait_for(timeout=60_000)
        press(page, "Show the answer")
        if number == 1:
            press(page, "Tick what you said")
            tick(page)
            notebook.get_by_text(re.compile("[1-9][0-9]% of the points' weight")).wait_for()
        press(page, rating)
        notebook.get_by_text("The last one comes again on").wait_for()
    press(page, "Show the answer")

    page.evaluate(SELECT, "widgets.drills(")
    press(page, "Make the notebook")
    notebook.get_by_text("is ready:").wait_for()
    assert list((tmp_path / "work" / "drills").glob("drill_*.ipynb"))

    press(page, "What comes back today (0)")
    notebook.get_by_text("No exercise comes back today.").wait_for()

    page.evaluate(SELECT, "widgets.mock_interview(")
    press(page, "Begin")
    notebook.get_by_text("· concept · 4 minutes").wait_for()
    while True:  # every item to its end: concepts, then what else the role is asked
        press(page, "I have answered")
        page.wait_for_timeout(300)
        if notebook.get_by_role("button", name="These I said").count():
            press(page, "These I said")
        else:
            press(page, "nothing")
        page.wait_for_timeout(300)
        if notebook.get_by_text("Follow-up", exact=True).count():
            press(page, "I have answered")
            press(page, "nothing")
            page.wait_for_timeout(300)
        if not notebook.get_by_role("button", name="I have answered").count():
            break
    notebook.get_by_text("The interview is over, and kept").wait_for()
    notebook.get_by_text("Weak, and first in the cards from now on").wait_for()
    notebook.get_by_role("heading", name="Tomorrow").wait_for()

    with sqlite3.connect(tmp_path / "home" / "practice.db") as history:
        ratings = history.execute("SELECT rating FROM reviews ORDER BY number").fetchall()
        (weak,) = history.execute("SELECT weak FROM interviews").fetchone()
        goals = history.execute("SELECT by, minutes FROM goals").fetchall()
        (said, missed) = history.execute("SELECT said, missed FROM answers").fetchone()
    assert goals == [(BY.isoformat(), 30)]
    assert len(json.loads(said)) == 1 and len(json.loads(missed)) >= 3
    assert ratings == [(3,), (1,), (4,)] and weak != "[]"
