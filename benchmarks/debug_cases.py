"""The broken runs behind the questions of kind `debug`: prints the figures that they quote.

    python benchmarks/debug_cases.py

PyTorch on one thread, the drawn catalogue; about two minutes on a busy machine. Figures of trained
networks may differ in the last digit between versions and machines.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from prodgen_lib.data import load
from prodgen_lib.torch import autoencoder, bayesopt, gan, superres, vae

torch.set_num_threads(1)


def flat_vae(pictures: np.ndarray, held_out: np.ndarray) -> None:
    """`vae.debug_flat`: a mean over pixels beside a summed KL, that is a beta of 3,072."""
    constant = 3072 * (math.log(0.5) / 2 + math.log(2 * math.pi) / 2)
    plain = {"beta": 3072.0, "log_scale": math.log(0.5) / 2}
    shown = autoencoder.unit_images(held_out[:200])
    for name, options in (("good", {}), ("flat", plain)):

        def tell(step: int, _: tuple, losses: dict, name: str = name) -> None:
            if step + 1 in (25, 50, 100, 200, 400):
                squares = (losses["reconstruction"] - constant) / 3072
                error = math.sqrt(squares) if name == "flat" else math.exp(losses["log_scale"])
                print(f"{name} {step + 1}: error {error:.3f}, KL {losses['kl']:.3f}")

        model = vae.train(pictures, steps=400, progress=False, on_step=tell, **options)
        with torch.no_grad():
            mean, _ = vae.posterior(model.encoder, shown)
            drawn = torch.sigmoid(model.decoder(mean))
        print(f"{name}: between reconstructions a pixel varies by {drawn.std(0).mean():.3f}")
    average = (shown.mean(0) - shown).square().mean().sqrt()
    print(f"pictures vary by {shown.std(0).mean():.3f}; an average one has error {average:.3f}")


def floor(pictures: np.ndarray, held_out: np.ndarray) -> None:
    """`autoencoder.debug_floor`: a sigmoid against pictures in [-1, 1]."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    parts = (autoencoder.build_encoder(), autoencoder.build_decoder())
    model = autoencoder.chain(*map(autoencoder.initialise, parts))  # it ends in a sigmoid
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for step in range(400):
        batch = pictures[rng.integers(len(pictures), size=16)]
        targets = autoencoder.unit_images(batch) * 2 - 1
        loss = (model(targets) - targets).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step + 1 in (1, 25, 50, 100, 200, 400):
            print(f"floor {step + 1}: loss {loss.item():.3f}")
    targets = autoencoder.unit_images(held_out) * 2 - 1
    with torch.no_grad():
        output = model(targets)
    print(
        f"held out {(output - targets).square().mean():.3f}, of which out of reach "
        f"{targets.clamp(max=0).square().mean():.3f}; below 0: {(targets < 0).float().mean():.0%}; "
        f"output {output.min():.2f} to {output.max():.2f}, {output[targets < -0.5].mean():.2f} "
        "where a picture is below -0.5"
    )


def memorising(pictures: np.ndarray, held_out: np.ndarray) -> None:
    """`gan.debug_memorising`: 48 pictures, without and with a penalty."""

    def signed(some: np.ndarray) -> torch.Tensor:
        return torch.tensor(some).permute(0, 3, 1, 2).float() / 127.5 - 1

    for penalty in (0.0, 1.0):
        torch.manual_seed(0)
        rng = np.random.default_rng(0)
        models = gan.build_generator(), gan.build_discriminator()
        adams = [torch.optim.Adam(m.parameters(), 1e-3, betas=(0.0, 0.99)) for m in models]
        for step in range(400):
            real = signed(pictures[rng.integers(48, size=32)])
            price = penalty * 4 if step % 4 == 0 else 0.0
            losses = gan.train_step(*models, *adams, real, torch.randn(32, 64), penalty=price)
            if step + 1 in (50, 100, 200, 300, 400):
                with torch.no_grad():
                    sets = (signed(pictures[:48]), signed(held_out[:200]))
                    sets = (*sets, models[0](torch.randn(200, 64)))
                    logits = ", ".join(f"{gan.score(models[1], s).mean():.2f}" for s in sets)
                print(f"penalty {penalty:g}, {step + 1}: {losses['discriminator']:.2f}; {logits}")


def shifted() -> None:
    """`superres.debug_shift`: every fourth pixel in place of a kernel about the centres."""
    pictures = load("catalogue", size=64, limit=100).images
    images = torch.tensor(pictures).permute(0, 3, 1, 2).float() / 255
    smalls = {
        "centres": superres.degrade(images, factor=4),
        "corners": images[:, :, ::4, ::4],
    }
    for name, small in smalls.items():
        large = superres.resize(small, 64, 64).clamp(0, 1)
        for move in range(-3, 3):
            moved = torch.roll(large, (move, move), (2, 3))
            errors = (moved - images)[:, :, 8:-8, 8:-8].square().mean((1, 2, 3))
            print(f"{name}, moved by {move}: {(-10 * errors.log10()).mean():.2f} dB")


def corner() -> None:
    """`bayesopt.debug_corner`: losses near 5 for a process whose prior mean is 0."""

    def column(*values: float) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.double)[:, None]

    def kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        one, scale = torch.ones((), dtype=torch.double), column(0.2)[0]
        return bayesopt.matern_kernel(a, b, length_scales=scale, output_scale=one)

    points, losses = column(0.1, 0.3, 0.5, 0.7), column(5.4, 4.9, 5.1, 5.6)[:, 0]
    settings = column(0.2, 0.3, 0.35, 0.4, 0.5, 0.85, 1.0)
    standardised = (losses - losses.mean()) / losses.std()
    for name, targets in (("raw", losses), ("standardised", standardised)):
        factor, weights = bayesopt.condition(points, targets, kernel, noise=1e-4)
        mean, variance = bayesopt.predict(settings, points, factor, weights, kernel)
        gain = bayesopt.expected_improvement(mean, variance.sqrt(), targets.min())
        for row in zip(settings[:, 0], mean, variance.sqrt(), gain, strict=True):
            place, *values = (value.item() for value in row)
            print(f"{name} {place:.2f}: " + ", ".join(f"{value:.3f}" for value in values))


def main() -> None:
    pictures = load("catalogue", size=32, limit=2000).images
    pictures, held_out = pictures[:1600], pictures[1600:]
    corner()
    shifted()
    floor(pictures, held_out)
    flat_vae(pictures, held_out)
    memorising(pictures, held_out)


if __name__ == "__main__":
    main()
