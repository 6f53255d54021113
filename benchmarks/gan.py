"""The chapter's two recipes, measured: writes benchmarks/gan.md.

    python benchmarks/gan.py                      all runs that are not in gan.json yet, then gan.md
    python benchmarks/gan.py torch better 0       one run: framework, recipe, seed
    python benchmarks/gan.py speed torch          the speed of a training step

A run trains on 20,000 studio pictures of 32 pixels and draws 5,000, which are compared with 5,000
pictures of another seed: Fréchet distance in the features of the shipped classifier, and how many
of the ten categories get at least 2 % of the samples. Each run is a process of its own, since
neither framework leaves the threads to the other.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from statistics import mean

import numpy as np
from step_speed import measure

from prodgen_lib.data import load

HERE = Path(__file__).parent
STEPS = {"better": 2000, "dcgan": 1000}  # batches of 32 and of 64: as many pictures
RUNS = [*product(("torch", "tensorflow"), ("better", "dcgan"), (0, 1, 2))]


def run(framework: str, recipe: str, seed: int) -> dict:
    """Train once and measure what comes out."""
    gan, classifier, metrics, bridge = (
        importlib.import_module(f"prodgen_lib.{framework}.{name}")
        for name in ("gan", "classifier", "metrics", "bridge")
    )
    data, unseen = load("catalogue", count=20000), load("catalogue", count=5000, seed=99)
    options = {"steps": STEPS[recipe], "seed": seed, "progress": False}
    wall, cpu = time.perf_counter(), time.process_time()
    if recipe == "better":
        trained, classes = gan.train(data.images, data.labels, **options), 10
    else:
        trained, classes = gan.train_dcgan(data.images, **options), 0
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    pictures = gan.sample(trained.generator, 5000, classes=classes)
    judge = classifier.load_classifier()
    distance = metrics.frechet_distance(
        classifier.features(judge, pictures), classifier.features(judge, unseen.images)
    )
    logits = classifier.class_logits(judge, pictures)
    shares = gan.category_shares(bridge.to_tensor(logits))
    row = {"framework": framework, "recipe": recipe, "seed": seed, "frechet": float(distance)}
    row |= {"categories": 10 - len(gan.missing_categories(shares)), "wall": wall, "cpu": cpu}
    if classes:
        row["right"] = float(np.mean(logits.argmax(axis=1) == np.arange(5000) % 10))
    return row


def remember(row: dict) -> None:
    """Add a row to gan.json in place of an older one of the same run."""

    def key(row: dict) -> tuple:
        return tuple(row.get(name) for name in ("framework", "recipe", "seed"))

    rows = [old for old in recorded() if key(old) != key(row)] + [row]
    (HERE / "gan.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (HERE / "gan.md").write_text(table(rows), encoding="utf-8")


def recorded() -> list[dict]:
    path = HERE / "gan.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def table(rows: list[dict]) -> str:
    """gan.md: a line for each framework and recipe, then the speed of a step."""
    lines = [
        "# The GAN, measured",
        "",
        "Written by `python benchmarks/gan.py`, whose text says how. Studio catalogue, 32 pixels.",
        "`better` is `train` with labels, 2,000 steps of 32 pictures; `dcgan` is `train_dcgan`,",
        "1,000 steps of 64, no labels. Fréchet distances (mean, lowest–highest) are comparable",
        "within this table only. CPU seconds of a busy two-core machine, PyTorch on one thread.",
        "",
        "| framework | recipe | seeds | Fréchet distance | categories | label right | CPU s |",
        "|---|---|---|---|---|---|---|",
    ]
    for framework, recipe in product(("torch", "tensorflow"), STEPS):
        same = [r for r in rows if (r["framework"], r.get("recipe")) == (framework, recipe)]
        if not same:
            continue
        distances = sorted(r["frechet"] for r in same)
        right = f"{mean(r['right'] for r in same):.1%}" if recipe == "better" else "–"
        cells = [framework, recipe, str(len(same))]
        cells += [f"{mean(distances):.1f} ({distances[0]:.1f}–{distances[-1]:.1f})"]
        cells += [f"{min(r['categories'] for r in same)} of 10", right]
        cells += [f"{mean(r['cpu'] for r in same):.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "One training step of batch 32, beside a textbook loop in the same process:", ""]
    lines += ["| framework | pictures/s | textbook | ratio |", "|---|---|---|---|"]
    for r in rows:
        if "textbook" in r:
            cells = [r["framework"], f"{r['course']:.0f}", f"{r['textbook']:.0f}"]
            cells += [f"{r['course'] / r['textbook']:.2f}"]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(*arguments: str) -> None:
    if arguments[:1] == ("speed",):
        remember({"framework": arguments[1], **measure(arguments[1])})
    elif arguments:
        row = run(arguments[0], arguments[1], int(arguments[2]))
        print(row, flush=True)
        remember(row)
    else:
        done = {(r["framework"], r.get("recipe"), r.get("seed")) for r in recorded()}
        wanted = [("speed", framework) for framework in ("torch", "tensorflow")]
        wanted += [r for r in RUNS if r not in done]
        for words in wanted:
            command = [sys.executable, __file__, *map(str, words)]
            subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    main(*sys.argv[1:])
