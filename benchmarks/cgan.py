"""Ask for a product, translate a drawing, fill a corner: writes benchmarks/cgan.md.

    python benchmarks/cgan.py                  all runs that are not in cgan.json yet
    python benchmarks/cgan.py torch 0          one run: framework, seed
    python benchmarks/cgan.py page             the page alone

Each run trains on 8,000 studio pictures of 32 pixels and is measured on 1,000 held-out ones: the
conditional GAN for 1,000 steps of 32, told category and colour; two translators from line drawings,
1,500 steps of 16 each, and one for hidden corners by L1 alone, 750 steps. One process and one
thread a run. Fréchet distances are between the last features of the shipped classifier, those "of
textures" between its second layer's.
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

from prodgen_lib.data import load
from prodgen_lib.plain import pairs

HERE = Path(__file__).parent
RUNS = list(product(("torch", "tensorflow"), (0, 1, 2)))
STEPS, TRANSLATOR_STEPS = 1000, 1500
ROWS = {
    "label right": ("real", "shipped", "ours", "one real each"),
    "colour error": ("real", "shipped", "ours"),
    "diversity": ("real", "shipped", "ours", "one real each"),
    "Fréchet": ("real", "shipped", "ours", "one real each"),
    "classification score": ("real", "shipped", "ours", "one real each"),
    "L1 to target": ("L1 alone", "with rival", "corner filled"),
    "Fréchet to real": ("L1 alone", "with rival"),
    "Fréchet of textures": ("L1 alone", "with rival", "real"),
    "sharpness": ("L1 alone", "with rival", "real"),
}


def run(framework: str, seed: int) -> dict:
    """Everything that one seed measures, by what it is and of what."""
    names = ("cgan", "classifier", "bridge", "metrics")
    modules = [importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in names]
    train, test = load("catalogue", count=8000), load("catalogue", split="test", count=2000)
    row = {"framework": framework, "seed": seed}
    row |= _asked(modules, train, test, seed)
    return row | _translated(modules, train, test, seed)


def _asked(modules: list, train, test, seed: int) -> dict:
    cgan, classifier, bridge, metrics = modules
    critic = classifier.load_classifier()
    labels, counts = pairs.conditions(train)
    wishes = np.random.default_rng(seed).integers(counts, size=(1000, len(counts)))
    wishes[:, 0] = np.arange(1000) % 10
    start = time.process_time()
    trained = cgan.train(train.images, labels, steps=STEPS, seed=seed, progress=False)
    found = {"seconds": time.process_time() - start}
    kinds = [train.images[train.labels == kind][0] for kind in range(10)]
    held_out, truth = test.images[:1000], pairs.conditions(test)[0][:1000]
    sets = {
        "real": (held_out, truth),
        "shipped": (cgan.sample(cgan.load_pretrained(), wishes, seed=seed), wishes),
        "ours": (cgan.sample(trained.generator, wishes, seed=seed), wishes),
        "one real each": (np.stack(kinds)[wishes[:, 0]], wishes),
    }
    reference = classifier.features(critic, test.images[1000:])
    for name, (pictures, asked) in sets.items():
        seen = classifier.features(critic, pictures)
        logits = bridge.to_tensor(classifier.class_logits(critic, pictures))
        granted = cgan.condition_accuracy(logits, cgan.to_labels(asked[:, 0]))
        lessons = (train.images[:1000], train.labels[:1000])
        lessons = lessons if name == "real" else (pictures, asked[:, 0])
        score = cgan.classification_accuracy_score(
            *lessons, held_out, test.labels[:1000], seed=seed
        )
        found[f"label right, {name}"] = float(bridge.to_numpy(granted).mean())
        found[f"colour error, {name}"] = float(pairs.colour_error(pictures, asked[:, 1]).mean())
        found[f"diversity, {name}"] = pairs.diversity(seen, asked[:, 0])
        found[f"Fréchet, {name}"] = float(metrics.frechet_distance(seen, reference))
        found[f"classification score, {name}"] = score
    return found


def _translated(modules: list, train, test, seed: int) -> dict:
    cgan, classifier, _, metrics = modules
    critic = classifier.load_classifier()
    reference = classifier.features(critic, test.images[1000:])
    source, target = pairs.pairs("outline", train)
    test_source, test_target = (part[:500] for part in pairs.pairs("outline", test))
    options = {"steps": TRANSLATOR_STEPS, "seed": seed, "progress": False}
    textures = cgan.texture_features(test.images[1000:])
    found = {"sharpness, real": sharpness(test_target)}
    seen = cgan.texture_features(test_target)
    found["Fréchet of textures, real"] = float(metrics.frechet_distance(seen, textures))
    for name, adversarial in (("L1 alone", False), ("with rival", True)):
        made = cgan.train_translator(source, target, adversarial=adversarial, **options)
        answers = cgan.translate(made.generator, test_source)
        found[f"L1 to target, {name}"] = float(np.abs(answers - test_target.astype(float)).mean())
        seen = classifier.features(critic, answers)
        found[f"Fréchet to real, {name}"] = float(metrics.frechet_distance(seen, reference))
        seen = cgan.texture_features(answers)
        found[f"Fréchet of textures, {name}"] = float(metrics.frechet_distance(seen, textures))
        found[f"sharpness, {name}"] = sharpness(answers)
    half = {"adversarial": False, "steps": TRANSLATOR_STEPS // 2}
    masks, holes = pairs.corner_masks(200, seed=seed), pairs.corner_masks(500, seed=seed + 1)
    filler = cgan.train_translator(train.images, train.images, mask=masks, **options | half)
    filled = cgan.translate(filler.generator, test.images[:500], mask=holes)
    hidden = np.broadcast_to(holes == 1, filled.shape)
    apart = np.abs(filled.astype(float) - test.images[:500])
    return found | {"L1 to target, corner filled": float(apart[hidden].mean())}


def sharpness(pictures: np.ndarray) -> float:
    """The mean variance of the Laplacian of grey pictures in [0, 1], times 1,000."""
    from scipy.ndimage import laplace

    return 1000 * float(np.mean([laplace(p.mean(axis=2) / 255).var() for p in pictures]))


def page(rows: list[dict]) -> str:
    """The Markdown page."""
    seconds = mean(row["seconds"] for row in rows)
    lines = [
        "# Conditional GANs",
        "",
        "Made by `python benchmarks/cgan.py`, which says how. Mean over seeds (lowest to highest). "
        f"Training of the conditional GAN: {seconds:.0f} CPU seconds on one thread. Colour errors "
        "are ΔE in CIE Lab; L1 in grey levels, of the corner over hidden pixels only.",
        "",
        "| what | of | PyTorch | TensorFlow |",
        "|---|---|---|---|",
    ]
    for what, names in ROWS.items():
        for name in names:
            cells = [
                _cell(rows, framework, f"{what}, {name}") for framework in ("torch", "tensorflow")
            ]
            lines.append(f"| {what} | {name} | {' | '.join(cells)} |")
    counts = {f: sum(row["framework"] == f for row in rows) for f in ("torch", "tensorflow")}
    lines += ["", f"Seeds: {counts['torch']} in PyTorch, {counts['tensorflow']} in TensorFlow."]
    return "\n".join(lines) + "\n"


def _cell(rows: list[dict], framework: str, key: str) -> str:
    found = [row[key] for row in rows if row["framework"] == framework]
    if not found:
        return ""
    return f"{mean(found):.3g} ({min(found):.3g} to {max(found):.3g})"


def main() -> None:
    """All runs that are missing, each written down when it ends."""
    path = HERE / "cgan.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    done = {(row["framework"], row["seed"]) for row in rows}
    for framework, seed in sorted(set(RUNS) - done, key=lambda one: (one[1], one[0] != "torch")):
        command = [sys.executable, __file__, framework, str(seed)]
        threads = dict.fromkeys(
            ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
        )
        environment = {**os.environ, **threads}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        (HERE / "cgan.md").write_text(page(rows))
        print(rows[-1], flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        (HERE / "cgan.md").write_text(page(json.loads((HERE / "cgan.json").read_text())))
    elif len(sys.argv) > 1:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2])), ensure_ascii=False))
    else:
        main()
