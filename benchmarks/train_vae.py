"""Train the VAE that ships with the package: `python benchmarks/train_vae.py`, three minutes.

The same recipe as chapter 5's, for longer. Written in PyTorch; both frameworks read the file.
"""

from __future__ import annotations

from pathlib import Path

from prodgen_lib.data import load
from prodgen_lib.torch.vae import save, train

WEIGHTS = Path(__file__).parents[1] / "prodgen_lib" / "weights" / "vae_studio.safetensors"

if __name__ == "__main__":
    model = train(load("catalogue", count=20_000).images, steps=10_000, seed=0)
    save(model, WEIGHTS)
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.2f} MB, log scale {model.log_scale:.3f}")
