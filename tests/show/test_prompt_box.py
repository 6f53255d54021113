"""The prompt box: a sentence is read, read back and drawn, or refused; and its twin."""

from __future__ import annotations

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from prodgen_lib.plain.prompts import COUNTS
from prodgen_lib.plain.sentences import labels, said, understand
from prodgen_lib.show import prompt_box as box_module
from prodgen_lib.show.prompt_box import EXAMPLES, prompt_box


class Artist:
    """Draws grey pictures and remembers what it was asked for."""

    def __init__(self):
        self.orders = []

    def __call__(self, prompt, count, seed):
        self.orders.append((np.asarray(prompt).tolist(), count, seed))
        return np.full((count, 4, 4, 3), 100 + seed, np.uint8)


@pytest.fixture
def artist(monkeypatch):
    monkeypatch.setattr(box_module, "SAME_WISH", 0.0)  # each press is a wish of its own
    return Artist()


def built(artist, **options):
    """The field, the button, the words and the pictures of a box."""
    options = dict(labels=labels, said=said, examples=()) | options
    box = prompt_box(artist, understand, **options)
    bar, status, pictures = box.children[:3]
    return box, *bar.children, status, pictures


def image(html: str) -> np.ndarray:
    data = re.search(r'src="data:image/png;base64,([^"]+)"', html).group(1)
    return np.asarray(Image.open(io.BytesIO(b64decode(data))))


def test_a_sentence_is_read_back_and_drawn(artist):
    _, field, _, status, pictures = built(artist, count=5)
    assert not artist.orders and 'role="status"' in status.value and not pictures.value
    field.value = "a red striped mug with blue"
    assert status.value == '<span role="status">read as: a red striped mug with blue</span>'
    assert artist.orders == [(labels(understand(field.value)).tolist(), 5, 1)]
    assert 'alt="5 pictures of a red striped mug with blue"' in pictures.value
    drawn = image(pictures.value)
    assert drawn.shape[1] > 5 * 4 * 3 and (drawn == 101).any()


def test_the_button_draws_others_of_the_same_sentence(artist):
    _, field, button, status, pictures = built(artist)
    field.value = "yellow lamp"
    first = pictures.value
    button.click()
    assert [seed for *_, seed in artist.orders] == [1, 2] and pictures.value != first
    assert "main colour yellow" in status.value
    assert artist.orders[0][0] == artist.orders[1][0]
    assert artist.orders[0][0][2:] == list(COUNTS[2:])  # nothing was said of them


def test_the_click_that_leaves_the_field_draws_once(artist, monkeypatch):
    monkeypatch.setattr(box_module, "SAME_WISH", 60.0)
    _, field, button, *_ = built(artist)
    field.value = "yellow lamp"  # by leaving it for the button
    button.click()
    assert len(artist.orders) == 1


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a zorblax mug", "&quot;zorblax&quot;"),
        ("紫色的沙发", 'lang="zh"'),
        ("a mug and a shoe", "one product"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(artist, text, refusal):
    _, field, _, status, pictures = built(artist)
    field.value = "yellow lamp"
    field.value = text
    assert refusal in status.value and "read as" not in status.value
    assert pictures.value == "" and len(artist.orders) == 1


def test_chinese_words_are_understood_and_read_back(artist):
    _, field, _, status, _ = built(artist)
    field.value = "红色条纹马克杯，蓝色手柄"
    assert "read as: a red striped mug with blue" in status.value
    assert artist.orders[0][0] == labels(understand("a red striped mug with blue")).tolist()


def test_nothing_typed_is_said_and_what_cannot_be_drawn_too(artist):
    _, _, button, status, _ = built(artist)
    button.click()
    assert "Type a sentence first" in status.value and not artist.orders

    def refuse(*_):
        raise ValueError("There is <no> paint.")

    _, field, _, status, pictures = built(refuse)
    field.value = "yellow lamp"
    assert "There is &lt;no&gt; paint." in status.value and not pictures.value


def test_names_of_products_are_escaped_in_words_and_alt_text(artist):
    _, field, _, status, pictures = built(artist, said=lambda reading: '<"mug" & lamp>')
    field.value = "yellow lamp"
    assert "read as: &lt;" in status.value
    assert 'alt="4 pictures of &lt;&quot;mug&quot; &amp; lamp&gt;"' in pictures.value


def test_the_twin_is_a_table_of_ten_sentences(artist):
    box, *_ = built(artist, examples=EXAMPLES)
    still = box._repr_mimebundle_()["text/html"]
    assert len(EXAMPLES) == 10 and still.count('<th scope="row"') == 10
    assert still.count("3 pictures of") == 9 == len(artist.orders)  # one is refused
    assert still.count('<th scope="row" lang="zh"') == 2 and "turquoise" in still
    assert still.count("read as: a red striped mug with blue</td>") == 2  # in two languages
    assert {(count, seed) for _, count, seed in artist.orders} == {(3, 1)}


def test_numbers_alone_will_do(artist):
    box = prompt_box(artist, lambda text: (0, 1, 2, 3), examples=())
    bar, status, _ = box.children[:3]
    bar.children[0].value = "anything"
    assert artist.orders == [([0, 1, 2, 3], 4, 1)] and "read as: a" in status.value
