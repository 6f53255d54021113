"""A catalogue picture taken apart and put together again is the picture."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.data import catalogue
from prodgen_lib.data.cloth import COLOURS
from prodgen_lib.plain.layers import layers

SWATCHES = np.array(list(COLOURS.values()), np.float32)


@pytest.mark.parametrize("size", catalogue.SIZES)
def test_layers_put_together_are_the_picture(size):
    """All patterns, categories and styles; two numbers rounded apart are 1 of 255 apart."""
    factors = catalogue.sample_factors("full", 300, 5)
    parts = layers(factors, size)
    again = parts.paint(SWATCHES[factors["main"]], SWATCHES[factors["second"]], parts.wall)
    right = catalogue.render(factors, size).astype(np.float32)
    assert np.abs(again * 255 - right).max() < 0.51


def test_other_colours_are_the_picture_in_other_colours():
    factors = catalogue.sample_factors("full", 60, 6)
    new = factors | {"main": (factors["main"] + 3) % 12, "second": (factors["main"] + 7) % 12}
    parts = layers(factors)
    again = parts.paint(SWATCHES[new["main"]], SWATCHES[new["second"]], parts.wall)
    assert np.abs(again * 255 - catalogue.render(new)).max() < 0.51


def test_ranges_and_shapes_at_128_pixels():
    factors = catalogue.sample_factors("full", 20, 7)
    parts = layers(factors, 128)
    assert parts.matte.shape == (20, 128, 128, 1) and parts.rest.shape == (20, 128, 128, 3)
    assert parts.matte.min() == 0 and parts.matte.max() == 1
    assert 0.3 < parts.shadow.min() < 0.9 and parts.shadow.max() == 1
    for share in (parts.main, parts.second, parts.rest):
        assert share.min() > -1e-5 and share.max() < 1.3
    assert np.all(parts.main[parts.matte == 0] < 1e-6)


def test_a_plain_shirt_by_hand():
    """The middle of a plain shirt holds its main colour, shaded, and nothing else."""
    parts = layers({"category": 0, "pattern": 0})
    y, x = 40, 32
    assert parts.matte[0, y, x] == 1 and parts.second[0, y, x] == 0
    assert np.all(parts.rest[0, y, x] == 0) and 0.7 < parts.main[0, y, x, 0] < 1.1
    assert parts.matte[0, 2, 2] == 0 and parts.shadow[0, 2, 2] == 1


def test_a_size_that_is_none():
    with pytest.raises(ValueError, match="size of a picture"):
        layers({"category": 0}, 0)
