"""The uses of chapter 4's autoencoders beside plain methods: writes benchmarks/autoencoder.md.

    python benchmarks/autoencoder.py              all runs that are not in autoencoder.json yet
    python benchmarks/autoencoder.py plain        the plain methods
    python benchmarks/autoencoder.py torch 0      one run: framework, seed

Trained on 8,000 studio pictures of 32 pixels with `train` (2,000 steps of 16) and `train_restorer`
(1,200 steps of 16), measured on 1,000 held-out ones. PSNR is the mean over pictures, for holes over
hidden pixels only. Every filter has the best of several settings, chosen on the measured pictures.
Each run is a process of its own, on one thread.
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
from prodgen_lib.plain import corruptions

HERE = Path(__file__).parent
TASKS = ("noise", "hole", "small")
CODES = (8, 32, 128)
RUNS = list(product(("torch", "tensorflow"), (0, 1, 2)))
NAMES = {"pca 32 bytes": "PCA", "small damaged": "bicubic", "mean fill": "mean colour"}
NAMES |= {f"pca {codes}": "PCA" for codes in CODES}
NAMES |= {f"pca {codes} auroc": f"PCA of {codes}" for codes in CODES}
UNSEEN = 7  # seed of the damage that is measured


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out pictures."""
    return load("catalogue", count=8000).images, load("catalogue", split="test", count=1000).images


def psnr(images: np.ndarray, targets: np.ndarray, mask: np.ndarray | float = 1.0) -> float:
    """Mean over uint8 pictures, in decibel; over hidden pixels only, where there is a mask."""
    weights = np.broadcast_to(mask, images.shape)
    errors = ((images.astype(float) - targets) / 255) ** 2 * weights
    return float(np.mean(-10 * np.log10(errors.sum((1, 2, 3)) / weights.sum((1, 2, 3)))))


def areas(modules: list, good: list[np.ndarray], bad: list[np.ndarray]) -> float:
    """Area under the ROC curve of `anomaly_score`; the lists hold pictures and reconstructions."""
    autoencoder, _, bridge, _ = modules
    scores = [
        bridge.to_numpy(autoencoder.anomaly_score(*map(autoencoder.unit_images, pair)))
        for pair in (good, bad)
    ]
    defective = np.repeat([0.0, 1.0], [len(part) for part in scores])
    scores = bridge.to_tensor(np.concatenate(scores))
    return float(autoencoder.auroc(scores, bridge.to_tensor(defective) > 0.5))


def modules_of(framework: str) -> list:
    names = ("autoencoder", "classifier", "bridge", "metrics")
    return [importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in names]


def plain() -> dict:
    """What needs no training: filters, fills, JPEG, PCA."""
    modules = modules_of("torch")
    autoencoder, _, bridge, _ = modules
    train, test = pictures()
    row = {"framework": "plain"}
    batch = autoencoder.unit_images(test)

    def reached(values: np.ndarray, mask: np.ndarray) -> float:
        return psnr(np.rint(np.clip(values, 0, 1) * 255), test, mask)

    for task in TASKS:
        damaged, mask = map(bridge.image_array, autoencoder.damage(batch, task=task, seed=UNSEEN))
        row[f"{task} damaged"] = reached(damaged, mask)
        if task == "noise":
            row["gaussian"] = max(
                reached(corruptions.gaussian(damaged, s), mask) for s in (0.7, 0.8, 0.9, 1.0, 1.1)
            )
            row["median"] = max(reached(corruptions.median(damaged, s), mask) for s in (2, 3, 5))
        if task == "hole":
            row["mean fill"] = reached(corruptions.fill_mean(damaged, mask), mask)
            row["membrane"] = reached(corruptions.fill_smooth(damaged, mask), mask)
            row["biharmonic"] = reached(corruptions.fill_smooth(damaged, mask, order=2), mask)
    spoiled, _ = corruptions.draw_defects(test[500:], seed=UNSEEN)
    for codes in CODES:
        pca = corruptions.fit_pca(train[:4000], codes)
        code, known = pca.encode(test), pca.encode(train)
        row[f"pca {codes}"] = psnr(pca.decode(code), test)
        row[f"pca {codes} bytes"] = psnr(pca.decode(corruptions.quantise(code, known)), test)
        again = [pca.decode(code)[:500], pca.decode(pca.encode(spoiled))]
        row[f"pca {codes} auroc"] = areas(modules, [again[0], test[:500]], [again[1], spoiled])
    encoder, decoder, _ = autoencoder.load_pretrained()
    again, repaired = (
        autoencoder.decode(decoder, autoencoder.encode(encoder, images))
        for images in (test, spoiled)
    )
    row["shipped"] = psnr(again, test)
    row["shipped auroc"] = areas(modules, [again[:500], test[:500]], [repaired, spoiled])
    for quality in (1, 5, 10, 20, 40):
        decoded, file, scan = corruptions.jpeg(test, quality)
        row[f"jpeg {quality}"] = [psnr(decoded, test), file, scan]
    return row


