"""Figures lose bytes, nothing that an eye would miss, and are not touched a second time."""

import io
from base64 import b64decode, b64encode
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from prodgen_lib.course.figures import MOST_ERROR, PICTURE, lighten, smaller
from prodgen_lib.course.project import TREES, read_notebook

ROOT = Path(__file__).resolve().parents[2]
HALF = 665_000  # bytes: half of what a solution took when its figures were as matplotlib wrote them


def written(pixels, mode="RGB"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, format="png")
    return buffer.getvalue()


def read(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def curves(shift=0.0):
    """Coloured lines on white paper, with a black frame and soft edges."""
    across = np.arange(300)
    pixels = np.full((200, 300, 3), 255.0)
    for number, colour in enumerate([(31, 119, 180), (255, 127, 14), (44, 160, 44)]):
        middle = 100 + 60 * np.sin(across / 30 + number) + shift
        cover = np.clip(2 - np.abs(np.arange(200)[:, None] - middle), 0, 1)[..., None]
        pixels += cover * (np.array(colour) - pixels)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 0
    return np.rint(pixels).astype(np.uint8)


def photographs(seed=0):
    """Eight pictures of all colours, on white paper with a black frame."""
    low = np.random.default_rng(seed).integers(0, 256, (8, 6, 6, 3), dtype=np.uint8)
    large = [Image.fromarray(one).resize((80, 80), Image.Resampling.BICUBIC) for one in low]
    grid = np.concatenate([np.concatenate(large[:4], 1), np.concatenate(large[4:], 1)])
    pixels = np.pad(grid, ((20, 20), (20, 20), (0, 0)), constant_values=255)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 0
    return pixels


DRAWN = {"curves": (curves, "P"), "photographs": (photographs, "RGB")}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_figure_is_smaller_looks_the_same_and_is_left_alone_then(name, mode):
    draw, expected = DRAWN[name]
    pixels = draw()
    before = written(pixels, mode)
    after = smaller(before)
    assert len(after) < 0.75 * len(before)
    picture = Image.open(io.BytesIO(after))
    assert picture.mode == expected and picture.size == pixels.shape[1::-1]
    assert np.sqrt(np.mean((read(after) - pixels.astype(float)) ** 2)) <= MOST_ERROR
    for exact in (0, 255):
        where = (pixels == exact).all(axis=-1)
        assert where.any() and (read(after)[where] == exact).all()
    assert smaller(after) == after
    assert smaller(before) == after, "the same figure gives the same bytes"


def test_pale_backgrounds_do_not_break_up():
    """Most of the page is white, so that the error over all of it stays small."""
    pixels, colours = np.full((900, 900, 3), 255, np.uint8), photographs()[20:-20, 20:-20]
    pixels[:160, :320] = colours
    down, across = np.mgrid[0:120, 0:120]
    pixels[200:320, :120] = np.stack([250 - down / 6, 245 - across / 6, 255 - down / 5], -1)
    after = read(smaller(written(pixels)))[200:320, :120]
    assert np.abs(after.astype(int) - pixels[200:320, :120]).max() <= 4


def test_a_palette_moves_no_white_that_stands_beside_many_near_whites():
    rng = np.random.default_rng(0)
    pixels = rng.integers(250, 256, (200, 200, 3), dtype=np.uint8)
    pixels[:100] = rng.integers(0, 6, (100, 200, 3), dtype=np.uint8)
    pixels[::7], pixels[::9] = 255, 0
    after = read(smaller(written(pixels)))
    for exact in (0, 255):
        assert (after[(pixels == exact).all(axis=-1)] == exact).all()


def test_what_can_not_be_made_smaller_or_is_transparent_stays():
    for tiny in (written(np.zeros((1, 1, 3), np.uint8)), written(curves(), "L")):
        assert smaller(tiny) == tiny
    clear = np.dstack([curves(), np.full((200, 300), 128, np.uint8)])
    buffer = io.BytesIO()
    Image.fromarray(clear).save(buffer, format="png")
    assert smaller(buffer.getvalue()) == buffer.getvalue()


def notebook(*pictures):
    data = [b64encode(png).decode() for png in pictures]
    html = "<br>".join(
        f'<img src="data:image/png;base64,{d}" alt="A &lt; B" width="9">' for d in data
    )
    out = nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "A < B"})
    cells = [nbformat.v4.new_markdown_cell("Look:", id="text")]
    return nbformat.v4.new_notebook(
        cells=[*cells, nbformat.v4.new_code_cell("show()", id="code", outputs=[out])]
    )


def pictures(found):
    pages = [
        out.get("data", {}).get("text/html", "")
        for c in found.cells
        for out in c.get("outputs", [])
    ]
    return [b64decode(data) for html in pages for data in PICTURE.findall(html)]


def test_a_notebook_keeps_all_but_the_bytes_of_its_figures():
    drawn = [written(curves(), "RGBA"), written(photographs(), "RGBA")]
    light = lighten(notebook(*drawn))
    assert light == notebook(*map(smaller, drawn))
    again = lighten(nbformat.from_dict(light))
    assert again == notebook(*map(smaller, drawn))


@pytest.mark.parametrize("draw", [curves, photographs])
def test_a_run_that_differs_in_the_last_digit_changes_no_bytes_of_a_figure(draw):
    before = lighten(notebook(written(draw(), "RGBA")))
    off = np.random.default_rng(0).choice([-1, 0, 0, 0, 1], draw().shape)
    nearly = np.clip(draw() + off, 0, 255).astype(np.uint8)
    assert smaller(written(nearly)) != smaller(written(draw()))
    assert lighten(notebook(written(nearly, "RGBA")), before) == before


@pytest.mark.parametrize("other", [curves(0.5), curves()[:-1], photographs()])
def test_a_figure_that_looks_different_is_a_new_one(other):
    before = lighten(notebook(written(curves(), "RGBA")))
    found = lighten(notebook(written(other, "RGBA")), before)
    assert pictures(found) == [smaller(written(other, "RGBA"))] != pictures(before)


def test_one_new_figure_leaves_its_neighbours_as_they_were():
    drawn = [written(curves(), "RGBA"), written(photographs(), "RGBA")]
    before = lighten(notebook(*drawn))
    found = pictures(lighten(notebook(drawn[0], written(photographs(1), "RGBA")), before))
    assert found[0] == pictures(before)[0] and found[1] != pictures(before)[1]


def test_what_is_no_picture_any_more_stops_no_build():
    broken = notebook(b"no picture at all")
    assert lighten(nbformat.from_dict(broken)) == broken


COMMITTED = [path for tree in TREES for path in sorted((ROOT / tree).glob("*.ipynb"))]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_committed_figures_are_as_the_build_leaves_them(path):
    assert [len(png) for png in pictures(read_notebook(path)) if smaller(png) != png] == []


def test_solutions_take_half_of_what_they_did():
    sizes = [
        path.stat().st_size
        for path in COMMITTED
        if path.parent.name == "solutions" and path.name < "11"  # those that were measured before
    ]
    assert sizes and sum(sizes) / len(sizes) <= HALF
