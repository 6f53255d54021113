"""In a real browser: sample answers marked by keyboard, a spoken answer recorded, a program run."""

import json
import re
import sqlite3

import pytest
from click.testing import CliRunner
from test_browser import (
    BROWSER,
    FLAGS,
    IDLE,
    OPEN,
    PANEL,
    RUN_ABOVE,
    SELECT,
    lab,
    run_cell,
)
from test_browser import pytestmark as pytestmark

from prodgen_lib.cli import main

__all__ = ["lab"]  # a fixture
# A tone in place of a microphone, and a yes to the question whether it may be used.
SOUND = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
LOADED = "() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 1"


def press(page, text: str) -> None:
    """Reach a button as Tab does, and press it with the space bar."""
    page.locator(PANEL).get_by_role("button", name=text, exact=True).last.focus()
    page.keyboard.press("Space")


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=[*FLAGS, *SOUND])
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        page.set_default_timeout(180_000)
        yield page
        browser.close()


@pytest.mark.timeout(600)
def test_a_candidate_marks_answers_and_records_one(lab, page, tmp_path):
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    address, token = lab
    page.goto(f"{address}/lab/tree/work/practice.ipynb?token={token}")
    page.wait_for_function(OPEN)
    page.wait_for_function(IDLE)
    assert page.evaluate(SELECT, "widgets.progress(") >= 0
    page.evaluate(RUN_ABOVE)
    page.wait_for_function(IDLE)
    notebook = page.locator(PANEL)

    for call in ("widgets.marking(", "widgets.mock_interview("):
        page.evaluate(SELECT, call)
        page.locator(f"{PANEL} .jp-Notebook-cell.jp-mod-active .cm-content").click()
        run_cell(page)

    page.evaluate(SELECT, "widgets.marking(")
    notebook.get_by_text("Three answers to one question").last.wait_for()
    press(page, "Begin")  # the last one on the page is that of marking
    ticked = page.locator(f"{PANEL} .prodgen-point input:checked")
    for letter in "ABC":
        notebook.get_by_text(f"Answer {letter}", exact=True).wait_for()
        expect(ticked).to_have_count(0)  # the list of the answer before is gone
        page.locator(f"{PANEL} .prodgen-point input[type=checkbox]").first.focus()
        page.keyboard.press("Space")
        expect(ticked).to_have_count(1)
        press(page, "These it says")
    notebook.get_by_text("was written as").first.wait_for()
    notebook.get_by_text("1 is perfect agreement").wait_for()
    with sqlite3.connect(tmp_path / "home" / "practice.db") as history:
        rows = history.execute("SELECT level, said FROM marks ORDER BY level").fetchall()
    assert [level for level, _ in rows] == ["expert", "junior", "senior"]
    assert [len(json.loads(said)) for _, said in rows] == [1, 1, 1]

    page.evaluate(SELECT, "widgets.mock_interview(")
    press(page, "Record my answers")
    notebook.get_by_role("button", name="Stop and save the recording").wait_for()
    press(page, "Begin")
    notebook.get_by_text("· concept · 4 minutes").wait_for()
    page.wait_for_timeout(2500)
    press(page, "I have answered")
    press(page, "These I said")
    with page.expect_download() as found:
        press(page, "Stop and save the recording")
    assert re.fullmatch(r"interview-[\d-]+\.webm", found.value.suggested_filename)
    sound = found.value.path().read_bytes()
    assert sound[:4] == b"\x1a\x45\xdf\xa3" and len(sound) > 5_000, "a WebM file with sound in it"
    notebook.get_by_text("Saved in your downloads").wait_for()
    press(page, "I have answered")
    press(page, "nothing")
    press(page, "End here")
    notebook.get_by_text(re.compile(r"In the recording at 0:\d\d\.")).wait_for()


@pytest.mark.timeout(600)
def test_a_whole_program_runs_and_is_measured(lab, page, tmp_path):
    pytest.importorskip("torch")
    command = ["--root", str(tmp_path), "practice", "program", "diffusion.program_moons"]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert "is ready" in result.output
    address, token = lab
    name = "diffusion_program_moons_torch.ipynb"
    page.goto(f"{address}/lab/tree/work/drills/{name}?token={token}")
    page.wait_for_function(LOADED)
    page.wait_for_function(IDLE)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    told = page.locator(PANEL).get_by_text(
        re.compile(r"energy distance: 0\.\d+; wanted is at most")
    )
    told.wait_for()
    assert told.inner_text().strip().endswith("Not reached.")