def run(framework: str, seed: int) -> dict:
    """Train everything once and measure what comes out."""
    modules = modules_of(framework)
    autoencoder = modules[0]
    train, test = pictures()
    row = {"framework": framework, "seed": seed}
    for codes in CODES:
        clock = time.process_time()
        trained = autoencoder.train(train, latents=codes, seed=seed, progress=False)
        row[f"{codes} seconds"] = time.process_time() - clock
        row |= measured(modules, trained, codes, train, test, seed)
    clock = time.process_time()
    trained = autoencoder.train(train, latents=32, sigma=0.2, seed=seed, progress=False)
    row["denoising seconds"] = time.process_time() - clock
    noisy = autoencoder.add_noise(autoencoder.unit_images(test), sigma=0.2, seed=UNSEEN)
    noisy = modules[2].from_images(2 * noisy - 1)
    cleaned = autoencoder.decode(trained.decoder, autoencoder.encode(trained.encoder, noisy))
    row["denoising autoencoder"] = psnr(cleaned, test)
    for task in TASKS:
        clock = time.process_time()
        trained = autoencoder.train_restorer(train, task=task, seed=seed, progress=False)
        row[f"{task} seconds"] = time.process_time() - clock
        _, mended, mask = autoencoder.restored(trained.model, test, task=task, seed=UNSEEN)
        row[task] = psnr(mended, test, mask)
    return row


def measured(modules: list, trained, codes: int, train, test, seed: int) -> dict:
    """Error by size of the code; with 32, also bytes, anomalies and pictures of random codes."""
    autoencoder, classifier, bridge, metrics = modules

    def decode(code: np.ndarray) -> np.ndarray:
        return autoencoder.decode(trained.decoder, code.astype(np.float32))

    code = autoencoder.encode(trained.encoder, test)
    again = decode(code)
    row = {f"codes {codes}": psnr(again, test)}
    if codes != 32:
        return row
    known = autoencoder.encode(trained.encoder, train)
    for bits in (4, 8):
        row[f"{bits} bits"] = psnr(decode(corruptions.quantise(code, known, bits=bits)), test)
    spoiled, _ = corruptions.draw_defects(test[500:], seed=UNSEEN)
    repaired = decode(autoencoder.encode(trained.encoder, spoiled))
    row["auroc"] = areas(modules, [again[:500], test[:500]], [repaired, spoiled])
    rng = np.random.default_rng(seed)
    center, spread = known.mean(axis=0), known.std(axis=0)
    drawn = {
        "reconstructions": again,
        "independent codes": decode(center + spread * rng.standard_normal(code.shape)),
        "correlated codes": decode(
            rng.multivariate_normal(center, np.cov(known.T), len(code), method="cholesky")
        ),
    }
    judge = classifier.load_classifier()
    real = bridge.to_tensor(classifier.features(judge, test))
    for name, images in drawn.items():
        seen = bridge.to_tensor(classifier.features(judge, images))
        row[f"frechet {name}"] = float(metrics.frechet_distance(seen, real))
    return row


