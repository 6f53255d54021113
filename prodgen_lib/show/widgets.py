"""Things to move in a notebook. Each has a static twin, so that a page without kernel says as much.

They work by keyboard: Tab reaches the slider, arrow keys move it.
"""

from __future__ import annotations

import io
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from ipywidgets import HTML, Button, FloatSlider, HBox, IntSlider, Layout, VBox
from PIL import Image as Picture

from prodgen_lib.show import ratings
from prodgen_lib.show.plots import checked
from prodgen_lib.show.ratings import SIDES, Study
from prodgen_lib.show.twin import twin, wired


def walk(first: np.ndarray, second: np.ndarray, stops: int) -> np.ndarray:
    """Codes (stops, D) on the arc from one code (D,) to another, both ends included.

    An arc and not a straight line: codes from N(0, I) lie near a sphere, and the middle of a line
    is nearer to its centre than any code the generator has seen (arXiv:1609.04468).
    """
    share = np.linspace(0, 1, stops)[:, None]
    cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return ((1 - share) * first + share * second).astype(np.float32)
    arc = np.sin((1 - share) * angle) * first + np.sin(share * angle) * second
    return (arc / np.sin(angle)).astype(np.float32)


def latent_walk(pictures: np.ndarray, captions: Sequence[str], *, zoom: int = 8) -> VBox:
    """A slider over uint8 pictures (N, H, W, C), one beside each code of a `walk`.

    The caption under the picture changes with it, and screen readers are told.
    Its static twin: `grid(pictures, titles=captions)`.
    """
    if len(captions) != len(pictures):
        raise ValueError(
            f"There are {len(pictures)} pictures and {len(captions)} captions; give one for each."
        )
    frames = [enlarged(picture, zoom) for picture in checked(pictures)]
    slider = IntSlider(
        value=0,
        max=len(frames) - 1,
        description="code",
        tooltip="From one code to the other: move with the arrow keys",
        layout=Layout(width="360px"),
    )
    picture, words = HTML(), HTML()

    def move(change: dict) -> None:
        caption = captions[change["new"]]
        picture.value = f'<img src="{frames[change["new"]]}" alt="{escape(caption)}">'
        words.value = f'<span role="status">{escape(caption)}</span>'

    move({"new": 0})
    slider.observe(move, names="value")
    still = "".join(
        f'<img src="{frame}" alt="{escape(caption)}" width="120">'
        for frame, caption in zip(frames, captions, strict=True)
    )
    return twin(wired(VBox([slider, picture, words])), still)


def latent_sliders(
    decode: Callable[[np.ndarray], np.ndarray],
    code: np.ndarray,
    dimensions: Sequence[int],
    *,
    zoom: int = 8,
) -> HBox:
    """A slider for each of these `dimensions` of a code (D,), beside the picture it decodes to.

    `decode` maps codes (1, D), float32, to uint8 pictures (1, H, W, C). The other dimensions keep
    the value they have. Its static twin: a grid of traversals.
    """
    values = np.array(code, np.float32)
    sliders = [
        FloatSlider(
            value=float(np.clip(values[dimension], -3, 3)),
            min=-3,
            max=3,
            step=0.25,
            description=f"number {dimension}",
            tooltip=f"number {dimension} of the code",
            layout=Layout(width="360px"),
        )
        for dimension in dimensions
    ]
    picture = HTML()

    def draw(_: dict | None = None) -> None:
        for dimension, slider in zip(dimensions, sliders, strict=True):
            values[dimension] = slider.value
        source = enlarged(checked(decode(values[None].copy()))[0], zoom)
        words = ", ".join(f"{slider.description} at {slider.value:+.2f}" for slider in sliders)
        picture.value = f'<img src="{source}" alt="The product with {escape(words)}">'

    def put(numbers: np.ndarray) -> None:
        for slider, number in zip(sliders, numbers, strict=True):
            slider.value = float(np.clip(number, slider.min, slider.max))

    start, dice = [slider.value for slider in sliders], np.random.default_rng()
    reset, roll = Button(description="Reset"), Button(description="Random")
    reset.on_click(lambda _: put(start))
    roll.on_click(lambda _: put(dice.normal(size=len(sliders))))
    draw()
    for slider in sliders:
        slider.observe(draw, names="value")
    still = picture.value
    box = HBox([VBox([*sliders, HBox([reset, roll])]), picture])
    return twin(wired(box), still)


def blind_comparison(study: Study, question: str, *, zoom: int = 6) -> VBox:
    """Pairs of pictures, one after the other, with a vote for the left or the right one.

    The arrow keys on the lever vote, and so do the two buttons. Nothing says what a picture is.
    Each vote is in the file (`ratings_file`) before the next pair is shown; a study that was left
    begins where it was. Its static twin: an analysis of simulated votes.
    """
    pair, words = HTML(), HTML()
    lever = IntSlider(
        value=0,
        min=-1,
        max=1,
        readout=False,
        tooltip="Vote with the arrow keys: left or right",
        layout=Layout(width="140px"),
    )
    buttons = [Button(description=side.capitalize()) for side in SIDES]
    path = ratings.ratings_file()
    done = {entry["trial"] for entry in ratings.read_votes(path, study)}
    left = [number for number in range(len(study.trials)) if number not in done]
    shown = time.monotonic()

    def show_next(note: str = "") -> None:
        nonlocal shown
        count = len(study.trials) - len(left)
        for control in (lever, *buttons):
            control.disabled = not left
        text = f"{count} of {len(study.trials)} pairs rated. {note}"
        words.value = f'<span role="status">{escape(text)}</span>'
        pair.value = _pair(study, left[0], question, zoom) if left else ""
        shown = time.monotonic()

    def choose(side: str) -> None:
        if not left:
            return
        seconds = round(time.monotonic() - shown, 2)
        try:
            ratings.append_vote(path, {**ratings.vote(study, left[0], side), "seconds": seconds})
        except OSError as error:
            return show_next(f"This vote could not be kept in {path}: {error.strerror}.")
        left.pop(0)
        show_next("" if left else "That was the last: run the next cell.")

    def pull(change: dict) -> None:
        if change["new"]:
            choose(SIDES[change["new"] > 0])
            lever.value = 0

    for side, button in zip(SIDES, buttons, strict=True):
        button.on_click(lambda _, side=side: choose(side))
    lever.observe(pull, names="value")
    show_next()
    still = _pair(study, 0, question, zoom)
    box = VBox([pair, HBox([buttons[0], lever, buttons[1]]), words])
    return twin(wired(box), still)


def _pair(study: Study, number: int, question: str, zoom: int) -> str:
    """Both pictures of a trial; their words don't tell what they are, since the test is blind."""
    trial, pictures = study.trials[number], []
    for side, name in zip(SIDES, (trial.left, trial.right), strict=True):
        address = enlarged(checked(study.sets[name])[trial.picture], zoom)
        words = f"{side} picture of pair {number + 1}"
        pictures.append(f'<img src="{address}" alt="{words}" style="margin-right: 16px">')
    return f"<p>{escape(question)}</p>" + "".join(pictures)


def enlarged(picture: np.ndarray, zoom: int) -> str:
    """A uint8 picture (H, W, C) as the address of a PNG, each pixel a square of `zoom` × `zoom`."""
    big = picture.repeat(zoom, axis=0).repeat(zoom, axis=1)
    buffer = io.BytesIO()
    Picture.fromarray(big.squeeze()).save(buffer, format="png")
    return "data:image/png;base64," + b64encode(buffer.getvalue()).decode()
