"""The drawn catalogue: the same everywhere, known factors, smooth edges, fast, cached."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from prodgen_lib.data import DataError, catalogue, load
from prodgen_lib.data.catalogue import FACTORS, SETTINGS, SIZES, render, sample_factors
from prodgen_lib.data.cloth import PATTERNS

PINS = {
    ("studio", 32): "6cd75db4c8ab7a3b2b1e4847c23c453221a6fee3269a02ddd0c7f5a7b0bc5383",
    ("studio", 64): "e9138c49e0dfe899a0614c525d1b347feeeca101c0b5ca727e20f065da64b9cb",
    ("full", 32): "f37cd52d64c22dc599763e7e977092d2e6de3ccd57c0374ce0ae92f84b2f3e86",
    ("full", 64): "20b8fcdc49b1a8b869d746d552bebee9998f1c80f262b7bc5799c753a4746b77",
}
"""sha256 of 400 pictures of seed 7. A change of pins needs a new catalogue.VERSION."""

PRINT_PINS = """
import hashlib
from prodgen_lib.data.catalogue import SETTINGS, SIZES, render, sample_factors
for setting in SETTINGS:
    for size in SIZES:
        pictures = render(sample_factors(setting, 400, seed=7), size)
        print(setting, size, hashlib.sha256(pictures.tobytes()).hexdigest())
"""


def pins_of_fresh_python(**environment: str) -> dict[tuple[str, int], str]:
    """The checksums that another Python process gets."""
    output = subprocess.run(
        [sys.executable, "-c", PRINT_PINS],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [line.split() for line in output.splitlines()]
    return {(setting, int(size)): pin for setting, size, pin in rows}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("size", SIZES)
def test_pictures_are_the_same_on_every_machine(setting: str, size: int) -> None:
    pictures = render(sample_factors(setting, 400, seed=7), size)
    assert hashlib.sha256(pictures.tobytes()).hexdigest() == PINS[setting, size]


def optional_instructions() -> list[str]:
    """Instruction sets that NumPy would use on this processor but can do without."""
    core = "numpy._core" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else "numpy.core"
    module = importlib.import_module(f"{core}._multiarray_umath")
    return [name for name in module.__cpu_dispatch__ if module.__cpu_features__.get(name)]


def test_pictures_do_not_depend_on_the_instructions_of_the_processor() -> None:
    names = optional_instructions()
    if not names:
        pytest.skip("this NumPy has no optional instructions to switch off")
    assert pins_of_fresh_python(NPY_DISABLE_CPU_FEATURES=" ".join(names)) == PINS


@pytest.mark.parametrize("setting", SETTINGS)
def test_fewer_pictures_are_the_first_of_more(setting: str) -> None:
    few, many = sample_factors(setting, 57, seed=3), sample_factors(setting, 400, seed=3)
    for name, column in few.items():
        np.testing.assert_array_equal(column, many[name][:57])
    np.testing.assert_array_equal(render(few, 32), render(many, 32)[:57])


def test_load_gives_pictures_labels_and_factors() -> None:
    data = load("catalogue", count=120, seed=1)
    assert len(data) == 120
    assert data.images.shape == (120, 32, 32, 3)
    assert data.images.dtype == np.uint8
    assert data.labels.dtype == np.int64
    assert data.classes == catalogue.CLASSES
    assert list(data.factors) == list(FACTORS)
    np.testing.assert_array_equal(data.labels, data.factors["category"])
    np.testing.assert_array_equal(data.images, render(data.factors, 32))
    part = data.subset(data.labels == 3)
    assert len(part) == 12
    assert set(part.factors["category"]) == {3}


def test_settings_seeds_and_splits_differ() -> None:
    kinds = [
        load("catalogue", count=200),
        load("catalogue", count=200, split="test"),
        load("catalogue", count=200, seed=1),
        load("catalogue_full", count=200),
    ]
    pictures = {image.tobytes() for data in kinds for image in data.images}
    assert len(pictures) == 800


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_value_of_every_factor_occurs(setting: str) -> None:
    table = sample_factors(setting, 4000)
    assert np.all(np.bincount(table["category"]) == 400)
    for name, factor in FACTORS.items():
        low, high = factor.span(setting)
        column = table[name]
        if factor.kind is int:
            assert set(column.tolist()) == set(range(int(low), int(high) + 1)), name
        else:
            assert low <= column.min() <= column.max() <= high
            assert abs(column.mean() - (low + high) / 2) <= 0.05 * (high - low), name
    assert np.all(table["main"] != table["second"])
    assert set(table["pattern"]) == set(range(4 if setting == "studio" else len(PATTERNS)))
    for category, styles in enumerate(catalogue.STYLES):
        assert set(table["style"][table["category"] == category]) == set(range(styles))


@pytest.mark.parametrize("category", range(10))
def test_every_factor_changes_the_picture(category: int) -> None:
    base = {"category": category, "pattern": 1, "tint": 0.1, "rotation": 4.0}
    other = {"style": 1, "pattern": 5, "main": 0, "second": 3, "proportion": 0.9, "detail": 0.1}
    other |= {"rotation": -5.0, "scale": 0.9, "offset_x": 0.05, "offset_y": -0.05}
    other |= {"hue": 0.1, "tint": 0.02, "brightness": 0.88, "shadow": 0.1}
    before = render(base, 32)
    for name, value in other.items():
        assert not np.array_equal(before, render(base | {name: value}, 32)), name


@pytest.mark.parametrize("category", range(10))
@pytest.mark.parametrize("pattern", range(len(PATTERNS)))
def test_both_colours_are_seen(category: int, pattern: int) -> None:
    """Red and green products: each colour's hue covers some pixels, in every pattern."""
    for style in range(catalogue.STYLES[category]):
        product = {"category": category, "pattern": pattern, "style": style}
        picture = render(product | {"main": 0, "second": 3}, 64)[0].astype(int)
        red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
        assert np.sum((red > green + 50) & (red > blue + 50)) > 30
        assert np.sum((green > red + 30) & (green > blue + 30)) > 20


