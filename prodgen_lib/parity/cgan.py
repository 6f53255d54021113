"""The conditional GAN: the same weights, wishes and pictures in both frameworks."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights

COUNTS = (10, 12)


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    cgan, bridge = modules(framework, "cgan", "bridge")
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.integers(count, size=8) for count in COUNTS], axis=1)
    noise = rng.standard_normal((8, 16), dtype=np.float32)
    real, target = rng.uniform(-1, 1, (2, 8, 32, 32, 3))
    batch = bridge.image_tensor(real), bridge.to_tensor(noise), cgan.to_labels(labels)
    generator = _with_weights(bridge, cgan.build_generator(COUNTS, latent_dim=16, width=4), rng)
    pictures = cgan.generate(_as_when_sampling(generator), *batch[1:])
    seen = {"generator: pictures": {"": bridge.image_array(pictures)}}
    for how in ("projection", "planes", "none"):
        discriminator = cgan.build_discriminator(COUNTS, how=how, width=4)
        _with_weights(bridge, discriminator, rng)
        logits = cgan.judge(discriminator, batch[0], batch[2])
        seen[f"discriminator, {how}: logits"] = {"": bridge.to_numpy(logits)}
        if how == "projection":
            seen |= _step(cgan, bridge, generator, discriminator, batch)
    logits = rng.normal(0, 2, (8, 10))
    shares = cgan.condition_accuracy(bridge.to_tensor(logits), cgan.to_labels(np.arange(8) % 10))
    seen["condition accuracy"] = {"": bridge.to_numpy(shares)[:8]}
    return seen | _translation(cgan, bridge, rng, batch[0], bridge.image_tensor(target))


def _with_weights(bridge: ModuleType, model, rng: np.random.Generator):
    bridge.set_weights(model, random_weights(bridge.weights(model), rng))
    return model


def _as_when_sampling(model):
    """PyTorch says with the model, and Keras with each call, whether statistics move."""
    return model.eval() if hasattr(model, "eval") else model


def _step(cgan, bridge, generator, discriminator, batch) -> dict[str, Numbers]:
    """Losses and both networks after one step of training."""
    optimizers = [bridge.adam(m, 1e-3, epsilon=1e-12) for m in (generator, discriminator)]
    if hasattr(generator, "eval"):
        generator.train()
    losses = cgan.train_step(generator, discriminator, *optimizers, *batch, penalty=0.5)
    return {
        "one training step: losses": {k: bridge.to_numpy(v) for k, v in losses.items()},
        "one training step: discriminator": bridge.weights(discriminator),
        "one training step: generator": _alike(bridge.weights(generator)),
    }


def _translation(cgan, bridge, rng, source, target) -> dict[str, Numbers]:
    """U-Net, patch discriminator, and both after one step with a mask."""
    unet = _with_weights(bridge, cgan.build_unet(width=4), rng)
    patches = _with_weights(bridge, cgan.build_patch_discriminator(width=4), rng)
    mask = bridge.image_tensor((rng.uniform(0, 1, (8, 32, 32, 1)) < 0.3).astype(np.float32))
    output = _as_when_sampling(unet)(source)
    seen = {"U-Net: pictures": {"": bridge.image_array(output)}}
    composed = cgan.compose(output, source, mask)
    seen["composed pictures"] = {"": bridge.image_array(composed)}
    optimizers = [bridge.adam(m, 1e-3, (0.5, 0.99), epsilon=1e-12) for m in (unet, patches)]
    if hasattr(unet, "eval"):
        unet.train()
    options = {"weight": 10.0, "mask": mask, "penalty": 0.5}
    losses = cgan.translate_step(unet, patches, *optimizers, source, target, **options)
    return seen | {
        "one translation step: losses": {k: bridge.to_numpy(v) for k, v in losses.items()},
        "one translation step: discriminator": bridge.weights(patches),
        "one translation step: U-Net": _alike(bridge.weights(unet)),
    }


def _alike(weights: Numbers) -> Numbers:
    """Without batch norm's moving variance, which PyTorch scales by n/(n-1) and Keras doesn't."""
    return {name: value for name, value in weights.items() if "variance" not in name}
