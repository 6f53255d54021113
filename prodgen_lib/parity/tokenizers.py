"""Tokenizers: the same features, ids, codebooks, losses and steps, from the same weights."""

from __future__ import annotations

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights

SIDES, LEVELS = (1, 3, 8), (4, 3, 5)
KINDS = {
    "codebook": dict(levels=None, sides=(8,), alive=False),
    "alive": dict(levels=None, sides=(8,), alive=True),
    "coarse to fine": dict(levels=None, sides=SIDES, alive=True),
    "levels": dict(levels=LEVELS, sides=(8,), alive=False),
}


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, bridge, cgan = modules(framework, "tokenizers", "bridge", "cgan")
    rng = np.random.default_rng(seed)
    seen = _codes(key, bridge, cgan, rng)
    for kind, asked in KINDS.items():
        seen |= {f"{kind}: {what}": told for what, told in _steps(key, bridge, cgan, rng, asked)}
    return seen


def _codes(key, bridge, cgan, rng) -> dict[str, Numbers]:
    """Scales, averages and restarts, without a network."""
    features, codebook = (bridge.to_tensor(rng.normal(0, 1, of)) for of in ((3, 64, 2), (9, 2)))

    def size(features, codebook):
        return key.codebook_loss(
            total := key.scale_tokens(features, codebook, sides=SIDES)[0], 0 * total, beta=1.0
        )

    total, ids = key.scale_tokens(features, codebook, sides=SIDES)
    rows = key.scale_rows(features, codebook, ids, sides=SIDES)
    _, gradients = bridge.value_and_gradients(size, features, codebook)
    counts, chosen = bridge.to_tensor(rng.uniform(0, 3, 9)), ids[0]
    moved = key.move_codes(codebook, counts, rows[: len(chosen)], chosen, decay=0.5)
    restarted = key.restart_codes(codebook, counts, rows, least=1.5)
    every = cgan.to_labels(np.arange(60))
    given = {
        "scales": (total, ids, rows, key.from_scales(ids, codebook, sides=SIDES[:2])),
        "scales: gradients": gradients,
        "moved": moved,
        "restarted": restarted,
        "levels: values of ids": (key.level_values(every, levels=LEVELS),),
    }
    return {name: _numbers(bridge, *tensors) for name, tensors in given.items()}


def _steps(key, bridge, cgan, rng, asked: dict):
    """One kind of tokenizer: gradients, revival, one step, and pictures to ids and back."""
    levels, sides = asked["levels"], asked["sides"]
    network = key.PatchAutoencoder(3, codes=0 if levels else 20, width=6, depth=1)
    bridge.set_weights(network, random_weights(bridge.weights(network), rng))
    pictures = rng.integers(0, 256, (4, 32, 32, 3), np.uint8)
    batch, counts = bridge.to_images(pictures), bridge.to_tensor(rng.uniform(0, 2, 20))
    settings = (levels, sides, 0.25, asked["alive"])
    yield (
        "gradients",
        bridge.weight_gradients(lambda: key._losses(network, batch, *settings)[0], network),
    )
    if asked["alive"]:
        order = cgan.to_labels(rng.permutation(4 * sum(side**2 for side in sides)))
        counts = key.revive(network, counts, batch, order, sides=sides)
        yield "revived", bridge.weights(network) | {"counts": bridge.to_numpy(counts)}
    # Without averages epsilon counts alike, see `bridge.adam`, and hides gradients of nearly 0.
    optimizer = bridge.adam(network, 1e-3, (0.0, 0.0), epsilon=1e-2)
    seen = key.train_step(network, optimizer, batch, counts, beta=0.25, **asked)
    yield "one training step", _numbers(bridge, *seen)
    yield "weights after it", bridge.weights(network)
    tokenizer = key.Tokenizer(network, levels, sides, {})
    ids = key.encode(tokenizer, pictures)
    drawn = network.decode(network.encode(batch))
    yield "in use", {"ids": ids, "drawn": bridge.image_array(drawn)}


def _numbers(bridge, *tensors) -> Numbers:
    return {str(k): bridge.to_numpy(tensor) for k, tensor in enumerate(tensors)}
