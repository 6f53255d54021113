"""The speed of the metrics beside that of well-kept libraries: writes benchmarks/metrics.md.

    python benchmarks/metrics.py               everything, in one run
    python benchmarks/metrics.py tensorflow    one process: the contestants of one framework

CPU seconds on one thread, the best of several rounds in which the contestants take turns. All
contestants of a row get the same pictures or features, and the largest difference of their results
from ours is written beside the time: a fast wrong answer doesn't count. Ours look at the values of
their input first (range, NaN), which is part of the time; inside `tf.function` they can't.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SHAPES = {"64×3×64×64": (64, 64, 64, 3), "8×3×512×512": (8, 512, 512, 3)}
FEATURES = {"500×2,048": 500, "5,000×2,048": 5000}
Contestants = dict[str, Callable[[], np.ndarray]]


def pictures(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of smooth random pictures in [0, 1], float32 N×H×W×C."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(size=(shape[0], shape[1] // 8, shape[2] // 8, 3))
    clean = coarse.repeat(8, axis=1).repeat(8, axis=2)
    noisy = np.clip(clean + rng.normal(0, 0.1, shape), 0, 1)
    return clean.astype(np.float32), noisy.astype(np.float32)


def features(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of features (count, 2048) whose variances decay, as those of networks do."""
    rng = np.random.default_rng(1)
    scale = np.arange(1, 2049) ** -0.5
    return rng.normal(size=(count, 2048)) * scale, rng.normal(0.01, 1.1, (count, 2048)) * scale


def torch_contestants() -> dict[tuple[str, str], Contestants]:
    import torch
    from pytorch_msssim import ssim as msssim_ssim
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
    from torchmetrics.functional.image import (
        peak_signal_noise_ratio as tm_psnr,
    )
    from torchmetrics.functional.image import (
        structural_similarity_index_measure as tm_ssim,
    )

    from prodgen_lib.torch import metrics

    torch.set_num_threads(1)
    found: dict[tuple[str, str], Contestants] = {}
    same = {"gaussian_weights": True, "use_sample_covariance": False, "channel_axis": -1}
    for name, shape in SHAPES.items():
        a, b = pictures(shape)
        x, y = (torch.tensor(p).permute(0, 3, 1, 2).contiguous() for p in (a, b))
        every = {"reduction": "none", "dim": (1, 2, 3), "data_range": 1.0}
        found["PSNR", name] = {
            "prodgen, PyTorch": lambda x=x, y=y: metrics.psnr(x, y, data_range=1),
            "torchmetrics": lambda x=x, y=y, e=every: tm_psnr(x, y, **e),
            "skimage": lambda a=a, b=b: [
                peak_signal_noise_ratio(p, q, data_range=1) for p, q in zip(a, b, strict=True)
            ],
        }
        found["SSIM", name] = {
            "prodgen, PyTorch": lambda x=x, y=y: metrics.ssim(x, y, data_range=1),
            "torchmetrics": lambda x=x, y=y: tm_ssim(x, y, data_range=1.0, reduction="none"),
            "pytorch-msssim": lambda x=x, y=y: msssim_ssim(x, y, data_range=1, size_average=False),
            "skimage": lambda a=a, b=b: [
                structural_similarity(p, q, data_range=1, **same) for p, q in zip(a, b, strict=True)
            ],
        }
    for name, count in FEATURES.items():
        a, b = (torch.tensor(f) for f in features(count))
        found["Fréchet distance", name] = {
            "prodgen, PyTorch": lambda a=a, b=b: metrics.frechet_distance(a, b),
            "eigenvalues of Σₐ Σᵦ": lambda a=a, b=b: by_eigenvalues(a, b),
            "root of Σₐ Σᵦ": lambda a=a, b=b: by_root(a.numpy(), b.numpy()),
        }
    return found


def by_eigenvalues(a, b):
    """The formula of torch-fidelity and torchmetrics: one general eigenvalue problem."""
    import torch

    covariances = torch.cov(a.T), torch.cov(b.T)
    root = torch.linalg.eigvals(covariances[0] @ covariances[1]).sqrt().real.sum()
    between = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return between + covariances[0].trace() + covariances[1].trace() - 2 * root


def by_root(a: np.ndarray, b: np.ndarray) -> float:
    """The formula of pytorch-fid and clean-fid: SciPy's root of the matrix."""
    from scipy.linalg import sqrtm

    covariances = np.cov(a.T), np.cov(b.T)
    root = sqrtm(covariances[0] @ covariances[1])
    between = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return between + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * np.trace(root).real


