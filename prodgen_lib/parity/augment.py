"""Augmentation: the same pictures, labels, losses and gradients, from the same draws."""

from __future__ import annotations

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, generators, lab, bridge, cgan, gan = modules(
        framework, "augment", "generator_augment", "lab", "bridge", "cgan", "gan"
    )
    rng = np.random.default_rng(seed)
    images = bridge.image_tensor(rng.uniform(-1, 1, (4, 10, 12, 3)))
    draws = bridge.to_tensor(rng.random((4, 12)))
    seen = _pictures(key, lab, bridge, gan, rng, images, draws)
    seen |= _labels(key, bridge, cgan, rng, images, draws)
    return seen | _generators(key, generators, bridge, rng, draws)


def _pictures(key, lab, bridge, gan, rng, images, draws) -> dict[str, Numbers]:
    """Every change of a picture, and the gradients of some."""
    numbers = [bridge.to_tensor(rng.uniform(0.6, 1.4, 4)) for _ in range(3)]
    shift, mirror = bridge.to_tensor(rng.uniform(-3, 3, (4, 2))), bridge.to_tensor([0, 1, 0, 1])
    matrix = key.affine_matrix(90 * numbers[0], numbers[1], shift, mirror)
    boxes = key.random_boxes(draws[:, :4], height=10, width=12, area=(0.2, 0.9), ratio=(0.5, 2))
    changed = {
        "bilinear": key.sample_bilinear(images, matrix),
        "nearest": key.sample_nearest(images, matrix),
        "composed": key.sample_bilinear(images, key.compose(matrix, matrix)),
        "cropped": key.crop(images, boxes),
        "cut out": key.cut_out(images, boxes),
        "light": key.jitter(images, *numbers),
        "hue": key.turn_hue(images, numbers[0]),
        "hue in Lab": lab.turn_hue_lab(images, numbers[0]),
        "blur": key.blur(images, numbers[1], radius=2),
        "maybe": key.maybe(images, -images, draws[:, 0], probability=0.5),
        "pipeline": key.augment(
            images, draws[:, :9], angle=20, zoom=1.3, shift=2, mirror=0.5, light=1.5, hue=0.2
        ),
    }
    seen = {f"picture: {name}": {"": bridge.image_array(x)} for name, x in changed.items()}
    for name, change in {
        "bilinear": lambda x: key.sample_bilinear(x, matrix),
        "light": lambda x: key.jitter(x, *numbers),
        "hue": lambda x: key.turn_hue(x, numbers[2]),
        "blur": lambda x: key.blur(x, numbers[1], radius=3),
    }.items():
        _, (slope,) = bridge.value_and_gradients(
            lambda x, change=change: gan.generator_loss(change(x)), images
        )
        first = slope.shape[1] == 3  # where the channels are
        seen[f"gradient: {name}"] = {"": np.moveaxis(slope, 1, -1) if first else slope}
    seen["matrices"] = {"": bridge.to_numpy(matrix)}
    seen["boxes"] = {"": bridge.to_numpy(boxes)}
    return seen


def _labels(key, bridge, cgan, rng, images, draws) -> dict[str, Numbers]:
    """Mixed pictures and labels, pairs, averaged views."""
    labels = bridge.to_tensor(np.eye(5)[rng.integers(5, size=4)])
    order = cgan.to_labels(rng.permutation(4))
    boxes = bridge.to_tensor([[3, 2, 4, 5], [-2, -1, 7, 6], [8, 6, 9, 9], [0, 0, 12, 10]])
    pairs = {
        "mixed up": key.mix_up(images, labels, draws[:, 0], order),
        "cut and mixed": key.cut_mix(images, labels, boxes, order),
    }
    seen = {
        name: {"pictures": bridge.image_array(x), "labels": bridge.to_numpy(y)}
        for name, (x, y) in pairs.items()
    }
    masks = bridge.image_tensor((rng.random((4, 10, 12, 1)) > 0.5).astype(np.float32))
    pair = key.review_augmentation(images, masks, draws[:, :3])
    seen["pictures and masks"] = dict(enumerate(map(bridge.image_array, pair)))
    return seen


def _generators(key, generators, bridge, rng, draws) -> dict[str, Numbers]:
    """What a generator's training sees, its losses, its controller, and one step of both."""
    pictures = bridge.image_tensor(rng.uniform(-1, 1, (4, 32, 32, 3)))
    points = bridge.to_tensor(rng.normal(0, 1, (4, 2)))
    chance = bridge.to_tensor(0.7)
    spoilt, told = generators.spoil(pictures, draws)
    seen = {
        "turned points": {"": bridge.to_numpy(generators.quarter_turns(points, draws, chance))},
        "tinted": {"": bridge.image_array(generators.tint(pictures, draws, chance))},
        "augmented": {"": bridge.image_array(generators.diff_augment(pictures, draws, chance))},
        "spoilt": {"pictures": bridge.image_array(spoilt), "told": bridge.to_numpy(told)},
    }
    networks = generators.plane_networks(4, width=8)
    for network in networks:
        bridge.set_weights(network, random_weights(bridge.weights(network), rng))
    twice = bridge.to_tensor(rng.random((2, 4, 9)))
    logits = networks[1](points), networks[1](points * 0.5)
    seen["controller"] = {
        target: bridge.to_numpy(
            key.next_probability(chance, *logits, target=target, step=0.2, most=0.8)
        )
        for target in (-0.5, 0.5)
    }
    seen["overfitting"] = {"": bridge.to_numpy(generators.overfitting(*logits, logits[0] * 0))}
    optimizers = [bridge.adam(network, 1e-2, epsilon=1e-12) for network in networks]
    losses = generators.adversarial_step(
        *networks,
        optimizers,
        points,
        bridge.to_tensor(rng.normal(0, 1, (4, 4))),
        twice,
        lambda examples, own: generators.quarter_turns(examples, own, chance),
        penalty=0.1,
    )
    seen["one step: losses"] = {name: bridge.to_numpy(value) for name, value in losses.items()}
    for name, network in zip(("generator", "discriminator"), networks, strict=True):
        seen[f"one step: {name}"] = bridge.weights(network)
    return seen
