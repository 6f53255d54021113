"""Train the network on pixels that ships with the package: `python benchmarks/train_pixels.py`.

A flow on the pictures themselves, for chapter 11's editing and filling of holes. No combination
that `held_out` keeps back is in its training. The first leg draws times evenly; the second, which
begins with the file, more of them near noise, where kinds and colours are decided. Seeded; about
25 minutes of one core. Written in PyTorch; both frameworks read the file.
"""

from __future__ import annotations

import sys
import time
from functools import partial

import numpy as np
import torch
from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.plain.prompts import COUNTS, held_out, prompts
from prodgen_lib.torch.bridge import load_weights, save_weights
from prodgen_lib.torch.denoisers import PatchUNet
from prodgen_lib.torch.flows import train

FILE = WEIGHTS / "pixels_studio.safetensors"

LEGS = ({"steps": 16_000, "decay": 0.999}, {"steps": 8_000, "decay": 0.999, "shift": 3.0})


def build(leg: int) -> PatchUNet:
    """A new network for the first leg, the file's for later ones."""
    network = PatchUNet(COUNTS)
    if leg:
        load_weights(network, FILE)
    return network


def main(*legs: int) -> None:
    torch.set_num_threads(1)
    data = load("catalogue", count=20_000)
    asked = prompts(data)
    data, asked = data.subset(~held_out(asked)), asked[~held_out(asked)]
    for leg in legs or range(len(LEGS)):
        start, recent = time.process_time(), []

        def report(step, flow, losses, start=start, recent=recent):
            recent.append(losses["loss"])
            if step % 500 == 499:
                took, loss = time.process_time() - start, np.mean(recent[-500:])
                print(f"{step + 1} steps, {took:.0f} CPU s, loss {loss:.4f}", flush=True)

        flow = train(
            partial(build, leg), data.images, asked, counts=COUNTS, batch_size=32, seed=leg,
            progress=False, on_step=report, **LEGS[leg],
        )  # fmt: skip
        save_weights(flow.network, FILE, half=True)
        note_checksums()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
