"""The prompt box in a real browser, by keyboard alone: typed, drawn, refused, drawn anew."""

import pytest
from test_browser import EDITOR, IDLE, PANEL, lab, page, run_cell
from test_browser import pytestmark as pytestmark
from test_browser_upload import OPEN, notebook

CELLS = OPEN.removeprefix("() => ")
__all__ = ["lab", "page"]  # fixtures

CODE = """import numpy as np
from prodgen_lib.plain.sentences import labels, said, understand
from prodgen_lib.show.prompt_box import prompt_box

def draw(prompt, count, seed):
    return np.full((count, 32, 32, 3), 40 * seed, np.uint8)

prompt_box(draw, understand, labels=labels, said=said)"""


@pytest.mark.timeout(300)
def test_a_learner_types_sentences_and_sees_them_drawn(lab, page, tmp_path):
    address, token = lab
    (tmp_path / "work" / "prompt.ipynb").write_text(notebook(CODE), encoding="utf-8")
    page.goto(f"{address}/lab/tree/work/prompt.ipynb?token={token}")
    page.wait_for_function(OPEN)
    page.wait_for_function(IDLE)
    page.locator(EDITOR).click()
    run_cell(page)
    shown = page.locator(f"{PANEL} .jp-OutputArea")
    field = shown.get_by_role("textbox", name="Sentence")
    field.focus()
    cells = page.evaluate(CELLS)
    for text, reply in (
        ("a red striped mug with blue", "read as: a red striped mug with blue"),
        ("a zorblax mug", "I do not know the word"),
        ("红色条纹马克杯，蓝色手柄", "read as: a red striped mug with blue"),
    ):
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")
        shown.get_by_role("status").get_by_text(reply).wait_for(timeout=60_000)
        assert field.evaluate("field => field === document.activeElement")
    picture = shown.get_by_alt_text("4 pictures of a red striped mug with blue")
    before = picture.get_attribute("src")
    page.wait_for_timeout(1000)
    page.keyboard.press("Tab")
    assert shown.get_by_role("button", name="Draw").evaluate("b => b === document.activeElement")
    page.keyboard.press("Space")
    page.wait_for_function("old => !document.querySelector(`img[src='${old}']`)", arg=before)
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    assert page.evaluate(CELLS) == cells, "a key that was meant for the box reached the notebook"
