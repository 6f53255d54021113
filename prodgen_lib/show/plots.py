"""Figures of the chapters: crisp picture grids, curves, a live view of training, words for each.

Figures are plain matplotlib `Figure` objects, outside of pyplot, so nothing is shown twice and
nothing piles up. Colours are those of Okabe and Ito, which colour-blind readers can tell apart;
line styles differ too, for readers without any colour.
"""

from __future__ import annotations

import html
import io
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), "-")
DPI = 144
GAP = 2
TITLE = 9


def canvas(columns: int = 1, *, width: float = 4.6, height: float = 3.2) -> tuple[Figure, list]:
    """A figure with `columns` axes beside each other, each `width` × `height` inches."""
    fig = Figure(figsize=(width * columns, height), dpi=DPI, layout="constrained")
    axes = list(fig.subplots(1, columns, squeeze=False)[0])
    for ax in axes:
        ax.set_prop_cycle(cycler(color=COLOURS, linestyle=DASHES))
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=10)
        ax.locator_params(nbins=6)
        ax.grid(alpha=0.25)
    return fig, axes


def label(ax: Axes, *, x: str, y: str, title: str = "") -> None:
    """Name both axes in letters that can be read, and the whole where `title` is given."""
    ax.set_xlabel(x, fontsize=11)
    ax.set_ylabel(y, fontsize=11)
    if title:
        ax.set_title(title, fontsize=12)
    if count := len(ax.get_legend_handles_labels()[0]):
        ax.legend(
            fontsize=10,
            frameon=False,
            ncols=min(count, 3),
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
        )


def curves(
    lines: Mapping[str, np.ndarray | tuple[np.ndarray, np.ndarray]],
    *,
    x: str,
    y: str,
    title: str = "",
    smooth: int = 1,
) -> Figure:
    """One line for each name: values, or a pair (x, values). See `draw_curves`."""
    fig, (ax,) = canvas(width=6.4)
    draw_curves(ax, lines, smooth=smooth)
    label(ax, x=x, y=y, title=title)
    return fig


def draw_curves(
    ax: Axes,
    lines: Mapping[str, np.ndarray | tuple[np.ndarray, np.ndarray]],
    *,
    smooth: int = 1,
) -> None:
    """Draw named lines; with `smooth` > 1, means of so many values, over the faint raw ones."""
    for (name, line), colour, dash in zip(lines.items(), COLOURS, DASHES, strict=False):
        x, values = line if isinstance(line, tuple) else (np.arange(len(line)), np.asarray(line))
        if smooth > 1 and len(values) >= 2 * smooth:
            ax.plot(x, values, color=colour, linestyle="-", alpha=0.2, linewidth=0.8)
            x, values = _means(np.asarray(x, float), smooth), _means(values, smooth)
        ax.plot(x, values, color=colour, linestyle=dash, linewidth=2, label=name)


def _means(values: np.ndarray, size: int) -> np.ndarray:
    whole = len(values) // size * size
    return np.asarray(values[:whole]).reshape(-1, size).mean(axis=1)


def mosaic(images: np.ndarray, columns: int, *, above: int = 0, beside: int = 0) -> np.ndarray:
    """uint8 pictures (N, H, W, C) on one white sheet, row by row, `GAP` pixels apart.

    `above` leaves so many white pixels over each row, `beside` to the left of all.
    """
    images = checked(images)
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    tall, wide = height + GAP + above, width + GAP
    sheet = np.full((rows * tall + GAP, columns * wide + GAP + beside, 3), 255, np.uint8)
    for index, picture in enumerate(images):
        top = index // columns * tall + GAP + above
        left = index % columns * wide + GAP + beside
        sheet[top : top + height, left : left + width] = picture
    return sheet


def checked(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            f"Expected uint8 pictures of shape (N, H, W, 1 or 3), got {images.dtype} "
            f"{images.shape}; turn tensors into pictures with from_images."
        )
    if not len(images):
        raise ValueError("There are no pictures to show: the array is empty.")
    return images


