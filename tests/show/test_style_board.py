"""The dial moves over pictures that stand ready, and says which one is shown."""

import numpy as np

from prodgen_lib.show.style_board import dial


def test_a_dial_shows_each_picture_under_its_words():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    slider, picture, words, *_ = dial(pictures, ["none", "some", "all"], "weight").children
    assert slider.description == "weight" and slider.max == 2 and "none" in words.value
    first = picture.value
    slider.value = 2
    assert "all" in words.value and picture.value != first
