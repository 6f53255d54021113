"""The board with sliders that change a picture."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from prodgen_lib.show.change_board import Dial, change_board

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
DIALS = {"darker": Dial(0, 100, 0, 10), "turns": Dial(0, 3, 0, 1)}


def chosen(name, kind, content):
    """What the browser hands over."""
    told = {"name": name, "type": kind, "size": len(content), "last_modified": WHEN}
    return [told | {"content": memoryview(content)}]


@pytest.fixture
def board(monkeypatch):
    seen = []

    def change(picture, values):
        seen.append((picture.shape, values))
        return np.rot90(picture - np.uint8(values["darker"]), int(values["turns"]))

    return change_board(change, np.full((8, 8, 3), 200, np.uint8), DIALS), seen


def parts(board):
    controls, right = board.children[0].children
    return controls.children[:2], controls.children[2].children, right.children


def test_a_slider_changes_the_picture_and_what_is_said_of_it(board):
    board, seen = board
    (darker, _), (reset, _), (pictures, words) = parts(board)
    before = pictures.value
    darker.value = 50
    assert seen[-1][1] == {"darker": 50, "turns": 0} and pictures.value != before
    assert "darker 50, turns 0" in words.value and 'role="status"' in words.value
    assert pictures.value.count("alt=") == 2
    reset.click()
    assert darker.value == 0 and pictures.value == before


def test_a_picture_of_ones_own_takes_the_place(board):
    board, seen = board
    _, (_, upload), (_, words) = parts(board)
    file = io.BytesIO()
    Image.new("RGB", (300, 100), "red").save(file, "PNG")
    upload.value = chosen("a.png", "image/png", file.getvalue())
    assert seen[-1][0] == (43, 128, 3)
    upload.value = chosen("b.txt", "text/plain", b"no picture")
    assert "b.txt is not a picture" in words.value


def test_without_a_kernel_the_pictures_stay(board):
    bundle = board[0]._repr_mimebundle_()
    assert bundle["text/html"].count("<img") == 4 and "open the notebook" in bundle["text/plain"]