def grid(
    images: np.ndarray,
    columns: int = 10,
    *,
    titles: Sequence[str] | None = None,
    rows: Sequence[str] | None = None,
) -> Figure:
    """uint8 pictures (N, H, W, C) in a grid, each pixel a sharp square, 0.7 inch or more a picture.

    `titles` puts words over pictures: one for each, or one for each column (over the first row);
    they may have several lines.
    `rows` puts words to the left of each row.
    """
    columns = min(columns, len(images))
    zoom = max(1, round(100 / images.shape[2]))
    each = titles is not None and len(titles) > columns
    words = 12 + 24 * max((text.count("\n") + 1 for text in titles or ()), default=1)
    above, beside = (words // zoom if each else 0), (_longest(rows) * 14 // zoom if rows else 0)
    sheet = mosaic(images, columns, above=above, beside=beside)
    if titles is not None and not each:
        head = np.full((words // zoom, *sheet.shape[1:]), 255, np.uint8)
        sheet = np.concatenate([head, sheet])
    fig = Figure(figsize=np.array([sheet.shape[1], sheet.shape[0]]) * zoom / DPI, dpi=DPI)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.imshow(sheet, interpolation="nearest", aspect="auto")
    ax.set_axis_off()
    tall, wide = images.shape[1] + GAP + above, images.shape[2] + GAP
    start = sheet.shape[0] - GAP - tall * -(-len(images) // columns)
    for index, text in enumerate(titles or ()):
        middle = beside + GAP + (index % columns + 0.5) * wide - GAP / 2
        over = start + index // columns * tall + above
        ax.text(middle, over, text, fontsize=TITLE, ha="center", va="bottom")
    for index, text in enumerate(rows or ()):
        middle = start + above + GAP + index * tall + images.shape[1] / 2
        ax.text(beside - 2 * GAP, middle, text, fontsize=TITLE + 1, ha="right", va="center")
    return fig


def _longest(words: Sequence[str]) -> int:
    return max(len(line) for text in words for line in text.split("\n"))


def png(fig: Figure) -> bytes:
    """The figure as a PNG file, the same bytes for the same figure."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def show(fig: Figure, *, alt: str) -> None:
    """Show a figure in the notebook, with words for readers who don't see it.

    The words are the picture's alternative text, in the notebook and in HTML made from it.
    Outside a notebook nothing is shown.
    """
    if in_notebook():
        from IPython.display import display

        display(bundle(fig, alt), raw=True)


def bundle(fig: Figure, alt: str) -> dict[str, str]:
    if not alt.strip():
        raise ValueError("show(…) needs alt=…: say in words what the figure shows.")
    width = round(fig.get_figwidth() * 96)
    data = b64encode(png(fig)).decode()
    picture = (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" width="{width}" '
        'style="max-width: 100%; height: auto; background: white">'
    )
    return {"text/html": picture, "text/plain": alt}


def in_notebook() -> bool:
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def live(
    draw: Callable[[object], np.ndarray], *, steps: int, every: float = 3.0
) -> Callable[[int, object, Mapping[str, float]], None]:
    """A function for `on_step`: losses so far, and what `draw(generator)` gives, while training.

    The picture is renewed every `every` seconds and after the last step; at the start there is one
    too. Outside a notebook it does nothing at all.
    """
    if not in_notebook():
        return lambda step, generator, losses: None
    from IPython.display import display

    history: dict[str, list[float]] = {}
    handle = display({"text/plain": "Training begins."}, raw=True, display_id=True)
    drawn = float("-inf")

    def on_step(step: int, generator: object, losses: Mapping[str, float]) -> None:
        nonlocal drawn
        for name, value in losses.items():
            history.setdefault(name, []).append(value)
        if step + 1 == steps or time.monotonic() - drawn > every:
            drawn = time.monotonic()
            fig = progress(history, draw(generator), step + 1, steps)
            alt = f"Losses over {step + 1} of {steps} steps, and its pictures now."
            handle.update(bundle(fig, alt), raw=True)

    return on_step


def progress(history: Mapping, images: np.ndarray, step: int, steps: int) -> Figure:
    """The losses so far on the left, pictures on the right."""
    fig, (left, right) = canvas(2, height=3.4)
    draw_curves(left, history, smooth=max(1, step // 100))
    left.set_xlim(0, steps)
    label(left, x="step", y="loss")
    right.imshow(mosaic(images, 6), interpolation="nearest")
    right.set_axis_off()
    right.set_title(f"pictures after {step:,} of {steps:,} steps", fontsize=12)
    return fig
