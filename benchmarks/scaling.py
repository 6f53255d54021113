"""How the loss of tiny picture-GPTs falls with size, data and operations: writes scaling.md.

    python benchmarks/scaling.py    all runs that are not in scaling.json yet

Studio pictures of 32 pixels as means of 8×8 squares, each one of 64 colours, behind one word for
the category: rows of 64 ids to guess. A GPT of one or two layers is trained once for each budget
of operations and each size, with its own cosine, on pictures that are seen once (the smallest at
the largest budget: nearly twice), and judged on 2,000 pictures that no run sees. Operations are
those of `prodgen_lib/plain/costs.py`: six a weight and token, without tables and with the head,
and attention's own. PyTorch, one process, one thread.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from prodgen_lib.data import load
from prodgen_lib.plain import small_pictures as small

HERE = Path(__file__).parent
STORE = HERE / "scaling.json"
BUDGETS = (3.16e9, 1e10, 3.16e10, 1e11, 3.16e11)
SHAPES = {  # (width, layers) at each budget
    3.16e9: [(8, 1), (12, 1), (16, 1), (24, 1), (32, 1)],
    1e10: [(8, 1), (12, 1), (16, 1), (24, 1), (32, 1), (32, 2)],
    3.16e10: [(12, 1), (16, 1), (24, 1), (32, 1), (32, 2), (48, 2)],
    1e11: [(12, 1), (16, 1), (24, 1), (32, 1), (32, 2), (48, 2)],
    3.16e11: [(16, 1), (24, 1), (32, 1), (32, 2), (48, 2), (64, 2), (128, 2)],
}
PICTURES, HELD_OUT, BATCH, SEEDS = 80_000, 2_000, 16, (0, 1)


def counted(width: int, layers: int) -> int:
    """The weights that work on every token: blocks and head, no tables and no biases."""
    return 12 * layers * width**2 + small.IDS * width


def operations_a_token(width: int, layers: int) -> int:
    """Forward and backward: six a weight, and attention to all places."""
    return 6 * counted(width, layers) + 12 * layers * small.PLACES * width


def main() -> None:
    import torch

    from prodgen_lib.torch import picture_gpt

    torch.set_num_threads(1)
    found = json.loads(STORE.read_text()) if STORE.exists() else {"runs": []}
    done = {(run["budget"], run["width"], run["layers"], run["seed"]) for run in found["runs"]}
    rows, tested = pictures()
    for seed in SEEDS:
        for budget in BUDGETS:
            for width, layers in SHAPES[budget]:
                if (budget, width, layers, seed) in done:
                    continue
                start = time.process_time()
                each = operations_a_token(width, layers)
                steps = round(budget / each / (BATCH * small.PLACES))
                network = picture_gpt.build(
                    width, layers, vocabulary=small.IDS, places=small.PLACES, seed=seed
                )
                picture_gpt.train(network, rows, steps=steps, batch_size=BATCH, seed=seed)
                tokens = steps * BATCH * small.PLACES
                run = {
                    "budget": budget, "width": width, "layers": layers, "seed": seed,
                    "parameters": counted(width, layers), "tokens": tokens,
                    "operations": each * tokens, "steps": steps,
                    "loss": round(picture_gpt.held_out_loss(network, tested), 5),
                    "seconds": round(time.process_time() - start, 2),
                }  # fmt: skip
                found["runs"].append(run)
                print(run, flush=True)
                STORE.write_text(json.dumps(found, indent=1) + "\n")
    STORE.with_suffix(".md").write_text(page(found["runs"]))


def page(runs: list[dict]) -> str:
    """The table for readers: a row a budget and size, and what a law makes of all."""
    from prodgen_lib.plain.frontier import columns, valleys
    from prodgen_lib.torch.overview import fit_law

    lines = [
        "# Scale, measured",
        "",
        "Written by `python benchmarks/scaling.py`, whose text says how. Loss on held-out "
        "pictures, nats a token, means over seeds (lowest–highest). CPU seconds of a busy "
        "two-core machine.",
        "",
        "| operations | width × layers | weights | tokens | loss | CPU s | best size |",
        "|---|---|---|---|---|---|---|",
    ]
    found = valleys(runs)
    for budget, valley in found.items():
        for size in valley.sizes:
            some = [r for r in runs if r["budget"] == budget and r["parameters"] == size]
            losses = [r["loss"] for r in some]
            spread = f"{np.mean(losses):.3f} ({min(losses):.3f}–{max(losses):.3f})"
            seconds = np.mean([r["seconds"] for r in some])
            shape, tokens = f"{some[0]['width']} × {some[0]['layers']}", some[0]["tokens"]
            best = f"{valley.best_size:,.0f}" if size == valley.sizes[0] else ""
            lines.append(
                f"| {budget:.2e} | {shape} | {size:,.0f} | {tokens:,} | {spread} | {seconds:.1f} "
                f"| {best} |"
            )
    law, _ = fit_law(*columns(runs, "parameters", "tokens", "loss"))
    told = ", ".join(f"{name} {value:.3g}" for name, value in law._asdict().items())
    lines += ["", f"A law of two sizes through all {len(runs)} runs: {told}."]
    return "\n".join(lines) + "\n"


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows held out, with one palette from the first 2,000 pictures."""
    train = load("catalogue", count=PICTURES, cache=False)
    test = load("catalogue", split="test", count=HELD_OUT, cache=False)
    colours = small.palette(train.images[:2000])
    rows = (small.to_rows(data.images, data.labels, colours) for data in (train, test))
    return tuple(rows)


if __name__ == "__main__":
    main()
