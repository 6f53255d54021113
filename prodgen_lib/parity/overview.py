"""The overview: the same laws, shares, maps, and the same small GPT, from the same numbers."""

from __future__ import annotations

import numpy as np

from prodgen_lib.parity import Numbers, modules


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, interpret, gpt, bridge, cgan, classifier = modules(
        framework, "overview", "interpret", "picture_gpt", "bridge", "cgan", "classifier"
    )
    rng = np.random.default_rng(seed)
    seen = _laws(key, bridge, rng)
    pictures = rng.uniform(-1, 1, (4, 32, 32, 3)).astype(np.float32)
    images, labels = bridge.image_tensor(pictures), cgan.to_labels(rng.integers(10, size=4))
    network = classifier.load_classifier()
    maps = key.saliency(network, images, labels)
    shares = key.integrated_gradients(network, images, 0 * images, labels, steps=3)
    masks = bridge.to_tensor(rng.random((4, 32, 32)))
    sets = [bridge.image_tensor(rng.random((n, 4, 4, 3), np.float32)) for n in (9, 6, 8)]
    seen |= {
        "saliency": {"": bridge.to_numpy(maps)},
        "integrated gradients": {"": bridge.image_array(shares)},
        "share inside": {"": bridge.to_numpy(key.inside_share(maps, masks))},
        "occlusion": {"": bridge.to_numpy(interpret.occlusion(network, images, labels, size=8))},
        "copies": {"": np.atleast_1d(bridge.to_numpy(key.memorised(*sets)))},
    }
    return seen | _gpt(gpt, bridge, rng)


def _laws(key, bridge, rng) -> dict[str, Numbers]:
    """A power law and a law of two sizes, fitted to losses with noise."""
    sizes = np.geomspace(0.1, 10, 7)
    losses = (0.8 + 0.6 * sizes**-0.6) * np.exp(rng.normal(0, 0.01, 7))
    starts = key.double([[-1, 0, 0.5], [-20, 0, 0.5]])
    found = key.power_law(key.double(sizes), key.double(losses), starts)
    logs = key.double(rng.normal(0, 0.5, 5))
    given = [key.double(x) for x in (sizes, sizes[::-1].copy(), losses)]
    value, slopes = bridge.value_and_gradients(lambda x: key.law_error(x, *given), logs)
    return {
        "power law": {"": bridge.to_numpy(found)},
        "error of a law": {"": np.atleast_1d(value)},
        "gradient: error of a law": {"": slopes[0]},
    }


def _gpt(gpt, bridge, rng) -> dict[str, Numbers]:
    """Logits and loss of the small GPT, tied and not, with the same weights."""
    rows, seen = rng.integers(20, size=(3, 9)), {}
    for tied in (True, False):
        network = gpt.PictureGPT(layers=2, width=16, vocabulary=20, places=8, heads=2, tied=tied)
        own = bridge.weights(network)  # in one order; the names of norms differ
        drawn = {name: rng.normal(0, 0.3, value.shape) for name, value in own.items()}
        bridge.set_weights(network, drawn)
        ids = gpt.to_ids(rows)
        told = bridge.to_numpy(network(ids[:, :-1]))
        name = "tied" if tied else "not tied"
        seen[f"small GPT, {name}"] = {"logits": told}
        seen[f"small GPT, {name}"]["loss"] = np.atleast_1d(bridge.to_numpy(gpt.loss(network, ids)))
    return seen
