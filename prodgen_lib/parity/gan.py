"""The GAN: weights cross through the canonical layout; pictures, noise and labels are the same."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    gan, bridge = modules(framework, "gan", "bridge")
    rng = np.random.default_rng(seed)
    generator = gan.build_generator(latent_dim=26, width=8)
    discriminator = gan.build_discriminator(width=8, classes=10)
    for model in (generator, discriminator):
        bridge.set_weights(model, random_weights(bridge.weights(model), rng))
    labels = np.eye(10, dtype=np.float32)[rng.integers(10, size=8)]
    noise = np.hstack([rng.standard_normal((8, 16), dtype=np.float32), labels])
    real, logits = rng.uniform(-1, 1, (8, 32, 32, 3)), rng.normal(0, 2, (2, 8))
    seen = {"weights there and back": _named(bridge, generator, discriminator)}
    seen |= _losses(gan, bridge, [bridge.to_tensor(row) for row in logits])
    batch = bridge.image_tensor(real), bridge.to_tensor(noise), bridge.to_tensor(labels)
    seen |= _networks(gan, bridge, generator, discriminator, *batch)
    return seen | _training(gan, bridge, generator, discriminator, *batch)


def _losses(gan: ModuleType, bridge: ModuleType, logits: list) -> dict[str, Numbers]:
    """Value and gradients of each loss for given logits."""
    seen = {}
    for name in (
        "discriminator_loss",
        "generator_loss",
        "relativistic_discriminator_loss",
        "relativistic_generator_loss",
    ):
        inputs = logits[1:] if name == "generator_loss" else logits
        value, gradients = bridge.value_and_gradients(getattr(gan, name), *inputs)
        seen[name] = {"value": np.array(value)}
        seen[f"{name}: gradient for the logits"] = dict(enumerate(gradients))
    return seen


def _networks(gan, bridge, generator, discriminator, real, noise, labels) -> dict[str, Numbers]:
    """Forward passes, and gradients through the discriminator."""

    def judge(images):
        return gan.score(discriminator, images, labels)

    def loss(images):
        return gan.generator_loss(judge(images))

    def penalty():
        return gan.gradient_penalty(judge, real)

    _, (gradient,) = bridge.value_and_gradients(loss, real)
    pictures = bridge.image_array(_as_when_sampling(generator, noise))
    return {
        "generator: pictures": {"": pictures},
        "discriminator: logits": {"": bridge.to_numpy(judge(real))},
        "generator loss: gradient for the pictures": {
            "": bridge.image_array(bridge.to_tensor(gradient))
        },
        "generator loss: gradient for the weights": bridge.weight_gradients(
            lambda: loss(real), discriminator
        ),
        "gradient penalty": {"": bridge.to_numpy(penalty())},
        "gradient penalty: gradient for the weights": bridge.weight_gradients(
            penalty, discriminator
        ),
    }


def _as_when_sampling(generator, noise):
    """Pictures with batch norm's moving statistics."""
    if hasattr(generator, "eval"):
        return generator.eval()(noise)
    return generator(noise, training=False)


def _training(gan, bridge, generator, discriminator, real, noise, labels) -> dict[str, Numbers]:
    """Both networks and the averaged generator after one step of training."""
    average = bridge.copy_model(generator)
    optimizers = [bridge.adam(m, 1e-3, epsilon=1e-12) for m in (generator, discriminator)]
    if hasattr(generator, "train"):
        generator.train()
    losses = gan.train_step(
        generator, discriminator, *optimizers, real, noise, labels=labels, penalty=0.5
    )
    gan.update_average(average, generator, 0.9)
    return {
        "one training step: losses": {k: bridge.to_numpy(v) for k, v in losses.items()},
        "one training step: discriminator": bridge.weights(discriminator),
        "one training step: generator": _alike(bridge.weights(generator)),
        "weight averaging": _alike(bridge.weights(average)),
    }


def _alike(weights: Numbers) -> Numbers:
    """Without batch norm's moving variance, which PyTorch scales by n/(n-1) and Keras doesn't."""
    return {name: value for name, value in weights.items() if "variance" not in name}


def _named(bridge: ModuleType, *models) -> Numbers:
    return {
        f"{index} {name}": value
        for index, model in enumerate(models)
        for name, value in bridge.weights(model).items()
    }
