"""Train the autoencoder of chapters 11 and 12.

    python benchmarks/train_codes.py               both legs, about ten minutes on one core
    python benchmarks/train_codes.py 1             leg 1 alone, from the file that leg 0 wrote

Chapter 5's VAE with wider layers and more codes, trained for longer on more pictures. Its
reconstructions keep colours and patterns, which bounds what any generator on its codes can show.
It sees every combination, also those that `plain.prompts.held_out` keeps from generators.
Each leg begins from the file with a fresh Adam, whose learning rate falls to zero, and ends by
writing the file: prodgen_lib/weights/codes_studio.safetensors. Written in PyTorch; both frameworks
read it. `python benchmarks/codes.py` measures it.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.torch.autoencoder import unit_images
from prodgen_lib.torch.bridge import adam, set_learning_rate, set_seed, to_tensor
from prodgen_lib.torch.vae import Vae, build_decoder, build_encoder, load_vae, save, train_step

FILE = WEIGHTS / "codes_studio.safetensors"
OPTIONS = {"latents": 64, "width": 32}
SEEDS = range(3)  # of the pictures
LEGS = (5000, 9000)  # steps
BATCH, LEARNING_RATE, BETA = 32, 2e-3, 0.3


def main(*legs: int) -> None:
    pictures = np.concatenate([load("catalogue", count=20_000, seed=s).images for s in SEEDS])
    for number in legs or range(len(LEGS)):
        if number:
            encoder, decoder, *_ = load_vae(FILE, **OPTIONS)
        else:
            set_seed(0)
            encoder, decoder = build_encoder(**OPTIONS), build_decoder(**OPTIONS)
        save(leg(encoder, decoder, pictures, LEGS[number], seed=number), FILE)
        FILE.chmod(0o644)
        note_checksums()


def leg(encoder, decoder, pictures: np.ndarray, steps: int, *, seed: int) -> Vae:
    """Train both networks further."""
    rng = np.random.default_rng(seed)
    optimizers = [adam(network, LEARNING_RATE, (0.9, 0.999)) for network in (encoder, decoder)]
    start, scales = time.process_time(), []
    for step in range(steps):
        for optimizer in optimizers:
            set_learning_rate(optimizer, LEARNING_RATE * (1 - step / steps))
        batch = unit_images(pictures[rng.integers(len(pictures), size=BATCH)])
        noise = to_tensor(rng.standard_normal((BATCH, OPTIONS["latents"]), dtype=np.float32))
        losses = train_step(encoder, decoder, *optimizers, batch, noise, beta=BETA)
        scales.append(float(losses["log_scale"]))
        if step % 500 == 499:
            scale, seconds = np.exp(np.mean(scales[-100:])), time.process_time() - start
            print(f"{step + 1} steps, {seconds:.0f} CPU s: σ {scale:.4f}", flush=True)
    return Vae(encoder, decoder, float(np.mean(scales[-100:])), {})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