def test_varying_one_factor_keeps_the_others() -> None:
    pictures = render({"category": 1, "proportion": np.linspace(0, 1, 5)}, 64)
    assert pictures.shape == (5, 64, 64, 3)
    assert len({picture.tobytes() for picture in pictures}) == 5
    np.testing.assert_array_equal(pictures[:, 0, 0], pictures[:1, 0, 0].repeat(5, axis=0))


def test_mirrored_product_is_the_mirror_image_but_for_the_light() -> None:
    for category in (2, 8):  # sneaker, cap
        as_drawn, mirrored = render({"category": category, "side": [0, 1]}, 64).astype(int)
        near, far = np.abs(as_drawn[:, ::-1] - mirrored), np.abs(as_drawn - mirrored)
        assert near.mean() < 0.3 * far.mean()


def test_edges_are_smooth() -> None:
    """Between shirt and background lie pixels of intermediate brightness, on straight edges too."""
    picture = render({"category": 0, "main": 10, "rotation": 7.0, "shadow": 0.1}, 64)[0]
    row = picture[40].astype(int).sum(axis=-1)
    light, dark = row[0], row[32]
    between = (row > dark + 0.15 * (light - dark)) & (row < light - 0.15 * (light - dark))
    assert 1 <= np.sum(between[:32]) <= 4
    assert 1 <= np.sum(between[32:]) <= 4


def test_products_stay_inside_of_the_picture() -> None:
    """The studio's border pixels are background: light and nearly grey."""
    pictures = render(sample_factors("studio", 2000), 32).astype(int)
    border = np.concatenate([pictures[:, 0], pictures[:, :, 0], pictures[:, :, -1]], axis=1)
    assert border.min() > 180
    assert np.ptp(border, axis=-1).max() < 20


def test_background_has_its_hue() -> None:
    red, green, blue = render({"hue": [0, 1 / 3, 2 / 3], "tint": 0.16, "rotation": 0.0}, 32)[
        :, 1, 1
    ]
    assert red.argmax() == 0
    assert green.argmax() == 1
    assert blue.argmax() == 2


