"""Tokenizers: scales, averages and restarts by hand, and short trainings, in both frameworks."""

from __future__ import annotations

import importlib
import itertools
from types import SimpleNamespace

import numpy as np
import pytest

SIDES = (1, 2, 4, 8)
SMALL = dict(steps=3, batch_size=4, width=4, depth=1, progress=False)


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key of one framework, and numbers to tensors and back."""
    key, tokens, cgan = (
        importlib.import_module(f"prodgen_lib.{fw.name}.{name}")
        for name in ("tokenizers", "tokens", "cgan")
    )
    look = importlib.import_module(f"prodgen_lib.exercises.probe_{fw.name}")
    return SimpleNamespace(
        key=key,
        tokens=tokens,
        bridge=fw.bridge,
        floats=fw.bridge.to_tensor,
        whole=cgan.to_labels,
        ids=lambda numbers: look.tensor(np.asarray(numbers), "int64"),
        array=fw.bridge.to_numpy,
    )


@pytest.fixture
def pictures(rng) -> np.ndarray:
    return rng.integers(0, 256, (12, 32, 32, 3), np.uint8)


# From coarse to fine.


def test_one_scale_is_the_nearest_code_of_each_place(on, rng):
    features = on.floats(rng.normal(0, 1, (3, 64, 2)))
    codebook = on.floats(rng.normal(0, 1, (7, 2)))
    total, ids = on.key.scale_tokens(features, codebook, sides=(8,))
    expected = on.array(on.tokens.nearest_code(features, codebook))
    assert np.array_equal(on.array(ids), expected)
    assert np.allclose(on.array(total), on.array(codebook)[expected], atol=1e-6)


def test_each_scale_says_what_is_still_missing(on):
    """A left half of 3 and a right half of 1: their mean, then one more or one less."""
    map_ = np.repeat([[3.0] * 4 + [1.0] * 4], 8, axis=0)
    features = on.floats(map_.reshape(1, 64, 1))
    codebook = on.floats([[0.0], [2.0], [1.0], [-1.0]])
    total, ids = on.key.scale_tokens(features, codebook, sides=(1, 2, 4))
    assert on.array(ids).tolist() == [[1, 2, 3, 2, 3] + 16 * [0]]
    assert np.array_equal(on.array(total), on.array(features))


def test_a_sum_of_scales_is_what_its_ids_stand_for(on, rng):
    features = on.floats(rng.normal(0, 1, (2, 64, 3)))
    codebook = on.floats(rng.normal(0, 1, (9, 3)))
    total, ids = on.key.scale_tokens(features, codebook, sides=SIDES)
    assert on.array(ids).shape == (2, 85)
    again = on.key.from_scales(ids, codebook, sides=SIDES)
    assert np.allclose(on.array(again), on.array(total), atol=1e-5)
    first = on.array(on.key.from_scales(ids, codebook, sides=SIDES[:1]))
    assert np.array_equal(first, np.repeat(on.array(codebook)[on.array(ids)[:, :1]], 64, axis=1))


@pytest.mark.parametrize("side", [1, 3, 5, 8])
def test_rows_that_became_codes_are_nearest_to_them(on, rng, side):
    features = on.floats(rng.normal(0, 1, (2, 64, 3)))
    codebook = on.floats(rng.normal(0, 1, (9, 3)))
    sides = (2, side)
    ids = on.key.scale_tokens(features, codebook, sides=sides)[1]
    rows = on.array(on.key.scale_rows(features, codebook, ids, sides=sides))
    assert rows.shape == (2 * (4 + side**2), 3)
    apart = np.square(rows[:, None] - on.array(codebook)).sum(axis=2)
    assert np.array_equal(apart.argmin(axis=1), on.array(ids).ravel())


def test_gradients_reach_the_codes_that_were_chosen(on, rng):
    features = on.floats(rng.normal(0, 1, (1, 64, 2)))
    codebook = on.floats(rng.normal(0, 1, (5, 2)) + 9 * np.eye(5, 2))  # the first two are far

    def loss(features, codebook):
        quantised = on.key.scale_tokens(features, codebook, sides=(8,))[0]
        return on.tokens.codebook_loss(features, quantised, beta=0.0)

    _, (to_features, to_codes) = on.bridge.value_and_gradients(loss, features, codebook)
    used = np.unique(on.array(on.tokens.nearest_code(features, codebook)))
    assert not to_features.any()
    assert [k for k in range(5) if to_codes[k].any()] == used.tolist() and used.min() > 1


# A codebook that lives.


def test_codes_move_towards_the_mean_of_their_features(on):
    codebook, counts = on.floats([[0.0], [10.0], [5.0]]), on.floats([2.0, 2.0, 0.0])
    features, ids = on.floats([[4.0], [8.0], [10.0]]), on.ids([0, 0, 1])
    moved, new = on.key.move_codes(codebook, counts, features, ids, decay=0.5)
    # (½·2·0 + ½·(4 + 8)) / (½·2 + ½·2) = 3; the second stays where it is; the third isn't chosen.
    assert on.array(moved) == pytest.approx(np.array([[3.0], [10.0], [5.0]]))
    assert on.array(new) == pytest.approx([2.0, 1.5, 0.0])


def test_dead_codes_go_where_features_are(on):
    codebook, counts = on.floats([[0.0], [1.0], [2.0], [3.0]]), on.floats([0.5, 4, 0, 0.9])
    fresh, new = on.key.restart_codes(codebook, counts, on.floats([[7.0], [8.0]]), least=1.0)
    assert on.array(fresh).tolist() == [[7], [1], [8], [7]]  # of two features the first again
    assert on.array(new).tolist() == [1, 4, 1, 1]


# Levels.


def test_ids_of_levels_stand_for_their_values(on, rng):
    levels = (4, 3, 2)
    ids = on.whole(np.arange(24).reshape(2, 12))
    values = on.array(on.key.level_values(ids, levels=levels))
    grids = [np.linspace(-1, 1, count) for count in levels]
    assert values.reshape(-1, 3) == pytest.approx(np.array(list(itertools.product(*grids))))
    features = on.floats(rng.normal(0, 1, (2, 5, 3)))
    rounded, found = on.tokens.round_levels(features, levels=levels)
    again = on.key.level_values(found, levels=levels)
    assert np.allclose(on.array(again), on.array(rounded), atol=1e-6)


# Training and use.


@pytest.mark.parametrize(
    ("options", "places", "ids"),
    [
        ({"codes": 16, "size": 3}, 64, 16),
        ({"codes": 16, "size": 3, "sides": (1, 3, 8)}, 74, 16),
        ({"codes": 16, "size": 3, "alive": False}, 64, 16),
        ({"levels": (4, 3, 2)}, 64, 24),
    ],
    ids=["alive", "scales", "left alone", "levels"],
)
def test_pictures_to_ids_and_back(on, pictures, options, places, ids):
    tokenizer = on.key.train(pictures, **SMALL, **options)
    found = on.key.encode(tokenizer, pictures[:5])
    assert found.shape == (5, places) and found.dtype == np.int64
    assert found.min() >= 0 and found.max() < ids == tokenizer.ids
    drawn = on.key.decode(tokenizer, found)
    assert drawn.shape == (5, 32, 32, 3) and drawn.dtype == np.uint8
    assert all(len(series) == 3 for series in tokenizer.history.values())
    assert np.isfinite(tokenizer.history["loss"]).all()
    assert (tokenizer.codebook is None) == ("levels" in options)


def test_many_pictures_are_used_in_parts(on, pictures):
    tokenizer = on.key.train(pictures, codes=8, size=2, **SMALL)
    many = np.tile(pictures[:4], (126, 1, 1, 1))  # 504
    ids = on.key.encode(tokenizer, many)
    assert np.array_equal(ids, np.tile(ids[:4], (126, 1)))
    assert len(on.key.decode(tokenizer, ids)) == 504


def test_a_living_codebook_is_used_and_lowers_the_error(on, rng):
    tones = np.repeat(np.repeat(rng.integers(0, 256, (12, 8, 8, 3), np.uint8), 4, 1), 4, 2)
    alive, alone = (
        on.key.train(tones, codes=64, size=4, alive=alive, **(SMALL | {"steps": 30})).history
        for alive in (True, False)
    )
    assert alive["error"][-5:].mean() < 0.95 * alive["error"][:3].mean()
    assert alive["perplexity"][-5:].mean() > 1.5 * alone["perplexity"][-5:].mean()


@pytest.mark.parametrize("sides", [(8,), (1, 8)])
def test_a_living_codebook_moves_in_each_step_by_averages_alone(on, pictures, sides):
    network = on.key.PatchAutoencoder(2, codes=6, width=4, depth=1)
    optimizer = on.bridge.adam(network, 1e-2)
    last = list(on.bridge.weights(network))[-1]
    batch, counts = on.bridge.to_images(pictures), on.floats(np.zeros(6))
    order = on.whole(np.arange(len(pictures) * sum(side**2 for side in sides)))
    counts = on.key.revive(network, counts, batch, order, sides=sides)
    assert on.array(counts).tolist() == 6 * [1]
    before = on.bridge.weights(network)[last]
    features = network.encode(batch)
    ids = on.key.scale_tokens(features, on.floats(before), sides=sides)[1]
    rows = on.key.scale_rows(features, on.floats(before), ids, sides=sides)
    flat = on.ids(on.array(ids).ravel())
    moved, new = on.key.move_codes(on.floats(before), counts, rows, flat, decay=0.98)
    *_, found = on.key.train_step(
        network, optimizer, batch, counts, levels=None, sides=sides, beta=0.25, alive=True
    )
    after = on.bridge.weights(network)[last]
    assert np.allclose(after, on.array(moved), atol=1e-5) and not np.allclose(after, before)
    assert np.allclose(on.array(found), on.array(new), atol=1e-4)


def test_without_averages_only_chosen_codes_move(on, pictures):
    network = on.key.PatchAutoencoder(2, codes=6, width=4, depth=1)
    before = on.bridge.weights(network)
    *_, last = before
    before[last] = np.concatenate([before[last][:4], 99 + before[last][4:]])  # two lie far away
    on.bridge.set_weights(network, before)
    on.key.train_step(
        network, on.bridge.adam(network, 1e-2), on.bridge.to_images(pictures),
        on.floats(np.zeros(6)), levels=None, sides=(8,), beta=0.25, alive=False,
    )  # fmt: skip
    moved = (on.bridge.weights(network)[last] != before[last]).any(axis=1)
    assert moved[:4].any() and not moved[4:].any()


def test_a_file_of_weights_holds_the_codebook_and_levels_need_none(on, pictures, tmp_path):
    tokenizer = on.key.train(pictures, codes=8, size=2, **SMALL)
    on.bridge.save_weights(tokenizer.network, tmp_path / "tokenizer.safetensors")
    network = on.key.PatchAutoencoder(2, codes=8, width=4, depth=1)
    on.bridge.load_weights(network, tmp_path / "tokenizer.safetensors")
    again = tokenizer._replace(network=network)
    assert np.array_equal(on.key.encode(again, pictures), on.key.encode(tokenizer, pictures))
    plain = on.key.PatchAutoencoder(2, width=4, depth=1)
    assert not any(name.endswith("embeddings") for name in on.bridge.weights(plain))


def test_the_seed_decides(on, pictures):
    one, other, third = (
        on.key.train(pictures, codes=8, size=2, seed=seed, **SMALL).history["loss"]
        for seed in (1, 1, 2)
    )
    assert np.allclose(one, other, rtol=1e-4) and not np.allclose(one, third, rtol=1e-2)
