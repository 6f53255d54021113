"""Practice in a real browser: cards, a drill and a short mock interview, by keyboard."""

import sqlite3

import pytest
from test_browser import EDITOR, IDLE, OPEN, PANEL, RUN_ABOVE, SELECT, lab, page, run_cell
from test_browser import pytestmark as pytestmark

__all__ = ["lab", "page"]  # fixtures


def press(page, text: str) -> None:
    """Reach a button as Tab does, and press it with the space bar."""
    page.locator(f"{PANEL} .jp-OutputArea button", has_text=text).last.focus()
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

    page.evaluate(SELECT, "widgets.flashcards(")
    for number, rating in enumerate(("good", "again", "easy"), start=1):
        notebook.get_by_text(f"Card {number} of").wait_for(timeout=60_000)
        press(page, "Show the answer")
        press(page, rating)
        notebook.get_by_text("The last one comes again on").wait_for()
    press(page, "Show the answer")

    page.evaluate(SELECT, "widgets.drills(")
    press(page, "Make the notebook")
    notebook.get_by_text("is ready:").wait_for()
    assert list((tmp_path / "work" / "drills").glob("drill_*.ipynb"))

    page.evaluate(SELECT, "widgets.mock_interview(")
    press(page, "Begin")
    notebook.get_by_text("· concept · 4 minutes").wait_for()
    press(page, "I have answered")
    press(page, "junior")
    notebook.get_by_text("Follow-up", exact=True).wait_for()
    press(page, "I have answered")
    press(page, "nothing")
    press(page, "End here")
    notebook.get_by_text("The interview is over, and kept").wait_for()
    notebook.get_by_text("Weak, and first in the cards from now on").wait_for()

    with sqlite3.connect(tmp_path / "home" / "practice.db") as history:
        ratings = history.execute("SELECT rating FROM reviews ORDER BY number").fetchall()
        (weak,) = history.execute("SELECT weak FROM interviews").fetchone()
    assert ratings == [(3,), (1,), (4,)] and weak != "[]"
