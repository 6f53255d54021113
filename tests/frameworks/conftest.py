"""Every test here runs once in each framework that is installed."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture(params=["torch", "tensorflow"])
def fw(request) -> SimpleNamespace:
    """The modules of one framework: ``fw.gan``, ``fw.metrics``, ``fw.name`` …"""
    pytest.importorskip(request.param)
    names = ("gan", "metrics", "vae", "bridge", "classifier")
    modules = {
        name: importlib.import_module(f"prodgen_lib.{request.param}.{name}") for name in names
    }
    return SimpleNamespace(name=request.param, **modules)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
