"""Train the generator that ships as prodgen_lib/weights/cgan_studio.safetensors.

    python benchmarks/train_cgan.py [steps]

The recipe of the chapter, `train` with its defaults, for longer. Seeded. The weights are stored as
16-bit floats, in the layout that both frameworks read.
"""

from __future__ import annotations

import sys

from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.plain.pairs import conditions
from prodgen_lib.torch.bridge import save_weights
from prodgen_lib.torch.cgan import train


def main(steps: int = 3000, *, seed: int = 0) -> None:
    data = load("catalogue", count=20000)
    labels, _ = conditions(data)
    trained = train(data.images, labels, steps=steps, seed=seed, progress=False)
    path = WEIGHTS / "cgan_studio.safetensors"
    save_weights(trained.generator, path, half=True)
    path.chmod(0o644)
    note_checksums()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
