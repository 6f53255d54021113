"""Figures: sharp pixels, readable words, alternative text that survives, nothing shown outside."""

import io

import numpy as np
import pytest
from PIL import Image

from prodgen_lib.show import plots


def pictures(count: int, size: int = 32, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size, channels), dtype=np.uint8)


def pixels(fig) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(plots.png(fig))).convert("RGB"))


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("extra", [{}, {"titles": "abcdef"}, {"rows": ["real", "made"]}])
def test_each_pixel_of_a_grid_is_a_sharp_square(size, extra):
    images = pictures(6, size)
    seen = pixels(plots.grid(images, 3, **extra))
    zoom = round(100 / size)
    sheet = images[5].repeat(zoom, axis=0).repeat(zoom, axis=1)
    height, width, _ = sheet.shape
    gap = plots.GAP * zoom
    assert (seen[-gap - height : -gap, -gap - width : -gap] == sheet).all()


def test_a_thumbnail_is_large_enough_to_see():
    fig = plots.grid(pictures(10), 10)
    assert fig.get_figwidth() / 10 > 0.6


def test_titles_stand_over_each_picture_or_over_the_columns():
    each = plots.grid(pictures(6), 3, titles=list("abcdef"))
    heads = plots.grid(pictures(6), 3, titles=list("abc"))
    rows = {round(text.get_position()[1]) for text in each.axes[0].texts}
    assert len(rows) == 2
    assert len({text.get_position()[1] for text in heads.axes[0].texts}) == 1
    assert each.get_figheight() > heads.get_figheight()


def test_grey_pictures_are_shown_as_grey():
    sheet = plots.mosaic(pictures(1, channels=1), 1)
    assert (sheet[..., 0] == sheet[..., 2]).all()


def test_what_is_no_picture_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"Expected uint8 pictures .* float32"):
        plots.grid(np.zeros((2, 32, 32, 3), np.float32))
    with pytest.raises(ValueError, match="no pictures"):
        plots.mosaic(np.zeros((0, 32, 32, 3), np.uint8), 2)


def test_curves_are_named_and_tell_apart_without_colour():
    fig = plots.curves({"one": np.arange(50.0), "two": (np.arange(3), np.ones(3))}, x="step", y="v")
    ax = fig.axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "v")


def test_smoothed_curves_are_means_over_the_raw_values():
    fig = plots.curves({"loss": np.array([0.0, 2, 4, 6])}, x="step", y="loss", smooth=2)
    raw, smooth = fig.axes[0].lines
    assert list(raw.get_ydata()) == [0, 2, 4, 6]
    assert list(smooth.get_ydata()) == [1, 5]


def test_alternative_text_is_in_the_html_and_is_the_plain_text():
    bundle = plots.bundle(plots.grid(pictures(1)), 'a "red" mug')
    assert 'alt="a &quot;red&quot; mug"' in bundle["text/html"]
    assert bundle["text/plain"] == 'a "red" mug'
    with pytest.raises(ValueError, match="alt"):
        plots.bundle(plots.grid(pictures(1)), " ")


def test_the_same_figure_gives_the_same_bytes():
    assert plots.png(plots.grid(pictures(3))) == plots.png(plots.grid(pictures(3)))


def test_outside_a_notebook_nothing_is_drawn(capsys):
    plots.show(plots.grid(pictures(1)), alt="a picture")
    on_step = plots.live(lambda generator: pytest.fail("drawn outside a notebook"), steps=1)
    on_step(0, None, {"loss": 1.0})
    assert capsys.readouterr().out == ""


def test_live_view_starts_renews_seldom_and_ends_with_the_last_step(monkeypatch):
    shown = []

    class Handle:
        def update(self, bundle, raw):
            shown.append(bundle["text/plain"])

    monkeypatch.setattr(plots, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: Handle())
    on_step = plots.live(lambda generator: pictures(6), steps=50, every=1000)
    for step in range(50):
        on_step(step, None, {"generator": 1.0, "discriminator": 0.5})
    assert len(shown) == 2
    assert "50 of 50" in shown[-1]
