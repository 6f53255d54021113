"""Alignment: the same vectors, loss, gradients and step, from the same pictures and words."""

from __future__ import annotations

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights
from prodgen_lib.plain.retrieval import say_the_same
from prodgen_lib.plain.sentences import encode_all, sentences


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    alignment, bridge, cgan = modules(framework, "alignment", "bridge", "cgan")
    rng = np.random.default_rng(seed)
    prompts = np.array([[1, 0, 1, 5], [1, 5, 1, 0], [1, 0, 1, 5], [6, 3, 0, 2], [8, 9, 3, 11]])
    texts = sentences(prompts, rng)
    pictures = rng.integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    same = cgan.to_labels(say_the_same(prompts)) > 0
    seen = _losses(alignment, bridge, rng, same)
    for kind in alignment.KINDS:
        model = alignment.Alignment(kind)
        bridge.set_weights(model, _random(bridge.weights(model), rng))
        seen[f"{kind}: directions"] = {
            "texts": alignment.embed_texts(model, texts),
            "pictures": alignment.embed_pictures(model, pictures, size=3),
            "score": alignment.score(model, pictures, texts),
        }
        ids = cgan.to_labels(encode_all(texts))
        seen |= _training(alignment, bridge, model, kind, pictures, ids, same)
    return seen


def _random(like: Numbers, rng: np.random.Generator) -> Numbers:
    """Random weights; dense layers keep the size of what they are given, or slopes get lost."""
    values = random_weights(like, rng)
    louder = {n: v * np.sqrt(v.shape[1]) / 2 for n, v in values.items() if v.ndim == 2}
    return values | {n: v.astype(np.float32) for n, v in louder.items() if n.endswith("kernel")}


def _losses(alignment, bridge, rng, same) -> dict[str, Numbers]:
    """The loss and its gradients for pictures, texts and scale."""
    given = [bridge.to_tensor(rng.normal(0, 1, (5, 6))) for _ in range(2)]
    given.append(bridge.to_tensor(0.7))
    seen = {}
    for name, marked in (("all apart", None), ("equal captions", same)):
        value, slopes = bridge.value_and_gradients(
            lambda *parts, marked=marked: alignment.contrastive_loss(*parts, same=marked), *given
        )
        seen[f"loss, {name}"] = {"value": np.array(value), **dict(enumerate(slopes))}
    return seen


def _training(alignment, bridge, model, kind, pictures, ids, same) -> dict[str, Numbers]:
    """The gradients of the loss for the weights, then the weights after one step."""
    images = bridge.to_images(pictures)

    def loss():
        told = model.texts(ids)
        return alignment.contrastive_loss(model.pictures(images), told, scale, same=same)

    scale = bridge.to_tensor(1.5)
    gradients = bridge.weight_gradients(loss, model)
    optimizer = bridge.adam(model, 1e-3, (0.9, 0.99), epsilon=1e-12)
    value = alignment.train_step(model, optimizer, images, ids, same)
    after = bridge.weights(model)
    return {
        f"{kind}: gradients": gradients,
        f"{kind}: one step: loss": {"": bridge.to_numpy(value)},
        f"{kind}: one step: weights": {
            name: value
            for name, value in after.items()
            if "variance" not in name  # which PyTorch scales by n/(n-1) and Keras doesn't
        },
    }
