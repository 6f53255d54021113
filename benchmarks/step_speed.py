"""Pictures a second of one training step, beside a plain textbook loop of the same networks.

    python benchmarks/step_speed.py torch
    python benchmarks/step_speed.py tensorflow

The textbook loop computes the very same losses and penalty with the same networks, batch and
optimisers, but as one writes it first: real and fake pictures generated anew for each update, and
a backward pass through everything. Both alternate in one process, so that other work on the
machine slows both alike; the median of the rounds is reported.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable

import numpy as np

BATCH, ROUND, ROUNDS = 32, 12, 9


def textbook_torch() -> Callable:
    import torch
    import torch.nn.functional as F

    def step(generator, discriminator, g_opt, d_opt, real, noise, labels, penalty):
        def judge(images):
            return (discriminator(images) * labels).sum(1)

        def slope(images):
            images = images.detach().requires_grad_(True)
            (gradient,) = torch.autograd.grad(judge(images).sum(), images, create_graph=True)
            return gradient.square().sum((1, 2, 3)).mean()

        fake = generator(noise).detach()
        d_opt.zero_grad()
        d_loss = F.softplus(judge(fake) - judge(real)).mean()
        if penalty:
            d_loss = d_loss + penalty * (slope(real) + slope(fake))
        d_loss.backward()
        d_opt.step()
        g_opt.zero_grad()
        F.softplus(judge(real) - judge(generator(noise))).mean().backward()
        g_opt.step()

    return step


def textbook_tensorflow() -> Callable:
    import tensorflow as tf

    @tf.function
    def step(generator, discriminator, g_opt, d_opt, real, noise, labels, penalty):
        def judge(images):
            return tf.reduce_sum(discriminator(images, training=True) * labels, axis=1)

        def slope(images):
            with tf.GradientTape() as tape:
                tape.watch(images)
                logits = judge(images)
            gradient = tape.gradient(logits, images)
            return tf.reduce_mean(tf.reduce_sum(gradient**2, axis=(1, 2, 3)))

        fake = generator(noise, training=True)
        with tf.GradientTape() as tape:
            d_loss = tf.reduce_mean(tf.nn.softplus(judge(fake) - judge(real)))
            if penalty:
                d_loss += penalty * (slope(real) + slope(fake))
        weights = discriminator.trainable_variables
        d_opt.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        with tf.GradientTape() as tape:
            fake_logits = judge(generator(noise, training=True))
            g_loss = tf.reduce_mean(tf.nn.softplus(judge(real) - fake_logits))
        weights = generator.trainable_variables
        g_opt.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))

    return step


def course_step(framework: str, gan) -> Callable:
    step = gan.train_step
    if framework == "tensorflow":
        import tensorflow as tf

        step = tf.function(step)
    return lambda *a: step(*a[:6], labels=a[6], penalty=a[7])


def measure(framework: str) -> dict[str, float]:
    """Pictures a second of both loops; every fourth step pays the penalty."""
    gan, bridge = (
        importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in ("gan", "bridge")
    )
    rng = np.random.default_rng(0)
    labels = np.eye(10, dtype=np.float32)[rng.integers(10, size=BATCH)]
    noise = np.hstack([rng.standard_normal((BATCH, 64), dtype=np.float32), labels])
    real = bridge.image_tensor(rng.uniform(-1, 1, (BATCH, 32, 32, 3)))
    batch = real, bridge.to_tensor(noise), bridge.to_tensor(labels)
    steps = {
        "course": course_step(framework, gan),
        "textbook": textbook_torch() if framework == "torch" else textbook_tensorflow(),
    }
    state = {}
    for name in steps:
        models = gan.build_generator(latent_dim=74), gan.build_discriminator(classes=10)
        state[name] = *models, *(bridge.adam(model, 1e-3) for model in models)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            for index in range(ROUND):
                step(*state[name], *batch, 4.0 if index % 4 == 0 else 0.0)
            seconds[name].append((time.perf_counter() - start) / ROUND)
    return {name: BATCH / float(np.median(values[1:])) for name, values in seconds.items()}


if __name__ == "__main__":
    for framework in sys.argv[1:] or ("torch", "tensorflow"):
        speed = measure(framework)
        print(
            f"{framework}: course {speed['course']:.0f} pictures/s, "
            f"textbook {speed['textbook']:.0f}, ratio {speed['course'] / speed['textbook']:.2f}"
        )
