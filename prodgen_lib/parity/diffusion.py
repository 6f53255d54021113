"""Diffusion: the same mixtures, steps, gradients and networks, from the same noise."""

from __future__ import annotations

from functools import partial

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, nets, editing, bridge, cgan = modules(
        framework, "diffusion", "denoisers", "editing", "bridge", "cgan"
    )
    rng = np.random.default_rng(seed)
    codes, noise, fresh = map(bridge.to_tensor, rng.normal(0, 1, (3, 5, 6)))
    t, s = bridge.to_tensor(rng.uniform(0.5, 0.9, 5)), bridge.to_tensor(rng.uniform(0, 0.4, 5))
    labels = cgan.to_labels(np.stack([rng.integers(0, 5, 5), rng.integers(0, 4, 5)], axis=1))
    network = nets.CodeNetwork((4, 3), size=6, width=8, depth=2)
    bridge.set_weights(network, random_weights(bridge.weights(network), rng))
    seen = _paths(key, bridge, codes, noise, t, s, fresh)
    seen |= _conditions(key, bridge, rng, codes, noise, labels)
    seen |= _samplers(key, editing, bridge, network, codes, noise, labels, cgan.to_labels([4, 3]))
    seen |= _pictures(nets, bridge, rng, t, labels)
    return seen | _training(key, bridge, network, codes, noise, t, labels)


def _paths(key, bridge, codes, noise, t, s, fresh) -> dict[str, Numbers]:
    """Mixtures, readings and steps back on both paths, and the slopes of a mixture."""
    seen = {}
    for path in ("linear", "cosine"):
        mixed = key.mix(codes, noise, t, path=path)
        for kind in ("noise", "picture", "velocity"):
            told = key.target(codes, noise, t, kind=kind, path=path)
            parts = key.read(mixed, told, t, kind=kind, path=path)
            seen[f"{path}: {kind}"] = {
                name: bridge.to_numpy(value)
                for name, value in zip(("target", "picture", "noise"), (told, *parts), strict=True)
            }
        seen[f"{path}: remixed"] = {
            eta: bridge.to_numpy(key.remix(mixed, noise, t, s, eta=eta, fresh=fresh, path=path))
            for eta in (0.0, 0.4, 1.0)
        }
        _, slopes = bridge.value_and_gradients(
            lambda *given, path=path: (key.mix(*given, path=path) ** 3)[0, 0], codes, noise, t
        )
        seen[f"{path}: gradients of a mixture"] = dict(enumerate(slopes))
    return seen


def _conditions(key, bridge, rng, codes, noise, labels) -> dict[str, Numbers]:
    """Guidance, dropped labels, the parts of networks, scale and pairing."""
    draws = bridge.to_tensor(rng.uniform(0, 1, 5))
    dropped = key.drop_labels(labels, draws, probability=0.5, nothing=labels[0] * 0 + 9)
    tokens = bridge.to_tensor(rng.normal(0, 1, (5, 3, 6)))
    return {
        "guided": {"": bridge.to_numpy(key.guide(codes, noise, scale=2.5))},
        "dropped": {"": bridge.to_numpy(dropped)},
        "waves": {"": bridge.to_numpy(key.time_features(draws, size=8))},
        "modulated": {"": bridge.to_numpy(key.modulate(tokens, codes, noise))},
        "scale": {"": bridge.to_numpy(key.latent_scale(codes))},
        "paired": {"": bridge.to_numpy(key.pair_noise(codes, noise))},
    }


def _samplers(key, editing, bridge, network, codes, noise, labels, nothing) -> dict[str, Numbers]:
    """What a small network draws, by each sampler."""
    guided = key.guided(network, nothing, scale=1.5)
    hole = bridge.to_tensor([[1, 0, 0, 1, 1, 0]])
    drawn = {
        "Euler": key.flow_sample(network, noise, labels, steps=4),
        "guided": key.flow_sample(guided, noise, labels, steps=3),
        "Heun": key.heun_sample(network, noise, labels, steps=3),
        "remixed": key.remix_sample(network, noise, labels, steps=3, kind="velocity"),
        "edited": editing.edit(network, codes, noise, labels, strength=0.5, steps=3),
        "inpainted": editing.inpaint(network, codes, noise, labels, hole=hole, steps=3),
    }
    return {f"sampler: {name}": {"": bridge.to_numpy(value)} for name, value in drawn.items()}


def _pictures(nets, bridge, rng, t, labels) -> dict[str, Numbers]:
    """The networks on pictures, forwards, with weights that are nowhere zero."""
    pictures = bridge.image_tensor(rng.normal(0, 1, (5, 32, 32, 3)))
    seen = {}
    for name, build in {
        "U-Net": partial(nets.PatchUNet, widths=(4, 8, 8), told=8),
        "transformer": partial(nets.PatchTransformer, width=16, depth=2, patch=8),
    }.items():
        network = build((4, 3))
        bridge.set_weights(network, random_weights(bridge.weights(network), rng))
        seen[name] = {"": bridge.image_array(network(pictures, t, labels))}
    return seen


def _training(key, bridge, network, codes, noise, t, labels) -> dict[str, Numbers]:
    """The loss's gradients for the weights, then the weights after one step."""
    gradients = bridge.weight_gradients(
        lambda: key.flow_loss(network, codes, noise, t, labels), network
    )
    diffusion = key.diffusion_loss(network, codes, noise, t, labels)
    optimizer = bridge.adam(network, 1e-3, (0.9, 0.99), epsilon=1e-12)
    loss = key.train_step(network, optimizer, codes, noise, t, labels)
    return {
        "loss: gradients": gradients,
        "one training step: losses": {
            "flow": bridge.to_numpy(loss), "diffusion": bridge.to_numpy(diffusion)
        },
        "one training step: weights": bridge.weights(network),
    }  # fmt: skip
