"""A picture from the disk in a real browser: chosen by the button, enlarged, shown."""

import json

import numpy as np
import pytest
from PIL import Image
from test_browser import EDITOR, IDLE, PANEL, lab, page, run_cell
from test_browser import pytestmark as pytestmark

__all__ = ["lab", "page"]  # fixtures

CODE = """from prodgen_lib.torch.superres import upscale
from prodgen_lib.show.upload import upload_picture

upload_picture(lambda picture: {"yours": picture, "twice as large": upscale(picture)})"""
OPEN = "() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length"
DRAWN = "image => image.complete && image.naturalWidth"


def notebook(code: str) -> str:
    cell = {"cell_type": "code", "id": "upload", "source": code, "metadata": {}}
    cell |= {"outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book)


@pytest.mark.timeout(300)
def test_a_learner_puts_in_a_photograph_and_sees_it_enlarged(lab, page, tmp_path):
    pytest.importorskip("torch")
    address, token = lab
    (tmp_path / "work" / "upload.ipynb").write_text(notebook(CODE), encoding="utf-8")
    values = np.random.default_rng(0).integers(0, 256, (2000, 2600, 3), np.uint8)
    Image.fromarray(values).save(tmp_path / "photo.png")  # 15 MB, as from a camera
    (tmp_path / "words.png").write_text("no picture")

    page.goto(f"{address}/lab/tree/work/upload.ipynb?token={token}")
    page.wait_for_function(OPEN)
    page.wait_for_function(IDLE)
    page.locator(EDITOR).click()
    run_cell(page)
    shown = page.locator(f"{PANEL} .jp-OutputArea")
    for name, said in (
        ("words.png", "words.png is not a picture that can be read"),
        ("photo.png", "photo.png: yours, twice as large; shrunk from 2600×2000 to 256 px."),
    ):
        with page.expect_file_chooser() as chooser:
            shown.get_by_role("button", name="Choose a picture").click()
        chooser.value.set_files(tmp_path / name)
        shown.get_by_role("status").get_by_text(said).wait_for(timeout=60_000)
    widths = [shown.get_by_alt_text(name).evaluate(DRAWN) for name in ("yours", "twice as large")]
    assert widths == [256, 512]
