"""Train the transformer of chapter 12 that ships: it draws studio pictures in 32 tokens.

    python benchmarks/train_drawer.py              about ten minutes on one core

The chapter's network and loss, for longer and on more pictures, without the combinations that
`plain.prompts.held_out` keeps from generators. It writes weights/drawer_studio.safetensors.
Written in PyTorch; both frameworks read it. `python benchmarks/tokens.py` measures it.
"""

from __future__ import annotations

import time

import numpy as np
from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.plain.picture_tokens import STUDIO
from prodgen_lib.plain.prompts import held_out, prompts
from prodgen_lib.torch import drawing, vae
from prodgen_lib.torch.bridge import save_weights
from prodgen_lib.torch.flows import load_codes

FILE = WEIGHTS / "drawer_studio.safetensors"
SEEDS = range(2)  # of the pictures
STEPS = 12_000


def main() -> None:
    coder, codes, asked = load_codes(), [], []
    for seed in SEEDS:
        data = load("catalogue", count=40_000, seed=seed)
        told = prompts(data)
        codes.append(vae.encode(coder.encoder, data.images[~held_out(told)])[0])
        asked.append(told[~held_out(told)])
    start, bits = time.process_time(), []

    def on_step(step: int, drawer: drawing.Drawer, losses: dict) -> None:
        bits.append(losses["loss"] * drawer.network.places / np.log(2))
        if step % 500 == 499:
            seconds = time.process_time() - start
            print(
                f"{step + 1} steps, {seconds:.0f} CPU s: {np.mean(bits[-500:]):.1f} bits",
                flush=True,
            )

    drawer = drawing.train(
        STUDIO,
        np.concatenate(codes),
        np.concatenate(asked),
        steps=STEPS,
        decay=0.999,
        on_step=on_step,
        progress=False,
    )
    save_weights(drawer.network, FILE, half=True)
    FILE.chmod(0o644)
    note_checksums()


if __name__ == "__main__":
    main()