def tensorflow_contestants() -> dict[tuple[str, str], Contestants]:
    from prodgen_lib.tensorflow import metrics

    import tensorflow as tf  # isort: skip  (after the metrics, which keep its import quiet)

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    found: dict[tuple[str, str], Contestants] = {}
    pairs = {
        "PSNR": (lambda x, y: metrics.psnr(x, y, data_range=1.0), tf.image.psnr),
        "SSIM": (lambda x, y: metrics.ssim(x, y, data_range=1.0), tf.image.ssim),
    }
    for metric, (ours, theirs) in pairs.items():
        graphs = tf.function(ours), tf.function(lambda x, y, f=theirs: f(x, y, 1.0))
        for name, shape in SHAPES.items():
            x, y = (tf.constant(p) for p in pictures(shape))
            found[metric, name] = {
                "prodgen, TensorFlow": lambda x=x, y=y, f=ours: f(x, y),
                "prodgen, TensorFlow, in tf.function": lambda x=x, y=y, g=graphs: g[0](x, y),
                "tf.image": lambda x=x, y=y, f=theirs: f(x, y, 1.0),
                "tf.image in tf.function": lambda x=x, y=y, g=graphs: g[1](x, y),
            }
    for name, count in FEATURES.items():
        a, b = (tf.constant(f) for f in features(count))
        found["Fréchet distance", name] = {
            "prodgen, TensorFlow": lambda a=a, b=b: metrics.frechet_distance(a, b)
        }
    return found


def measure(found: dict[tuple[str, str], Contestants]) -> list[dict]:
    """One row a contestant: CPU seconds, and how far its result is from the first one's."""
    rows = []
    for (metric, size), contestants in found.items():
        expected = np.asarray(next(iter(contestants.values()))(), float)
        best = {}
        for turn in range(6):
            for name, call in contestants.items():
                if best.get(name, 0) > 3 and turn > 1:
                    continue  # slow ones need no more rounds
                repeats = max(1, int(0.05 / max(best.get(name, 1), 1e-4)))
                start = time.process_time()
                for _ in range(repeats):
                    result = call()
                took = (time.process_time() - start) / repeats
                best[name] = min(took, best.get(name, np.inf))
                if turn == 0:
                    apart = float(np.max(np.abs(np.asarray(result, float) - expected)))
                    rows.append({"metric": metric, "size": size, "who": name, "apart": apart})
        for row in rows[-len(contestants) :]:
            row["seconds"] = best[row["who"]]
    return rows


def table(rows: list[dict]) -> str:
    """metrics.md: a table for each metric and size, fastest first."""
    lines = [
        "# The metrics, measured",
        "",
        "Written by `python benchmarks/metrics.py`, whose text says how: CPU milliseconds on one",
        "thread, best of several rounds, and the largest difference from our result.",
        "torchmetrics' SSIM also counts places at a mirrored border, so it differs by convention.",
        "The two formulas of the Fréchet distance are those of torch-fidelity and torchmetrics",
        "(eigenvalues) and of pytorch-fid and clean-fid (SciPy's root).",
        "Ours look at range and finiteness of all values first, which no other does; inside",
        "`tf.function` they can't. For PSNR that look takes about as long as the error itself.",
        "Times of one contestant at 512 pixels vary up to twofold from run to run, and those of",
        "pytorch-msssim fourfold: fresh memory for large maps costs more than the arithmetic.",
        "",
        f"Machine: {platform.processor() or platform.machine()}, one thread of {os.cpu_count()}.",
    ]
    for metric, size in dict.fromkeys((row["metric"], row["size"]) for row in rows):
        lines += ["", f"## {metric}, {size}", "", "| who | CPU ms | times the fastest | apart |"]
        lines += ["|---|---|---|---|"]
        same = [row for row in rows if (row["metric"], row["size"]) == (metric, size)]
        same.sort(key=lambda row: row["seconds"])
        for row in same:
            ratio = row["seconds"] / same[0]["seconds"]
            cells = [row["who"], f"{1e3 * row['seconds']:.4g}", f"{ratio:.1f}"]
            lines.append("| " + " | ".join([*cells, f"{row['apart']:.1g}"]) + " |")
    return "\n".join(lines) + "\n"


def main(*arguments: str) -> None:
    if arguments:
        make = {"torch": torch_contestants, "tensorflow": tensorflow_contestants}[arguments[0]]
        print(json.dumps(measure(make())))
        return
    rows = []
    one = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    for framework in ("torch", "tensorflow"):
        command = [sys.executable, __file__, framework]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **one}
        )
        rows += json.loads(done.stdout.splitlines()[-1])
    (HERE / "metrics.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (HERE / "metrics.md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
