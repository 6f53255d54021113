"""Train the generator that ships as prodgen_lib/weights/gan_studio.safetensors.

    python benchmarks/train_gan.py [steps]

The recipe of the chapter, `train` with its defaults, for longer. Seeded. The weights are stored as
16-bit floats, in the layout that both frameworks read.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from prodgen_lib.data import load
from prodgen_lib.torch.bridge import save_weights
from prodgen_lib.torch.gan import train

WEIGHTS = Path(__file__).parents[1] / "prodgen_lib" / "weights"


def main(steps: int = 12000, *, seed: int = 0) -> None:
    data = load("catalogue", count=20000)
    start = time.perf_counter()

    def report(step: int, _, losses: dict) -> None:
        if step % 200 == 0:
            seconds = time.perf_counter() - start
            print(f"step {step}, {seconds:.0f} s: {losses}", flush=True)

    generator, _, _ = train(
        data.images, data.labels, steps=steps, seed=seed, progress=False, on_step=report
    )
    path = WEIGHTS / "gan_studio.safetensors"
    save_weights(generator, path, half=True)
    path.chmod(0o644)
    note_checksums()


def note_checksums() -> None:
    """Rewrite SHA256SUMS, which the package is tested against."""
    files = sorted(WEIGHTS.glob("*.safetensors"))
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (WEIGHTS / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
