"""What is known of a picture that was drawn, and what is guessed of one that was not."""

import numpy as np
import pytest

from prodgen_lib.data.catalogue import render
from prodgen_lib.plain.shots import SWATCHES, drawn, guessed_colours, photographed

FACTORS = {"category": [0, 3], "main": [5, 0], "second": [2, 11], "pattern": 1}


def test_a_drawn_picture_is_the_catalogues():
    shots = drawn(FACTORS, 64)
    assert np.abs(255 * shots.pictures - render(FACTORS, 64)).max() <= 1.01
    assert np.allclose(shots.colours, SWATCHES[[[5, 2], [0, 11]]])


def test_a_photograph_is_cut_to_a_square_and_its_product_found():
    picture = render(FACTORS, 64)[1]
    wide = np.concatenate([picture[:, :1].repeat(20, 1), picture, picture[:, -1:].repeat(20, 1)], 1)
    shot, exact = photographed(wide, 64), drawn(FACTORS, 64)
    assert shot.pictures.shape == (1, 64, 64, 3) and shot.shadow.max() == 1
    both = np.minimum(shot.matte[0], exact.matte[1]).sum()
    assert both / np.maximum(shot.matte[0], exact.matte[1]).sum() > 0.8


def test_colours_of_two_halves_are_found_under_shading():
    light = np.linspace(0.5, 1, 40)[:, None, None]
    picture = np.where(np.arange(40)[None, :, None] < 25, SWATCHES[0], SWATCHES[5]) * light
    first, second = guessed_colours(picture, np.ones((40, 40, 1)))
    for found, true in ((first, SWATCHES[0]), (second, SWATCHES[5])):
        assert found @ true / np.linalg.norm(found) / np.linalg.norm(true) == pytest.approx(
            1, abs=0.01
        )


def test_a_picture_without_a_product_gives_grey():
    assert np.allclose(guessed_colours(np.zeros((8, 8, 3)), np.zeros((8, 8, 1))), 0.5)
