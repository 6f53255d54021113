"""The VAE measured, beside the GAN of chapter 6 in as many seconds: writes benchmarks/vae.md.

    python benchmarks/vae.py               all runs that are not in vae.json yet, then vae.md
    python benchmarks/vae.py torch 0       one run: framework, seed

A run trains both on 20,000 studio pictures of 32 pixels, the GAN with labels and for as many CPU
seconds as the VAE took. 2,000 pictures of each kind are compared with 2,000 unseen ones: Fréchet
distance, precision and recall in the features of the shipped classifier; how many of the ten
categories get at least 2 % of the samples; sharpness, the variance of the Laplacian of grey values
in [0, 1], times 1,000. Bounds are means over 500 unseen pictures, 64 codes each.
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
from scipy.ndimage import laplace

from prodgen_lib.data import load
from prodgen_lib.plain.codes import mixture_codes, mutual_information_gap

HERE = Path(__file__).parent
STEPS, COUNT, TRIAL = 2500, 2000, 60
FACTORS = ("category", "main", "pattern", "scale", "hue")


def run(framework: str, seed: int) -> dict:
    """Train a VAE and a GAN in the same time, and measure what comes out."""
    vae, gan = (
        importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in ("vae", "gan")
    )
    data, unseen = load("catalogue", count=20_000), load("catalogue", count=COUNT, seed=99)
    start = time.process_time()
    model = vae.train(data.images, steps=STEPS, seed=seed, progress=False)
    cpu = time.process_time() - start
    rival, gan_steps, gan_cpu = as_long(gan, data, cpu, seed)
    codes = mixture_codes(*vae.encode(model.encoder, data.images[:8000]), COUNT, seed=seed)
    sets = {
        "VAE, prior": vae.sample(model.decoder, COUNT, seed=seed),
        "VAE, codes from clusters": vae.decode(model.decoder, codes),
        "VAE, reconstructions": vae.decode(
            model.decoder, vae.encode(model.encoder, unseen.images)[0]
        ),
        "GAN": gan.sample(rival.generator, COUNT, classes=10, seed=seed),
        "real": load("catalogue", count=COUNT, seed=98).images,
    }
    seen = vae.evaluate(model, unseen.images[:500], samples=64, seed=seed)
    means = vae.encode(model.encoder, unseen.images)[0]
    row = {"framework": framework, "seed": seed, "cpu": cpu}
    row |= {"gan_cpu": gan_cpu, "gan_steps": gan_steps, "kl": float(seen["kl"].sum(axis=1).mean())}
    row |= {name: float(seen[name].mean()) for name in ("reconstruction", "elbo", "bound")}
    row["bits"] = vae.bits_per_dimension(row["bound"], unseen.images[0].size)
    row["mig"] = mutual_information_gap(means, {n: unseen.factors[n] for n in FACTORS})
    row["sets"] = {name: qualities(framework, p, unseen.images) for name, p in sets.items()}
    return row


def as_long(gan, data, seconds: float, seed: int):
    """A GAN trained for about so many CPU seconds: its pace is measured first."""
    options = {"seed": seed, "progress": False}
    start = time.process_time()
    gan.train(data.images, data.labels, steps=TRIAL, **options)
    steps = round(seconds / (time.process_time() - start) * TRIAL)
    start = time.process_time()
    trained = gan.train(data.images, data.labels, steps=steps, **options)
    return trained, steps, time.process_time() - start


def qualities(framework: str, pictures: np.ndarray, unseen: np.ndarray) -> dict:
    """Five numbers about a set of pictures."""
    classifier, metrics, gan, bridge = (
        importlib.import_module(f"prodgen_lib.{framework}.{name}")
        for name in ("classifier", "metrics", "gan", "bridge")
    )
    judge = classifier.load_classifier()
    ours, real = (classifier.features(judge, part) for part in (pictures, unseen))
    precision, recall = metrics.precision_recall(real, ours)
    shares = gan.category_shares(bridge.to_tensor(classifier.class_logits(judge, pictures)))
    sharpness = np.mean([laplace(grey).var() for grey in pictures.mean(axis=3) / 255]) * 1000
    return {
        "frechet": float(metrics.frechet_distance(ours, real)),
        "precision": float(precision),
        "recall": float(recall),
        "categories": 10 - len(gan.missing_categories(shares)),
        "sharpness": float(sharpness),
    }


def recorded() -> list[dict]:
    path = HERE / "vae.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def table(rows: list[dict]) -> str:
    """vae.md: the bound and its parts, then what the pictures are like."""
    lines = [
        "# The VAE, measured",
        "",
        "Written by `python benchmarks/vae.py`, whose text says how. Studio catalogue, 32 pixels,",
        f"{STEPS:,} steps of 32 pictures, 32 latent dimensions. Means over seeds (lowest–highest).",
        "CPU seconds of a busy two-core machine, PyTorch on one thread.",
        "",
        "| framework | seeds | reconstruction | KL | ELBO | IWAE 64 | bits a value | CPU s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    frameworks = [f for f in ("torch", "tensorflow") if any(r["framework"] == f for r in rows)]
    same = {f: [r for r in rows if r["framework"] == f] for f in frameworks}
    for framework, runs in same.items():
        parts = [_span([r[n] for r in runs], 0) for n in ("reconstruction", "kl", "elbo", "bound")]
        parts += [_span([r["bits"] for r in runs], 3), f"{mean(r['cpu'] for r in runs):.0f}"]
        lines.append("| " + " | ".join([framework, str(len(runs)), *parts]) + " |")
    lines += ["", "Reconstruction, KL and bounds in nats a picture, on unseen pictures."]
    lines += ["", "Reconstructions are of the very pictures that all are compared with: they may"]
    lines += ["be nearer to them than other real pictures are.", ""]
    lines += ["| framework | pictures | Fréchet | precision | recall | categories | sharpness |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for framework, runs in same.items():
        for name in runs[0]["sets"]:
            sets = [r["sets"][name] for r in runs]
            cells = [framework, name, _span([s["frechet"] for s in sets], 1)]
            cells += [f"{mean(s[n] for s in sets):.0%}" for n in ("precision", "recall")]
            cells += [f"{min(s['categories'] for s in sets)} of 10"]
            cells += [_span([s["sharpness"] for s in sets], 1)]
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "Mutual information gap by factor (0 to 1), mean over seeds:", ""]
    lines += ["| framework | " + " | ".join(FACTORS) + " |", "|---" * (len(FACTORS) + 1) + "|"]
    for framework, runs in same.items():
        gaps = [f"{mean(r['mig'][name] for r in runs):.3f}" for name in FACTORS]
        lines.append("| " + " | ".join([framework, *gaps]) + " |")
    return "\n".join(lines) + "\n"


def _span(values: list[float], digits: int) -> str:
    low, high = min(values), max(values)
    return f"{mean(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def main(*arguments: str) -> None:
    if arguments:
        row = run(arguments[0], int(arguments[1]))
        rows = [
            r for r in recorded() if (r["framework"], r["seed"]) != (row["framework"], row["seed"])
        ]
        rows.append(row)
        (HERE / "vae.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        (HERE / "vae.md").write_text(table(rows), encoding="utf-8")
        return
    done = {(r["framework"], r["seed"]) for r in recorded()}
    for words in product(("torch", "tensorflow"), (0, 1, 2)):
        if words not in done:
            command = [sys.executable, __file__, *map(str, words)]
            subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    main(*sys.argv[1:])
