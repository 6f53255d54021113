"""A picture of one's own: read from disk, put in by the button, and refused in one sentence."""

import io
import re
from base64 import b64decode
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from prodgen_lib.data import DataError
from prodgen_lib.show.picture_file import own_picture, read_picture
from prodgen_lib.show.upload import upload_picture


def png(picture) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="png")
    return buffer.getvalue()


def choose(box, name, content) -> None:
    """What the browser does when a file was chosen."""
    when = datetime(2026, 1, 1, tzinfo=UTC)
    file = {"name": name, "type": "image/png", "size": len(content), "last_modified": when}
    file["content"] = memoryview(content)
    box.children[0].value = (file,)


def test_a_file_is_read_whole_and_only_large_ones_shrink(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(values).save(tmp_path / "small.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "small.png"), values)
    assert read_picture(tmp_path / "small.png", longest=15).shape == (10, 15, 3)


def test_transparent_parts_are_white_and_grey_has_three_channels(tmp_path):
    Image.new("RGBA", (9, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("L", (9, 8), 7).save(tmp_path / "grey.png")
    assert (read_picture(tmp_path / "clear.png") == 255).all()
    grey = read_picture(tmp_path / "grey.png")
    assert grey.shape == (8, 9, 3) and (grey == 7).all()


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    Image.new("RGB", (30, 20)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").shape == (30, 20, 3)


def test_what_cannot_be_read_is_named(tmp_path):
    (tmp_path / "words.png").write_text("no picture")
    with pytest.raises(DataError, match=r"words\.png is not a picture .* take a JPEG or a PNG\.$"):
        read_picture(tmp_path / "words.png")
    with pytest.raises(DataError, match=r"missing\.png cannot be read: No such file"):
        read_picture(tmp_path / "missing.png")
    with pytest.raises(DataError, match="longest side in pixels must be a whole number"):
        read_picture(tmp_path / "words.png", longest=2)


def test_sixteen_bits_become_eight(tmp_path):
    Image.fromarray(np.full((8, 9), 40_000, np.uint16)).save(tmp_path / "deep.png")
    assert (read_picture(tmp_path / "deep.png") == 156).all()


def test_a_picture_too_large_to_open_is_refused(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    with pytest.raises(DataError, match=r"huge\.png is not .* exceeds limit"):
        read_picture(tmp_path / "huge.png")


def test_a_picture_to_enlarge_is_an_array_or_a_path_and_not_too_large(tmp_path):
    values = np.random.default_rng(1).integers(0, 256, (300, 500, 3), np.uint8)
    assert own_picture(values, factor=2) is values
    Image.fromarray(values).save(tmp_path / "large.png")
    for path in (tmp_path / "large.png", str(tmp_path / "large.png")):
        np.testing.assert_array_equal(own_picture(path, factor=4), values)
    with pytest.raises(DataError, match="this picture would have 12000×12000 pixels; at most"):
        own_picture(np.zeros((3000, 3000, 3), np.uint8), factor=4)
    with pytest.raises(DataError, match="got uint8 \\(8, 9\\); of a file give the path"):
        own_picture(values[:8, :9, 0], factor=2)


def test_the_button_shows_what_is_made_of_the_picture():
    seen = []

    def draw(picture):
        seen.append(picture)
        return {"as it is": picture, 'a "negative"': 255 - picture}

    box = upload_picture(draw, longest=16)
    _, words, pictures = box.children
    assert "No picture yet." in words.value and 'role="status"' in words.value
    choose(box, "mug.png", png(Image.new("RGB", (32, 8), (250, 0, 5))))
    assert seen[0].shape == (4, 16, 3) and seen[0].dtype == np.uint8
    assert "mug.png: as it is, a &quot;negative&quot;; shrunk from 32×8 to 16 px." in words.value
    assert 'alt="as it is"' in pictures.value and 'alt="a &quot;negative&quot;"' in pictures.value
    sources = re.findall(r"base64,([^\"]+)", pictures.value)
    last = np.asarray(Image.open(io.BytesIO(b64decode(sources[1]))))
    np.testing.assert_array_equal(last, 255 - seen[0])


def test_a_file_that_is_no_picture_is_refused_and_the_next_one_taken():
    box = upload_picture(lambda picture: {"same": picture})
    _, words, pictures = box.children
    choose(box, "<list>.csv", b"1;2;3")
    assert "&lt;list&gt;.csv is not a picture" in words.value and pictures.value == ""
    choose(box, "good.png", png(Image.new("RGB", (8, 8))))
    assert "good.png: same." in words.value and "<img" in pictures.value


def test_what_draw_refuses_is_said():
    def draw(picture):
        raise ValueError("This picture is too small.")

    box = upload_picture(draw)
    choose(box, "dot.png", png(Image.new("RGB", (1, 1))))
    assert "This picture is too small." in box.children[1].value
