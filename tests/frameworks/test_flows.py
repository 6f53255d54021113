"""A flow learns what it is asked for, on points and on pictures, and says what doesn't fit."""

from __future__ import annotations

import importlib
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from prodgen_lib.plain.prompts import COUNTS


@pytest.fixture
def on(fw) -> SimpleNamespace:
    names = ("flows", "denoisers", "diffusion")
    found = {name: importlib.import_module(f"prodgen_lib.{fw.name}.{name}") for name in names}
    return SimpleNamespace(bridge=fw.bridge, **found)


def points(on, **options):
    """Two kinds of points, around (-1, 1) and (1, -1), and a flow that was trained on them."""
    labels = np.arange(400)[:, None] % 2
    spread = np.random.default_rng(0).normal(0, 0.1, (400, 2))
    examples = (spread + np.where(labels, (1, -1), (-1, 1))).astype(np.float32)
    build = partial(on.denoisers.CodeNetwork, (2,), size=2, width=32, depth=2)
    given = {"counts": (2,), "steps": 200, "learning_rate": 1e-2, "decay": 0.9, "progress": False}
    return on.flows.train(build, examples, labels, **given | options)


def test_points_lie_where_they_were_asked_for(on):
    calls = []
    flow = points(on, on_step=lambda step, flow, losses: calls.append((step, losses["loss"])))
    drawn = on.flows.sample(flow, np.array([[0]] * 50 + [[1]] * 50), seed=3)
    assert drawn.dtype == np.float32 and drawn.shape == (100, 2)
    assert np.abs(drawn[:50].mean(axis=0) - (-1, 1)).max() < 0.25
    assert np.abs(drawn[50:].mean(axis=0) - (1, -1)).max() < 0.25
    assert len(calls) == 200 and np.allclose([loss for _, loss in calls], flow.history["loss"])
    anything = on.flows.sample(flow, np.full((100, 1), 2), seed=3)
    assert 0.2 < (anything[:, 0] > 0).mean() < 0.8
    beyond = on.flows.sample(flow, np.array([[1]] * 50), scale=3.0, seed=3)
    assert np.abs(beyond.mean(axis=0)).min() > np.abs(drawn[50:].mean(axis=0)).max() - 0.1


def test_the_same_seed_draws_the_same(on):
    a, b = (points(on, steps=3, paired=True) for _ in range(2))
    labels = np.zeros((5, 1), int)
    assert np.array_equal(on.flows.sample(a, labels, steps=2), on.flows.sample(b, labels, steps=2))
    assert not np.array_equal(
        on.flows.sample(a, labels, steps=2), on.flows.sample(a, labels, steps=2, seed=1)
    )


def test_pictures_come_as_pictures(on):
    pictures = np.full((8, 32, 32, 3), 200, np.uint8)
    build = partial(on.denoisers.PatchUNet, (2,), widths=(4, 4, 4), told=8)
    flow = on.flows.train(
        build, pictures, np.zeros((8, 1), int), counts=(2,), steps=2, batch_size=2, progress=False
    )
    drawn = on.flows.sample(flow, np.zeros((3, 1), int), steps=1)
    assert drawn.shape == (3, 32, 32, 3) and drawn.dtype == np.uint8


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros((400, 2), int), r"expected integers of shape \(N, 1\)"),
        (np.zeros((400, 1)), "expected integers"),
        (np.zeros((7, 1), int), "400 examples and 7 rows"),
        (np.full((400, 1), 2), r"must lie in 0\.\.1"),
    ],
)
def test_labels_that_do_not_fit_are_named(on, labels, said):
    with pytest.raises(ValueError, match=said):
        on.flows.train(None, np.zeros((400, 2), np.float32), labels, counts=(2,))


def test_the_shipped_networks_draw_alike_in_both_frameworks():
    orders, drawn = np.array([[1, 0, 0, 4], [5, 4, 2, 8]]), []
    for name in ("torch", "tensorflow"):
        flows = importlib.import_module(f"prodgen_lib.{name}.flows")
        model = flows.load_pixels()
        assert model.counts == COUNTS
        drawn.append(flows.sample(model, orders, steps=4).astype(int))
    assert np.abs(drawn[0] - drawn[1]).max() <= 1
