"""Counts and costs, against formulas of their own and against a search."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from prodgen_lib.plain import costs, machine, measured, probes, small_pictures


def test_the_examples_of_the_docstrings():
    assert costs.transformer_parameters(layers=1, width=2, vocabulary=3, places=4) == 92
    assert costs.training_memory(parameters=10, activations=7, batch=2) == 216
    assert costs.operations([10, 3], [4, 1], examples=5) == 430
    assert costs.operations([10, 3], [4, 1], examples=5, training=True) == 1290
    assert costs.best_split(600, costs.Law(0, 1, 0.5, 1, 0.5)) == pytest.approx((10, 10))


def test_gpt_2_has_124_million_parameters():
    """The small one of the paper's four, 117M there by another count, 124M on disk."""
    sizes = {"layers": 12, "width": 768, "vocabulary": 50257, "places": 1024}
    assert costs.transformer_parameters(**sizes) == 124_439_808


@pytest.mark.parametrize("seed", range(5))
def test_no_other_split_of_a_budget_is_better(seed):
    rng = np.random.default_rng(seed)
    law = costs.Law(0.4, *rng.uniform([5, 0.3, 60, 0.3], [20, 0.6, 900, 0.6]))
    budget = 10 ** rng.uniform(9, 14)
    parameters, tokens = costs.best_split(budget, law)
    assert 6 * parameters * tokens == pytest.approx(budget)
    best = costs.loss_at(law, parameters, tokens)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert costs.loss_at(law, factor * parameters, tokens / factor) > best


def test_operations_of_tokens_are_six_a_parameter():
    assert costs.operations([500], [64], examples=7, training=True) == 6 * 500 * 64 * 7


def test_a_picture_costs_its_seconds():
    found = costs.picture_cost(operations=1e12, peak=1e11, use=0.5, price=3.6, power=100)
    assert found == pytest.approx((20, 0.02, 100 * 20 / 3600))


def test_a_plan_has_its_units():
    plan = costs.review_budget(
        parameters=1000, head=100, places=10, pictures=5, epochs=2, activations=50, batch=4,
        peak=1e6, use=0.5, price=2, power=1000,
    )  # fmt: skip
    assert plan["bytes"] == 4 * (4000 + 200)
    assert plan["operations"] == 600_000
    assert plan["hours"] == pytest.approx(1.2 / 3600)
    assert plan["kilowatt hours"] == pytest.approx(plan["hours"])


def test_the_machine_is_measured():
    spent = machine.cpu_seconds(lambda: sum(range(300_000)), times=2)
    assert 0 < spent < 1
    assert machine.peak_operations(size=256, times=2) > 1e8
    grown = machine.peak_bytes(lambda: (np.ones(25_000_000), time.sleep(0.05)))
    assert 1.5e8 < grown < 4e8


def test_rows_of_ids_and_back():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (30, 32, 32, 3)).astype(np.uint8)
    labels = rng.integers(0, 10, 30)
    colours = small_pictures.palette(pictures)
    rows = small_pictures.to_rows(pictures, labels, colours)
    assert rows.shape == (30, 65) and np.array_equal(rows[:, 0] - 64, labels)
    shrunk = small_pictures.shrink(pictures)
    assert np.allclose(shrunk[0, 0, 1], pictures[0, :4, 4:8].mean(axis=(0, 1)))
    again = small_pictures.from_rows(rows, colours)
    apart = np.linalg.norm(shrunk[:, :, :, None] - colours, axis=-1).argmin(axis=-1)
    assert np.array_equal(rows[:, 1:], apart.reshape(30, -1))
    assert np.abs(again - colours[apart]).max() <= 0.5


def test_a_probe_reads_what_a_line_can_tell():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(800, 6)), rng.integers(0, 3, 800)
    assert probes.probe_accuracy(features, labels) < 0.45
    features[:, :3] += 4 * np.eye(3)[labels]
    assert probes.probe_accuracy(features, labels) > 0.95


def test_measurements_are_found_and_averaged():
    rows = measured.measured("diffusion")
    real = measured.means(rows, "torch", "sets", "real pictures")
    assert 0 < real["recall"] <= 1
    with pytest.raises(FileNotFoundError, match="nothing_here"):
        measured.measured("nothing_here")


def test_the_study_of_scale_is_whole():
    """Five budgets over two decades, and every run within two per cent of its budget."""
    runs = measured.measured("scaling")["runs"]
    budgets = sorted({run["budget"] for run in runs})
    assert len(budgets) == 5 and math.log10(budgets[-1] / budgets[0]) == pytest.approx(2, abs=0.01)
    assert len({(r["budget"], r["width"], r["layers"]) for r in runs}) >= 21
    for run in runs:
        assert abs(run["operations"] / run["budget"] - 1) < 0.03
        sizes = {"layers": run["layers"], "width": run["width"]}
        kernels = [12 * run["width"] ** 2 * run["layers"], small_pictures.IDS * run["width"]]
        each = costs.operations(kernels, [64, 64], training=True)
        each += costs.attention_operations(places=64, training=True, **sizes)
        assert run["operations"] == each * run["tokens"] // 64
