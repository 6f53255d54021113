"""Figures as the repository keeps them: the same picture to the eye in far fewer bytes.

matplotlib writes four channels of 256 levels each. A figure with few colours is as good with a
palette; one crowded with photographs, for which 256 colours are too few, gets 33 levels a channel.
"""

from __future__ import annotations

import io
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator

import numpy as np
from nbformat import NotebookNode
from PIL import Image

PICTURE = re.compile(r"(?<=data:image/png;base64,)[A-Za-z0-9+/]+=*")
SIDE = 16  # pixels of the squares over which an eye takes the mean
# What a palette may cost, in grey levels: over the figure, root mean square; and in the tint of a
# square, the worst hundredth left out. The first alone lets pale backgrounds break up.
MOST_ERROR, MOST_TINT = 3.0, 4.5
STEPS = 32  # from black to white, where a palette costs more; no value moves by more than 4
UNSEEN = 1.0  # by how much more than a new figure the one that is kept may be off, in any square


def lighten(notebook: NotebookNode, before: NotebookNode | None = None) -> NotebookNode:
    """The notebook with its figures made smaller, which changes nothing the second time.

    A figure that looks like the one at its place in ``before``, the same notebook as it was, is
    that one to the byte: a run on another machine may be off in the last digit.
    """
    kept = {cell.id: _pictures(cell) for cell in before.cells} if before else {}
    for cell in notebook.cells:
        old = iter(kept.get(cell.id, ()))
        for out in cell.get("outputs", []):
            if html := out.get("data", {}).get("text/html"):
                out.data["text/html"] = PICTURE.sub(lambda m, old=old: _light(m[0], old), html)
    return notebook


def _pictures(cell: NotebookNode) -> list[str]:
    pages = [out.get("data", {}).get("text/html", "") for out in cell.get("outputs", [])]
    return [picture for html in pages for picture in PICTURE.findall(html)]


def _light(new: str, old: Iterator[str]) -> str:
    """The same for one figure, in base64, where ``old`` gives the one at its place, if any."""
    try:
        drawn, kept = b64decode(new), b64decode(next(old, ""))
        light = smaller(drawn)
        chosen = kept if kept and as_good(kept, light, drawn) else light
    except (ValueError, OSError):  # edited by hand, and no picture any more
        return new
    return b64encode(chosen).decode()


def as_good(old: bytes, new: bytes, drawn: bytes) -> bool:
    """Whether ``old`` shows what was ``drawn`` as well as ``new`` does, wherever one looks."""
    true, mine, other = (_pixels(png).astype(float) for png in (drawn, old, new))
    if mine.shape != true.shape:
        return False
    return bool(np.all(_errors(mine - true) <= _errors(other - true) + UNSEEN))


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _errors(difference: np.ndarray) -> np.ndarray:
    """Root mean squares in squares of ``SIDE`` pixels."""
    return np.sqrt(_squares(difference**2).mean(axis=-1))


def _squares(values: np.ndarray) -> np.ndarray:
    """Means over squares of ``SIDE`` pixels of (H, W, 3); those at the edge count as if whole."""
    for axis in (0, 1):
        values = np.add.reduceat(values, range(0, values.shape[axis], SIDE), axis=axis)
    return values / SIDE**2


def smaller(png: bytes) -> bytes:
    """A PNG in fewer bytes, off by at most ``MOST_ERROR``; black and white stay exactly so.

    What it made comes back as it is; so does what it can't make smaller, or is partly transparent.
    """
    picture = Image.open(io.BytesIO(png))
    if picture.mode not in ("RGB", "RGBA"):
        return png
    pixels = np.asarray(picture)
    if (pixels[..., 3:] < 255).any():
        return png
    pixels = pixels[..., :3]
    if picture.mode == "RGB" and np.array_equal(pixels, _levelled(pixels)):
        return png
    found = _with_palette(pixels)
    if not _will_do(found, pixels):
        found = Image.fromarray(_levelled(pixels))
    buffer = io.BytesIO()
    found.save(buffer, format="png", optimize=True)
    return min(buffer.getvalue(), png, key=len)


def _will_do(picture: Image.Image, pixels: np.ndarray) -> bool:
    difference = np.asarray(picture.convert("RGB"), dtype=float) - pixels
    tints = np.abs(_squares(difference)).max(axis=-1)
    return bool(
        np.sqrt(np.mean(difference**2)) <= MOST_ERROR and np.quantile(tints, 0.99) <= MOST_TINT
    )


def _levelled(pixels: np.ndarray) -> np.ndarray:
    levels = np.rint(np.rint(np.arange(256) * STEPS / 255) * 255 / STEPS).astype(np.uint8)
    return levels[pixels]


def _with_palette(pixels: np.ndarray) -> Image.Image:
    """The best 256 colours, without dithering: it would put dots into plain areas."""
    picture = Image.fromarray(pixels).quantize(
        256, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
    )
    palette = np.reshape(picture.getpalette(), (-1, 3))
    for exact in (0, 255):  # else the paper may become 254
        where = (pixels == exact).all(axis=-1)
        palette[np.asarray(picture)[where]] = exact
    picture.putpalette(palette.astype(np.uint8).tobytes())
    return picture
