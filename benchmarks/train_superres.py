"""Train the networks that ship with the package: `python benchmarks/train_superres.py`.

On drawn and real pictures of 64 pixels alike, since learners put in photographs; `PRODGEN_DATA`
names the folder that holds Grocery Store. In PyTorch; both frameworks read the files.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from prodgen_lib.data import load
from prodgen_lib.torch.bridge import save_weights
from prodgen_lib.torch.superres import train

WEIGHTS = Path(__file__).parents[1] / "prodgen_lib" / "weights"

if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    drawn = load("catalogue_full", count=3000, size=64).images
    real = load("grocery_store", size=64).images
    pictures = np.concatenate([drawn, real[: len(drawn)]])
    for factor in (2, 4):
        side = 32 // factor
        trained = train(pictures, factor=factor, steps=steps, side=side, batch_size=8, seed=0)
        path = WEIGHTS / f"superres_x{factor}.safetensors"
        save_weights(trained.network, path, half=True)
        loss = trained.history["loss"][-500:].mean()
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, loss {loss:.4f}")
