"""Train the network on pixels that ships with the package: `python benchmarks/train_pixels.py`.

A flow on the pictures themselves, for chapter 11's editing and filling of holes. No combination
that `held_out` keeps back is in its training. Seeded; about twenty minutes of one core. Written in
PyTorch; both frameworks read the file.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import torch
from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.plain.prompts import COUNTS, held_out, prompts
from prodgen_lib.torch.bridge import save_weights
from prodgen_lib.torch.denoisers import PatchUNet
from prodgen_lib.torch.flows import train

FILE = WEIGHTS / "pixels_studio.safetensors"

if __name__ == "__main__":
    torch.set_num_threads(1)
    data = load("catalogue", count=20_000)
    asked = prompts(data)
    data, asked = data.subset(~held_out(asked)), asked[~held_out(asked)]
    start, recent = time.process_time(), []

    def report(step, flow, losses):
        recent.append(losses["loss"])
        if step % 500 == 499:
            took, loss = time.process_time() - start, np.mean(recent[-500:])
            print(f"{step + 1} steps, {took:.0f} CPU s, loss {loss:.4f}", flush=True)

    flow = train(
        partial(PatchUNet, COUNTS), data.images, asked, counts=COUNTS, steps=16_000,
        batch_size=32, decay=0.999, progress=False, on_step=report,
    )  # fmt: skip
    save_weights(flow.network, FILE, half=True)
    note_checksums()
    print(f"{FILE.name}: {FILE.stat().st_size / 1e6:.2f} MB")
