"""A field for a sentence, and under it pictures of what it asks for.

Enter draws, and so does leaving the field; the button draws others of the same sentence. What was
understood is read back before the pictures, and a sentence that cannot be read is refused in one.
Static twin: a table of sentences, how each was read, and what was drawn.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from html import escape
from typing import TypeVar

import numpy as np
from ipywidgets import HTML, Button, HBox, Layout, Text, VBox

from prodgen_lib.plain.prompts import words
from prodgen_lib.show.plots import checked, mosaic
from prodgen_lib.show.twin import twin, wired
from prodgen_lib.show.widgets import enlarged

EXAMPLES = (
    "a red striped mug with blue",
    "a blue mug with a red handle",
    "an orange chair",
    "plain white bottle with green",
    "a bag in purple and grey, two-tone",
    "yellow lamp",
    "brown backpack with black trim",
    "红色条纹马克杯，蓝色手柄",
    "一件绿色的恤衫",
    "a turquoise sofa",
)
"""Sentences of the twin: whole ones, others that leave much open, two in Chinese, one refused."""
SAME_WISH = 0.5  # seconds in which nobody has looked at new pictures and wants others

Reading = TypeVar("Reading")
Draw = Callable[[np.ndarray, int, int], np.ndarray]


def prompt_box(
    draw: Draw,
    understand: Callable[[str], Reading],
    *,
    labels: Callable[[Reading], np.ndarray] = np.asarray,
    said: Callable[[Reading], str] = words,
    count: int = 4,
    examples: Sequence[str] = EXAMPLES,
) -> VBox:
    """A field that takes a sentence, and `count` pictures of what it asks for.

    `understand` reads a sentence, and `labels` makes the numbers of a prompt (4,) of what was read,
    `said` its words; `draw(prompt, count, seed)` gives uint8 pictures (count, H, W, C). What they
    raise as ValueError is shown as a sentence. Each drawing has another seed, from 1 on. Of
    `examples`, which stand in the twin, each is drawn once with seed 1.
    """
    field = Text(
        description="Sentence",
        placeholder=examples[0] if examples else "",
        continuous_update=False,  # so that its value changes by Enter, not by each letter
        layout=Layout(width="420px"),
    )
    button = Button(description="Draw", tooltip="Other pictures of the same sentence")
    status, pictures = HTML(_status("No sentence yet: type one and press Enter.")), HTML()
    seed, drawn_at = 0, -SAME_WISH

    def order(_: object = None) -> None:
        nonlocal seed, drawn_at
        seed, text = seed + 1, field.value.strip()
        if not text:
            status.value, pictures.value = _status("Type a sentence first."), ""
            return
        status.value = _status("Drawing …")
        reply, picture = _answer(draw, understand, labels, said, text, count, seed)
        status.value, pictures.value = _status(reply), picture
        drawn_at = time.monotonic()

    def press(_: Button) -> None:
        # A click leaves the field, which has drawn already: this is not yet a wish for others.
        if time.monotonic() - drawn_at > SAME_WISH:
            order()

    field.observe(order, names="value")
    button.on_click(press)
    rows = [(text, *_answer(draw, understand, labels, said, text, 3, 1)) for text in examples]
    return twin(wired(VBox([HBox([field, button]), status, pictures])), _table(rows))


def _answer(draw: Draw, understand, labels, said, text: str, count: int, seed: int):
    """(how a sentence was read, the pictures), or (why it was refused, nothing)."""
    try:
        reading = understand(text)
        name = said(reading)
        found = checked(draw(labels(reading), count, seed))
    except ValueError as error:
        return str(error), ""
    strip = enlarged(mosaic(found, len(found)), 3)
    alt = escape(f"{len(found)} pictures of {name}", quote=True)
    return f"read as: {name}", f'<img src="{strip}" alt="{alt}" style="max-width: 100%">'


def _status(text: str) -> str:
    return f'<span role="status"{_language(text)}>{escape(text)}</span>'


def _table(rows: Sequence[tuple[str, str, str]]) -> str:
    """What is left on a page without kernel: a row for each sentence."""
    if not rows:
        return "<p>A field takes a sentence; below it stand pictures of what it asks for.</p>"
    head = "".join(f'<th scope="col">{name}</th>' for name in ("sentence", "answer", "pictures"))
    body = "".join(
        f'<tr><th scope="row"{_language(text)}>{escape(text)}</th>'
        f"<td{_language(reply)}>{escape(reply)}</td><td>{picture}</td></tr>"
        for text, reply, picture in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _language(text: str) -> str:
    """Says to a screen reader that a text is Chinese, where it is."""
    return ' lang="zh"' if re.search(r"[一-鿿]", text) else ""
