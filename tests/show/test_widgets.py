"""The latent walk: the arc it follows, and that its picture and words move with the slider."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image as Picture

from prodgen_lib.show.widgets import latent_sliders, latent_walk, walk


def test_walk_keeps_its_ends_and_the_length_of_codes():
    first, second = np.array([3.0, 0, 0]), np.array([0, 3.0, 0])
    codes = walk(first, second, 5)
    assert codes.dtype == np.float32
    np.testing.assert_allclose(codes[[0, -1]], [first, second], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 3, rtol=1e-6)
    np.testing.assert_allclose(codes[2], [3 / np.sqrt(2), 3 / np.sqrt(2), 0], atol=1e-6)


def test_walk_between_equal_codes_stays():
    code = np.array([1.0, 2.0])
    np.testing.assert_allclose(walk(code, code, 3), [code] * 3, rtol=1e-6)


def test_slider_moves_picture_and_words():
    pictures = np.zeros((3, 4, 4, 3), np.uint8)
    pictures[1] = 255
    box = latent_walk(pictures, ["black", "white", "black again"], zoom=5)
    slider, picture, words = box.children[:3]
    before = picture.value
    slider.value = 1
    assert picture.value != before
    assert "white" in words.value and 'role="status"' in words.value
    assert 'alt="white"' in picture.value
    png = b64decode(re.search(r"base64,([^\"]+)", picture.value)[1])
    seen = np.asarray(Picture.open(io.BytesIO(png)))
    assert seen.shape == (20, 20, 3) and (seen == 255).all()
    assert slider.max == 2


def test_one_caption_for_each_picture():
    with pytest.raises(ValueError, match="2 pictures and 1 captions"):
        latent_walk(np.zeros((2, 4, 4, 3), np.uint8), ["only one"])


def test_a_latent_slider_changes_its_number_only():
    seen = []

    def decode(codes):
        seen.append(codes)
        return np.full((1, 4, 4, 3), 100 + 20 * codes[0, 2], np.uint8)

    box = latent_sliders(decode, np.array([0.5, 9.0, -1.0, 0.0]), [2, 1])
    sliders, picture = box.children[0].children[:2], box.children[1]
    assert [slider.value for slider in sliders] == [-1.0, 3.0]
    before = picture.value
    sliders[0].value = 1.5
    assert seen[-1].tolist() == [[0.5, 3.0, 1.5, 0.0]] and seen[-1].dtype == np.float32
    assert picture.value != before and "number 2 at +1.50" in picture.value
