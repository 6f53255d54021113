"""The autoencoder of chapters 11 and 12: its weights in each framework and between the two."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import prodgen_lib
from prodgen_lib.data import load
from prodgen_lib.plain.prompts import prompts

WEIGHTS = Path(prodgen_lib.__file__).parent / "weights" / "codes_studio.safetensors"
OPTIONS = {"latents": 64, "width": 32}


def test_reconstructions_keep_the_picture_and_its_factors(fw):
    unseen = load("catalogue", count=1000, split="test")
    model = fw.vae.load_vae(WEIGHTS, **OPTIONS)
    mean, log_variance = fw.vae.encode(model.encoder, unseen.images)
    again = fw.vae.decode(model.decoder, mean)
    errors = (again / 255 - unseen.images / 255) ** 2
    assert mean.shape == log_variance.shape == (1000, 64)
    assert np.mean(-10 * np.log10(errors.mean(axis=(1, 2, 3)))) > 31
    factors = importlib.import_module(f"prodgen_lib.{fw.name}.factors")
    read = factors.read_factors(factors.load_factor_classifier(), again)
    category, main, pattern, second = (read == prompts(unseen)).mean(axis=0)
    assert category == 1 and main > 0.99 and pattern > 0.93 and second > 0.95


def test_the_file_is_small():
    assert WEIGHTS.stat().st_size <= 1_500_000


def test_both_frameworks_find_the_same_codes_and_pictures():
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    pictures = load("catalogue", count=100, split="test").images
    ours, theirs = (
        importlib.import_module(f"prodgen_lib.{framework}.vae")
        for framework in ("torch", "tensorflow")
    )
    mine, yours = (module.load_vae(WEIGHTS, **OPTIONS) for module in (ours, theirs))
    code, other = (
        module.encode(model.encoder, pictures)[0]
        for module, model in ((ours, mine), (theirs, yours))
    )
    assert np.abs(code - other).max() < 1e-4
    seen = ours.decode(mine.decoder, code).astype(int) - theirs.decode(yours.decoder, code)
    assert np.abs(seen).max() <= 1
