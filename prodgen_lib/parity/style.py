"""Style: the same colours, plans, shares, correlations and slopes, from the same pictures."""

from __future__ import annotations

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights
from prodgen_lib.plain.transport import random_turns


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, texture, made, bridge = modules(framework, "style", "texture", "stylise", "bridge")
    rng = np.random.default_rng(seed)
    pictures, others = map(bridge.image_tensor, rng.uniform(0, 1, (2, 2, 16, 16, 3)))
    seen = _colours(key, bridge, rng, pictures, others)
    seen |= _layers(key, bridge, rng, pictures, others)
    seen |= _textures(key, texture, bridge, rng, pictures, others)
    seen |= _stylised(key, made, texture, bridge, pictures, others)
    return seen | _network(*modules(framework, "feedforward"), key, texture, bridge, rng, pictures)


def _colours(key, bridge, rng, pictures, others) -> dict[str, Numbers]:
    """Lab there and back, and each way to move a cloud of colours."""
    points, reference = (bridge.to_tensor(rng.normal(0, 1, (n, 3))) for n in (40, 30))
    told = key.to_lab(pictures)
    matrix, shift = key.monge_map(points, reference)
    plan = key.transport_plan(bridge.to_tensor(rng.uniform(0, 1, (6, 8))), epsilon=0.1, steps=9)
    moved = {
        "moments": key.match_moments(points, reference),
        "histogram": key.match_histogram(points, reference),
        "matrix": matrix,
        "shift": shift,
        "sliced": key.sliced_transport(
            points, reference, bridge.to_tensor(random_turns(4, 3, rng))
        ),
        "plan": plan,
        "carried": key.carried(plan, reference[:8]),
        "difference": key.colour_difference(pictures, others),
    }
    seen = {name: {"": bridge.to_numpy(value)} for name, value in moved.items()}
    return seen | {
        "Lab": {"": bridge.image_array(told)},
        "Lab and back": {"": bridge.image_array(key.from_lab(told))},
    }


def _layers(key, bridge, rng, pictures, others) -> dict[str, Numbers]:
    """Shares, new colours, a material, a backdrop."""
    matte, shadow = map(bridge.image_tensor, rng.uniform(0, 1, (2, 2, 16, 16, 1)))
    old, new = map(bridge.to_tensor, rng.uniform(0, 1, (2, 2, 2, 3)))
    found = {
        "shares": key.product_shares(pictures, matte, others, old),
        "recoloured": key.recolour(pictures, matte, others, old, new),
        "dressed": key.dress(pictures, matte, old[:, 0], others),
        "set behind": key.set_behind(pictures, matte, others, shadow, pictures * others),
    }
    return {name: {"": bridge.image_array(value)} for name, value in found.items()}


def _textures(key, texture, bridge, rng, pictures, others) -> dict[str, Numbers]:
    """Features, Gram matrices, losses and their slopes for the pixels."""
    features = texture.random_features(count=6, size=5, levels=2)
    mask = bridge.image_tensor(rng.uniform(0, 1, (2, 16, 16, 1)))
    clouds = [bridge.to_tensor(rng.normal(0, 1, (n, 5))) for n in (20, 14)]
    targets = [key.gram_matrix(level) for level in features(others)]
    losses = {
        "style": lambda x: key.style_loss(features(x), targets, [1.0, 0.5]),
        "content": lambda x: key.content_loss(x, others),
        "review": lambda x: key.review_style_loss(
            features, x, others, others, style_weight=2.0, content_weight=0.3
        ),
    }
    seen = {name: bridge.value_and_gradients(loss, pictures) for name, loss in losses.items()}
    slopes = {  # laid out as the framework lays out pictures
        name: bridge.image_array(bridge.to_tensor(slope)) for name, (_, (slope,)) in seen.items()
    }
    directions = bridge.to_tensor(rng.normal(0, 1, (7, 5)))
    distance, pulls = bridge.value_and_gradients(
        lambda *pair: key.sliced_distance(*pair, directions), *clouds
    )
    return {
        "features": {str(k): bridge.image_array(x) for k, x in enumerate(features(pictures))},
        "masked Gram": {"": bridge.to_numpy(key.gram_matrix(pictures, mask))},
        "variation": {"": bridge.to_numpy(key.total_variation(pictures))},
        "losses": {name: np.array(value) for name, (value, _) in seen.items()},
        "slopes of losses": slopes,
        "sliced distance": {"": np.array(distance)},
        "slopes of the sliced distance": dict(zip("ab", pulls, strict=True)),
        "AdaIN": {"": bridge.image_array(key.adain(pictures, others))},
    }


def _stylised(key, made, texture, bridge, pictures, others) -> dict[str, Numbers]:
    """Pixels after a few iterations: small differences grow along the way, so only a few."""
    features = texture.random_features(count=6, size=5, levels=2)
    found, history = key.stylise(pictures, others, features, weight=0.5, iterations=3)
    light, _ = made.stylise_lightness(pictures, others, features, weight=0.5, iterations=3)
    small = 0.1 * (pictures - 0.5)
    _, losses = made.optimise_by_adam(
        lambda x: key.content_loss(x, others), pictures, steps=3, learning_rate=0.01
    )
    drawn = {
        "stylised": found,
        "lightness": light,
        "more cloth": made.synthesise(others, small, features, iterations=3)[0],
        "ink": made.ink(others, pictures),
    }
    seen = {name: {"": bridge.image_array(value)} for name, value in drawn.items()}
    return seen | {"history": {"": history}, "history of Adam": {"": losses}}


def _network(net, key, texture, bridge, rng, pictures) -> dict[str, Numbers]:
    """A small network's pictures, the slopes of its loss, and the loss that one step tells.

    Its weights after that step are not compared: a shift that the next norm takes away again has a
    slope of rounding errors alone, of which Adam makes whole steps.
    """
    network = net.StyleNetwork(rng.uniform(0.2, 0.8, (3, 3)), width=4)
    bridge.set_weights(network, random_weights(bridge.weights(network), rng))
    noise = bridge.image_tensor(rng.normal(0, 1, (2, 16, 16, 3)))
    shares = bridge.to_tensor([[0, 1, 0], [0.5, 0, 0.5]])
    features = texture.random_features(count=6, size=5, levels=2)
    styles = bridge.image_tensor(rng.uniform(0, 1, (3, 16, 16, 3)))
    told = pictures, noise, shares, features, [key.gram_matrix(x) for x in features(styles)]
    made = bridge.image_array(network(pictures, noise, shares))
    slopes = bridge.weight_gradients(lambda: net.network_loss(network, *told, weight=0.5), network)
    optimizer = bridge.adam(network, 1e-3, (0.9, 0.99))
    loss = net.train_step(network, optimizer, *told, weight=0.5)
    return {
        "network": {"": made},
        "network: gradients": slopes,
        "network: loss": {"": bridge.to_numpy(loss)},
    }
