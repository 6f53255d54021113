"""Chapter 8 in both frameworks: resizing, networks, losses, training steps, tiles."""

from __future__ import annotations

from functools import partial

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights

SMALL = {"factor": 2, "channels": 3}


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    superres, bridge = modules(framework, "superres", "bridge")
    rng = np.random.default_rng(seed)
    few = rng.uniform(0, 1, (2, 8, 12, 3)).astype(np.float32)
    many = rng.uniform(0, 1, (2, 16, 24, 3)).astype(np.float32)
    features = rng.normal(size=(2, 5, 4, 12)).astype(np.float32)
    small, large = bridge.image_tensor(few), bridge.image_tensor(many)
    found: dict[str, Numbers] = {
        "resize": {
            f"to {height}×{width}": bridge.image_array(superres.resize(small, height, width))
            for height, width in ((16, 24), (3, 4), (9, 10))
        },
        "degrade": {"by 2": bridge.image_array(superres.degrade(large, factor=2))},
        "pixel shuffle": {
            "by 2": bridge.image_array(
                superres.pixel_shuffle(bridge.image_tensor(features), factor=2)
            )
        },
        "luma PSNR": {"by 2": bridge.to_numpy(superres.luma_psnr(large + 0.1, large, factor=2))},
    }
    builders = {
        "our network": (superres.build_network, superres.enlarge),
        "ESPCN": (superres.build_espcn, superres.enlarge_espcn),
        "SRCNN": (superres.build_srcnn, superres.enlarge_srcnn),
    }
    for name, (build, enlarge) in builders.items():
        network = build(**SMALL)
        _fill(bridge, network, rng)
        gradients = bridge.weight_gradients(
            lambda network=network, enlarge=enlarge: superres.pixel_loss(
                enlarge(network, small, factor=2), large
            ),
            network,
        )
        found[name] = {"pictures": bridge.image_array(enlarge(network, small, factor=2))}
        found[f"{name}, gradients"] = gradients
    found |= _training(superres, bridge, small, large, rng)
    return found


def _training(superres, bridge, small, large, rng: np.random.Generator) -> dict[str, Numbers]:
    network, critic = superres.build_network(**SMALL), superres.build_critic(width=4)
    for model in (network, critic):
        _fill(bridge, model, rng)
    tiled = superres.enlarge_tiled(network, small, factor=2, tile=4, overlap=3)
    turned = superres.self_ensemble(network, small, factor=2)
    features = superres.classifier_features()
    loss, gradients = bridge.value_and_gradients(
        lambda images: superres.perceptual_loss(features, images, large), 1 - large
    )
    optimizer = bridge.adam(network, 1e-3, (0.9, 0.999))
    squared = partial(superres.pixel_loss, power=2)  # absolute errors may have gradients of just 0
    step = superres.train_step(network, optimizer, small, large, factor=2, loss=squared)
    stepped = bridge.weights(network)
    optimizers = bridge.adam(network, 1e-3), bridge.adam(critic, 1e-3)
    losses = superres.adversarial_step(
        network, critic, *optimizers, small, large, features, factor=2
    )
    return {
        "tiles": {"pictures": bridge.image_array(tiled)},
        "self-ensemble": {"pictures": bridge.image_array(turned)},
        "perceptual loss": {"value": np.asarray(loss), "gradient": _last(gradients[0])},
        "a training step": {"loss": bridge.to_numpy(step), **stepped},
        "an adversarial step": {
            **{name: bridge.to_numpy(value) for name, value in losses.items()},
            **bridge.weights(critic),
        },
    }


def _fill(bridge, model, rng: np.random.Generator) -> None:
    bridge.set_weights(model, random_weights(bridge.weights(model), rng))


def _last(gradient: np.ndarray) -> np.ndarray:
    """A picture's gradient N×H×W×C, whichever axis holds the colours."""
    return gradient if gradient.shape[-1] == 3 else gradient.transpose(0, 2, 3, 1)