def test_speed() -> None:
    """At least 1,500 pictures a second on two cores; CPU time, so other work does not count."""
    table = sample_factors("studio", 3000)
    render({name: column[:100] for name, column in table.items()}, 32)
    rates = []
    for _ in range(3):
        start = time.process_time()
        render(table, 32)
        rates.append(3000 / (time.process_time() - start))
    assert 2 * max(rates) > 1500


def test_import_is_light() -> None:
    code = (
        "import sys; import prodgen_lib.data; "
        "print([m for m in ('torch', 'tensorflow', 'pooch', 'PIL', 'scipy', 'matplotlib')"
        " if m in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[]"


# The cache ---------------------------------------------------------------------------------


def cached_file(cache: Path) -> Path:
    (file,) = cache.glob("*.npz")
    return file


def test_second_load_reads_the_cache(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load("catalogue", count=50)
    monkeypatch.setattr(catalogue, "render", None)
    np.testing.assert_array_equal(load("catalogue", count=50).images, first.images)
    assert [path.suffix for path in own_cache.iterdir()] == [".npz"]


def damage_middle(data: bytes) -> bytes:
    return data[:9000] + bytes([data[9000] ^ 255]) + data[9001:]


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:1000], damage_middle, lambda data: b"", lambda data: b"text\n" * 900],
    ids=["truncated", "flipped", "empty", "text"],
)
def test_damaged_cache_is_rendered_again(own_cache: Path, damage: object) -> None:
    first = load("catalogue", count=50)
    file = cached_file(own_cache)
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    np.testing.assert_array_equal(load("catalogue", count=50).images, first.images)
    assert cached_file(own_cache).read_bytes() == sound


def test_cache_of_another_shape_is_rendered_again(own_cache: Path) -> None:
    first = load("catalogue", count=50)
    np.savez(cached_file(own_cache), images=first.images[:20])
    assert len(load("catalogue", count=50)) == 50


def test_cache_can_be_left_out(own_cache: Path) -> None:
    load("catalogue", count=20, cache=False)
    assert not own_cache.exists()


def test_cache_that_cannot_be_written_only_warns(own_cache: Path) -> None:
    own_cache.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="not cached"):
        assert len(load("catalogue", count=20)) == 20


# What cannot be asked for ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "catalog"}, "There is no data set 'catalog'; choose one of: catalogue, catal"),
        (
            {"name": "catalogue", "size": 48},
            "size of a catalogue picture 48; choose one of: 32, 64",
        ),
        ({"name": "catalogue", "split": "val"}, "split of the catalogue 'val'; choose one of: tra"),
        ({"name": "catalogue", "count": 0}, "count must be a whole number, at least 1; got 0"),
        ({"name": "catalogue", "count": "many"}, "count must be a whole number, at least 1"),
        ({"name": "catalogue", "seed": -1}, "seed must be a whole number, at least 0; got -1"),
        ({"name": "catalogue", "limit": 0}, "limit must be a whole number, at least 1; got 0"),
        ({"name": "catalogue", "cuont": 10}, "takes no option 'cuont'"),
        ({"name": "fashion_mnist", "count": 10}, "takes no option 'count'"),
    ],
)
def test_wrong_arguments_of_load(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        load(**arguments)


@pytest.mark.parametrize(
    ("factors", "sentence"),
    [
        ({"colour": 1}, "There is no factor of the catalogue 'colour'; choose one of: category"),
        ({"scale": 3.0}, "Factor 'scale' must hold numbers in 0.8..1.2 (factor), got [3.]"),
        ({"category": 1.5}, "Factor 'category' must hold whole numbers in 0..9"),
        ({"category": "mug"}, "Factor 'category' must hold whole numbers in 0..9"),
        ({"detail": np.nan}, "Factor 'detail' must hold numbers in 0..1"),
        ({"detail": [0.1, 0.2], "scale": [1, 1, 1]}, "has shape (2,), expected 3 numbers"),
        ({"category": 1, "style": 2}, "There is no style 2 of mug: it has 2"),
    ],
)
def test_wrong_factors_of_render(factors: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        render(factors, 32)


def test_wrong_size_of_render() -> None:
    with pytest.raises(DataError, match="choose one of: 32, 64"):
        render({}, 100)
