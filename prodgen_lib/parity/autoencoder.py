"""The autoencoder: weights cross through the canonical layout; pictures and masks are the same."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    autoencoder, bridge = modules(framework, "autoencoder", "bridge")
    rng = np.random.default_rng(seed)
    pictures = bridge.image_tensor(rng.uniform(0, 1, (4, 32, 32, 3)))
    noisy = bridge.image_tensor(rng.uniform(0, 1, (4, 32, 32, 3)))
    encoder = autoencoder.build_encoder(latents=6, width=4)
    decoder = autoencoder.build_decoder(latents=6, width=4)
    for model in (encoder, decoder):
        bridge.set_weights(model, random_weights(bridge.weights(model), rng))
    seen = _networks(autoencoder, bridge, encoder, decoder, pictures)
    seen |= _numbers(autoencoder, bridge, pictures, noisy, rng)
    seen |= _training(autoencoder, bridge, autoencoder.chain(encoder, decoder), noisy, pictures)
    for halvings in (1, 3):
        seen |= _restoring(autoencoder, bridge, pictures, rng, halvings)
    return seen


def _networks(autoencoder, bridge, encoder, decoder, pictures) -> dict[str, Numbers]:
    """Codes, reconstructions, a walk between codes; gradients of the error for the weights."""
    codes = encoder(pictures)

    def error():
        return autoencoder.masked_loss(
            decoder(encoder(pictures)), pictures, autoencoder.random_mask(4, seed=1)
        )

    walked = autoencoder.walk(decoder, codes[0], codes[1], steps=3)
    review = autoencoder.review_autoencoder(latents=5)
    return {
        "codes": {"": bridge.to_numpy(codes)},
        "reconstructions": {"": bridge.image_array(decoder(codes))},
        "walk": {"": bridge.image_array(walked)},
        "masked loss: gradient for the encoder": bridge.weight_gradients(error, encoder),
        "masked loss: gradient for the decoder": bridge.weight_gradients(error, decoder),
        "whiteboard: pictures": {"": np.array(bridge.image_array(review(pictures)).shape)},
    }


def _numbers(autoencoder, bridge, pictures, output, rng) -> dict[str, Numbers]:
    """Losses and scores of given pictures."""
    mask = autoencoder.random_mask(4, seed=2)

    def loss(output):
        return autoencoder.masked_loss(output, pictures, mask)

    value, (gradient,) = bridge.value_and_gradients(loss, output)
    scores = np.round(rng.normal(size=40), 1)  # with ties
    defective = bridge.to_tensor(rng.uniform(size=40)) > 0.5
    area = autoencoder.auroc(bridge.to_tensor(scores), defective)
    return {
        "masks": {"": bridge.image_array(mask)},
        "masked loss": {"": np.array(value)},
        "masked loss: gradient for the pictures": {
            "": bridge.image_array(bridge.to_tensor(gradient))
        },
        "anomaly score": {"": bridge.to_numpy(autoencoder.anomaly_score(output, pictures))},
        "area under the ROC curve": {"": bridge.to_numpy(area)},
    }


def _training(autoencoder, bridge, model, inputs, targets) -> dict[str, Numbers]:
    """The chained network after one step of training."""
    optimizer = bridge.adam(model, 1e-3, (0.9, 0.999), epsilon=1e-12)
    loss = autoencoder.train_step(model, optimizer, inputs, targets)
    return {
        "one training step: loss": {"": bridge.to_numpy(loss)},
        "one training step: weights": bridge.weights(model),
    }


def _restoring(
    autoencoder: ModuleType, bridge: ModuleType, pictures, rng, halvings: int
) -> dict[str, Numbers]:
    """Damaged and mended pictures, and a restorer after one step of training."""
    model = autoencoder.build_restorer(halvings=halvings, width=4)
    bridge.set_weights(model, random_weights(bridge.weights(model), rng))
    if hasattr(model, "eval"):
        model.eval()
    seen = {}
    for task in ("hole", "small"):  # the noise is each framework's own
        damaged, mask = autoencoder.damage(pictures, task=task, seed=3)
        mended = autoencoder.restore(model, damaged, mask)
        seen[f"{task}, {halvings} halvings: damaged"] = {"": bridge.image_array(damaged)}
        seen[f"{task}, {halvings} halvings: mended"] = {"": bridge.image_array(mended)}
    if hasattr(model, "train"):
        model.train()
    optimizer = bridge.adam(model, 1e-3, (0.9, 0.999), epsilon=1e-12)
    loss = autoencoder.restore_step(model, optimizer, damaged, mask, pictures)
    seen[f"one step, {halvings} halvings: loss"] = {"": bridge.to_numpy(loss)}
    seen[f"one step, {halvings} halvings: weights"] = {
        name: value
        for name, value in bridge.weights(model).items()
        if "variance" not in name  # which PyTorch scales by n/(n-1) and Keras doesn't
    }
    return seen
