"""Trains the autoencoder that ships: prodgen_lib/weights/autoencoder_studio.safetensors.

    python benchmarks/train_autoencoder.py

The recipe of `autoencoder.train` for longer: 32 latents, 10,000 steps of 16 pictures, on 20,000
studio pictures. About two minutes of one core.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from prodgen_lib.data import load
from prodgen_lib.torch import autoencoder
from prodgen_lib.torch.bridge import save_weights

WEIGHTS = Path(__file__).parents[1] / "prodgen_lib" / "weights" / "autoencoder_studio.safetensors"

if __name__ == "__main__":
    pictures, test = load("catalogue", count=20000).images, load("catalogue", split="test").images
    clock = time.process_time()
    trained = autoencoder.train(pictures, latents=32, steps=10000)
    print(f"{time.process_time() - clock:.0f} CPU seconds")
    save_weights(autoencoder.chain(trained.encoder, trained.decoder), WEIGHTS, half=True)
    shipped = autoencoder.load_pretrained()
    mended = autoencoder.decode(shipped.decoder, autoencoder.encode(shipped.encoder, test))
    errors = np.mean((mended / 255 - test / 255) ** 2, axis=(1, 2, 3))
    print(f"{np.mean(-10 * np.log10(errors)):.2f} dB on {len(test)} pictures held out")