def remember(row: dict) -> None:
    """Add a row to autoencoder.json in place of an older one of the same run."""
    old = [r for r in recorded() if (r["framework"], r.get("seed")) != key(row)]
    rows = [*old, row]
    (HERE / "autoencoder.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (HERE / "autoencoder.md").write_text(table(rows), encoding="utf-8")


def key(row: dict) -> tuple:
    return row["framework"], row.get("seed")


def recorded() -> list[dict]:
    path = HERE / "autoencoder.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def table(rows: list[dict]) -> str:
    """autoencoder.md: a line for each use, plain methods beside both frameworks."""
    plain = next((r for r in rows if r["framework"] == "plain"), {})

    def cell(framework: str, name: str, digits: int) -> str:
        values = sorted(r[name] for r in rows if r["framework"] == framework)
        if not values:
            return "–"
        low, middle, high = (f"{v:.{digits}f}" for v in (values[0], mean(values), values[-1]))
        return f"{middle} ({low}–{high})"

    def line(use: str, beside: list[str], name: str, digits: int = 2, seconds: str = "") -> str:
        named = {word: NAMES.get(word, word) for word in beside if word in plain}
        baseline = ", ".join(f"{name} {plain[word]:.{digits}f}" for word, name in named.items())
        cells = [use, baseline or "–", *(cell(f, name, digits) for f in ("torch", "tensorflow"))]
        spent = [cell(f, seconds, 0).split(" ")[0] for f in ("torch", "tensorflow") if seconds]
        return "| " + " | ".join([*cells, " / ".join(spent)]) + " |"

    counts = [(name, sum(r["framework"] == name for r in rows)) for name in ("torch", "tensorflow")]
    seeds = ", ".join(f"{name} {count}" for name, count in counts)
    lines = [
        "# The autoencoder's uses, measured",
        "",
        "Written by `python benchmarks/autoencoder.py`, whose text says how. Studio catalogue, 32",
        f"pixels, held out; PSNR in dB unless said: mean over seeds (lowest–highest), {seeds}.",
        "Seconds of CPU time in training, PyTorch / TensorFlow, one thread of a busy machine.",
        "",
        "| use | plain method | PyTorch | TensorFlow | seconds |",
        "|---|---|---|---|---|",
    ]
    for codes in CODES:
        lines.append(
            line(f"{codes} codes", [f"pca {codes}"], f"codes {codes}", 2, f"{codes} seconds")
        )
    lines += [
        line("32 codes of 8 bits: 32 bytes", ["pca 32 bytes"], "8 bits"),
        line("32 codes of 4 bits: 16 bytes", [], "4 bits"),
        line("noise σ 0.2, denoising autoencoder with 32 codes", ["gaussian", "median"],
             "denoising autoencoder", 2, "denoising seconds"),
        line("noise σ 0.2, restorer", ["gaussian", "median"], "noise", 2, "noise seconds"),
        line("hole 12×12, restorer (hidden pixels)", ["mean fill", "membrane", "biharmonic"],
             "hole", 2, "hole seconds"),
        line("16 → 32 pixels, restorer", ["small damaged"], "small", 2,
             "small seconds"),
        line("defects, 32 codes: area under ROC", [f"pca {c} auroc" for c in CODES], "auroc", 3),
        line("Fréchet distance of reconstructions", [], "frechet reconstructions", 1),
        line("… of codes from independent normals", [], "frechet independent codes", 0),
        line("… of codes from one correlated normal", [], "frechet correlated codes", 0),
    ]  # fmt: skip
    if "shipped" in plain:
        lines += [
            "",
            f"The one that ships (10,000 steps, 32 codes): {plain['shipped']:.2f} dB; area",
        ]
        lines += [f"under ROC {plain['shipped auroc']:.3f}."]
    lines += ["", "JPEG of the same pictures, where most of a file is tables:", ""]
    lines += ["| quality | PSNR | bytes a file | bytes without tables |", "|---|---|---|---|"]
    for name, value in plain.items():
        if name.startswith("jpeg"):
            lines.append(f"| {name[5:]} | {value[0]:.2f} | {value[1]:.0f} | {value[2]:.0f} |")
    return "\n".join(lines) + "\n"


def main(*arguments: str) -> None:
    if arguments == ("plain",):
        remember(plain())
    elif arguments:
        row = run(arguments[0], int(arguments[1]))
        print(row, flush=True)
        remember(row)
    else:
        done = {key(row) for row in recorded()}
        wanted = [] if ("plain", None) in done else [("plain",)]
        wanted += [r for r in RUNS if r not in done]
        for words in wanted:
            command = [sys.executable, __file__, *map(str, words)]
            subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    main(*sys.argv[1:])
