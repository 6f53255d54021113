"""The judge of four factors: shipped weights, in each framework and between the two."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import prodgen_lib
from prodgen_lib.data import load
from prodgen_lib.plain.prompts import COUNTS, prompts

WEIGHTS = Path(prodgen_lib.__file__).parent / "weights" / "factors_studio.safetensors"


@pytest.fixture
def factors(fw):
    """The module under test."""
    return importlib.import_module(f"prodgen_lib.{fw.name}.factors")


def test_it_reads_pictures_that_it_never_saw(factors):
    unseen = load("catalogue", count=1000, split="test")
    read = factors.read_factors(factors.load_factor_classifier(), unseen.images)
    assert read.shape == (1000, 4) and read.dtype == np.int64
    category, main, pattern, second = (read == prompts(unseen)).mean(axis=0)
    assert category == 1 and main >= 0.99 and pattern >= 0.94 and second >= 0.985


def test_logits_belong_to_factors_in_the_order_of_a_prompt(factors):
    logits = np.arange(2.0 * sum(COUNTS)).reshape(2, -1)
    parts = factors.split_factors(logits)
    assert [part.shape for part in parts] == [(2, count) for count in COUNTS]
    assert np.array_equal(np.concatenate(parts, axis=1), logits)


def test_a_blurred_or_grainy_picture_is_read_as_well(fw, factors, rng):
    unseen = load("catalogue", count=500, split="test")
    grain = np.clip(unseen.images + rng.normal(0, 6, unseen.images.shape), 0, 255)
    blurred = fw.vae.decode(
        (model := fw.vae.load_pretrained()).decoder,
        fw.vae.encode(model.encoder, unseen.images)[0],
    )
    judge = factors.load_factor_classifier()
    for pictures in (grain.astype(np.uint8), blurred):
        category, main, *_ = (factors.read_factors(judge, pictures) == prompts(unseen)).mean(axis=0)
        assert category >= 0.99 and main >= 0.9


def test_the_file_is_small():
    assert WEIGHTS.stat().st_size <= 1_550_000


def test_both_frameworks_read_the_same():
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    pictures = load("catalogue", count=200, split="test").images
    ours, theirs = (
        module.factor_logits(module.load_factor_classifier(), pictures)
        for module in map(
            importlib.import_module, ("prodgen_lib.torch.factors", "prodgen_lib.tensorflow.factors")
        )
    )
    assert np.abs(ours - theirs).max() < 1e-4
