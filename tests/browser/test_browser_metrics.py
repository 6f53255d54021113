"""The blind comparison in a real browser: three pairs rated by keyboard, counted and kept."""

import json

import pytest
from test_browser import EDITOR, IDLE, OPEN, PANEL, RUN_ABOVE, SELECT, lab, page, run_cell
from test_browser import pytestmark as pytestmark

__all__ = ["lab", "page"]  # fixtures


@pytest.mark.tensorflow_slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_learner_rates_pairs_by_keyboard(lab, page, framework, tmp_path):
    pytest.importorskip(framework)
    address, token = lab
    page.goto(f"{address}/lab/tree/work/03_metrics_{framework}.ipynb?token={token}")
    page.wait_for_function(OPEN)
    page.wait_for_function(IDLE)
    assert page.evaluate(SELECT, "blind_comparison(") >= 0
    page.evaluate(RUN_ABOVE)
    page.wait_for_function(IDLE)
    page.evaluate(SELECT, "blind_comparison(")
    page.locator(EDITOR).click()
    run_cell(page)

    pair = page.locator(f"{PANEL} .jp-OutputArea .widget-html img:not([alt=''])")
    pair.first.wait_for(timeout=60_000)
    assert [image.get_attribute("alt") for image in pair.all()] == [
        "left picture of pair 1",
        "right picture of pair 1",
    ]
    page.locator(f"{PANEL} .jp-OutputArea .noUi-handle").focus()
    for count, key in enumerate(("ArrowRight", "ArrowLeft"), start=1):
        page.keyboard.press(key)
        page.locator(PANEL).get_by_text(f"{count} of 27 pairs rated").wait_for()
    page.locator(f"{PANEL} .jp-OutputArea button", has_text="Right").focus()
    page.keyboard.press("Space")
    page.locator(PANEL).get_by_text("3 of 27 pairs rated").wait_for()

    lines = (tmp_path / "home" / "ratings.jsonl").read_text().splitlines()
    assert [json.loads(line)["side"] for line in lines] == ["right", "left", "right"]
