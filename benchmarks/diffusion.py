"""How well a flow draws what is asked for: writes benchmarks/diffusion.md.

    python benchmarks/diffusion.py                  all runs that are not in diffusion.json yet
    python benchmarks/diffusion.py torch 0          one run: framework, seed
    python benchmarks/diffusion.py page             the page alone

Each run trains on 12,000 studio pictures of 32 pixels less the tenth of combinations that
`held_out` keeps back: a flow on the codes of the shipped autoencoder, one on those of chapter 5's
VAE, 1,800 steps of 128 each; then a flow on pixels, a GAN told the category and a VAE, each for as
many CPU seconds as the first took. Prompts are 1,000 of the test pictures whose combination was
trained on; the reference of Fréchet distances, in the shipped classifier's features, are the other
such test pictures. What was obeyed is what the shipped judge of four factors reads. One process
and one thread a run.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean
from types import SimpleNamespace

import numpy as np
from scipy.spatial.distance import cdist

from prodgen_lib.data import load
from prodgen_lib.plain.codes import mixture_codes
from prodgen_lib.plain.pairs import conditions
from prodgen_lib.plain.prompts import COUNTS, FACTORS, held_out, prompts

HERE = Path(__file__).parent
RUNS = list(product(("torch", "tensorflow"), (0, 1, 2)))
MODULES = [
    "flows",
    "denoisers",
    "diffusion",
    "vae",
    "gan",
    "classifier",
    "factors",
    "metrics",
    "bridge",
]
STEPS, TRIAL, SCALES, CALLS = 1800, 20, (0, 0.5, 1, 1.5, 2, 3, 4, 6), (1, 2, 4, 8, 16, 50)
ETAS, FEW = (0.0, 0.5, 1.0), (50, 200, 1000)


def run(framework: str, seed: int) -> dict:
    """Everything that one seed measures, by what was drawn and how it was judged."""
    lib = SimpleNamespace(
        **{name: importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in MODULES}
    )
    data, test = load("catalogue", count=12_000), load("catalogue", split="test", count=4000)
    data = data.subset(~held_out(prompts(data)))
    judge = Judge(lib, test)
    row = {"framework": framework, "seed": seed, "sets": {}, "seconds": {}}
    row["sets"]["real pictures"] = judge(judge.pictures, judge.prompts)
    flow, draw, codes = _on_codes(lib, data, seed, row, judge, lib.flows.load_codes(), "codes")
    _dials(lib, flow, draw, row["sets"], judge, seed)
    row["copies"] = _copies(lib, data, codes, draw, judge, seed)
    _on_codes(lib, data, seed, row, judge, lib.vae.load_pretrained(), "chapter 5's codes")
    _rivals(lib, data, seed, row, judge)
    if seed == 0:
        row["full"] = _whole_catalogue(lib, seed)
    return row


class Judge:
    """What a set of pictures is worth against real ones, and how far it is what was asked for."""

    def __init__(self, lib: SimpleNamespace, test):
        self.lib, asked = lib, prompts(test)
        rare = held_out(asked)
        self.critic, self.reader = (
            lib.classifier.load_classifier(),
            lib.factors.load_factor_classifier(),
        )
        self.pictures, self.prompts = test.images[~rare][:1000], asked[~rare][:1000]
        self.rare_pictures, self.rare = test.images[rare], asked[rare]
        self.reference = lib.classifier.features(self.critic, test.images[~rare][1000:])
        self.rare_reference = lib.classifier.features(self.critic, self.rare_pictures)
        self.fresh = test.images[~rare][1000:1200]

    def __call__(self, pictures: np.ndarray, asked: np.ndarray, *, rare: bool = False) -> dict:
        seen = self.lib.classifier.features(self.critic, pictures)
        reference = self.rare_reference if rare else self.reference
        precision, recall = self.lib.metrics.precision_recall(reference[:1000], seen)
        obeyed = self.lib.factors.read_factors(self.reader, pictures) == asked
        found = {
            "Fréchet": float(self.lib.metrics.frechet_distance(seen, reference)),
            "precision": float(precision),
            "recall": float(recall),
        }
        return found | dict(zip(FACTORS, obeyed.mean(axis=0).tolist(), strict=True))


def _on_codes(lib, data, seed, row, judge, coder, name):
    """A flow on the codes of one autoencoder, its pictures and those of unseen combinations."""
    mean_, log_variance = lib.vae.encode(coder.encoder, data.images)
    noise = np.random.default_rng(seed).standard_normal(mean_.shape).astype(np.float32)
    codes = mean_ + np.exp(0.5 * log_variance) * noise
    unit = float(lib.diffusion.latent_scale(lib.bridge.to_tensor(codes)))

    def draw(flow, asked, **options):
        return lib.vae.decode(coder.decoder, unit * lib.flows.sample(flow, asked, **options))

    start = time.process_time()
    flow = _train(lib, codes / unit, prompts(data), seed=seed, steps=STEPS)
    row["seconds"][name] = time.process_time() - start
    again = lib.vae.decode(coder.decoder, lib.vae.encode(coder.encoder, judge.pictures)[0])
    row["sets"][f"through {name}"] = judge(again, judge.prompts)
    row["sets"][f"flow on {name}"] = judge(draw(flow, judge.prompts, seed=seed), judge.prompts)
    rare = judge(draw(flow, judge.rare, seed=seed), judge.rare, rare=True)
    row["sets"][f"flow on {name}, unseen combinations"] = rare
    return flow, draw, codes / unit


def _train(lib, examples, labels, *, seed, steps, counts=COUNTS):
    build = partial(lib.denoisers.CodeNetwork, counts, size=examples.shape[1])
    options = {"counts": counts, "steps": steps, "seed": seed, "progress": False}
    return lib.flows.train(build, examples, labels, **options)


def _dials(lib, flow, draw, sets, judge, seed) -> None:
    """Guidance, calls of two samplers, and fresh noise, each over its range with 500 pictures."""
    asked = judge.prompts[:500]
    for scale in SCALES:
        sets[f"scale {scale}"] = judge(draw(flow, asked, scale=scale, seed=seed), asked)
    for calls in CALLS:
        sets[f"{calls} calls, Euler"] = judge(draw(flow, asked, steps=calls, seed=seed), asked)
        if calls > 1:
            options = {"steps": calls // 2, "sampler": lib.diffusion.heun_sample, "seed": seed}
            sets[f"{calls} calls, Heun"] = judge(draw(flow, asked, **options), asked)
    rng = np.random.default_rng(seed)
    for steps, eta in product((10, 50), ETAS):

        def sampler(network, start, labels, *, steps, eta=eta):
            draws = lib.bridge.to_tensor(rng.standard_normal((steps, *start.shape)))
            how = {"kind": "velocity", "path": "linear", "eta": eta, "draws": draws}
            return lib.diffusion.remix_sample(network, start, labels, steps=steps, **how)

        drawn = draw(flow, asked, steps=steps, sampler=sampler, seed=seed)
        sets[f"{steps} steps, η {eta}"] = judge(drawn, asked)


def _copies(lib, data, codes, draw, judge, seed) -> dict[str, float]:
    """Median distance to the nearest training picture, samples over fresh real pictures."""
    found, asked = {}, prompts(data)
    for size in FEW:
        flow = _train(lib, codes[:size], asked[:size], seed=seed, steps=500)
        drawn = draw(flow, asked[:size][np.arange(200) % size], seed=seed)
        near = [
            np.median(
                cdist(part.reshape(len(part), -1), data.images[:size].reshape(size, -1)).min(1)
            )
            for part in (drawn.astype(float), judge.fresh.astype(float))
        ]
        found[str(size)] = float(near[0] / near[1])
    return found


def _rivals(lib, data, seed, row, judge) -> None:
    """Other models, each for the CPU seconds that the flow on codes took."""
    budget, asked, quiet = row["seconds"]["codes"], judge.prompts, {"seed": seed, "progress": False}
    unet = partial(lib.denoisers.PatchUNet, COUNTS)
    options = {"counts": COUNTS, "batch_size": 32, **quiet}
    trainings = {
        "pixels": partial(lib.flows.train, unet, data.images, prompts(data), **options),
        "GAN": partial(lib.gan.train, data.images, data.labels, **quiet),
        "VAE": partial(lib.vae.train, data.images, **quiet),
    }
    for name, train in trainings.items():
        few, more = (_seconds(train, steps) for steps in (TRIAL, 3 * TRIAL))  # both begin alike
        each = (more - few) / (2 * TRIAL)
        affordable = TRIAL + int((budget - few) / each)
        start = time.process_time()
        made = train(steps=affordable)
        row["seconds"][name] = time.process_time() - start
        if name == "pixels":
            drawn = lib.flows.sample(made, asked, seed=seed)
        elif name == "GAN":
            drawn = lib.gan.sample(made.generator, 1000, classes=10, labels=asked[:, 0], seed=seed)
        else:
            seen = lib.vae.encode(made.encoder, data.images[:4000])
            drawn = lib.vae.decode(made.decoder, mixture_codes(*seen, 1000, seed=seed))
        row["sets"][f"{name}, equal seconds"] = judge(drawn, asked)


def _seconds(train, steps: int) -> float:
    start = time.process_time()
    train(steps=steps)
    return time.process_time() - start


def _whole_catalogue(lib, seed) -> dict[str, float]:
    """Fréchet distances on `catalogue_full`, whose autoencoder is trained first."""
    data, test = load("catalogue_full", count=12_000), load("catalogue_full", split="test")
    coder = lib.vae.train(data.images, steps=4000, latents=64, width=32, seed=seed, progress=False)
    codes, _ = lib.vae.encode(coder.encoder, data.images)
    unit = float(lib.diffusion.latent_scale(lib.bridge.to_tensor(codes)))
    labels, counts = conditions(data)
    flow = _train(lib, codes / unit, labels, seed=seed, steps=STEPS, counts=counts)
    half = len(test) // 2
    drawn = lib.flows.sample(flow, conditions(test)[0][:half], seed=seed)
    critic = lib.classifier.load_classifier()
    reference = lib.classifier.features(critic, test.images[half:])
    sets = {
        "real": test.images[:half],
        "through the code": lib.vae.decode(
            coder.decoder, lib.vae.encode(coder.encoder, test.images[:half])[0]
        ),
        "flow": lib.vae.decode(coder.decoder, unit * drawn),
    }
    seen = {name: lib.classifier.features(critic, pictures) for name, pictures in sets.items()}
    return {
        name: float(lib.metrics.frechet_distance(part, reference)) for name, part in seen.items()
    }


def page(rows: list[dict]) -> str:
    """The Markdown page."""
    counts = {f: sum(row["framework"] == f for row in rows) for f in ("torch", "tensorflow")}
    seconds = {
        f: [row["seconds"]["codes"] for row in rows if row["framework"] == f] for f in counts
    }
    lines = [
        "# Diffusion and flow matching, measured",
        "",
        "Written by `python benchmarks/diffusion.py`, whose text says how. Means over seeds "
        f"(lowest–highest): {counts['torch']} in PyTorch, {counts['tensorflow']} in TensorFlow. "
        f"{STEPS:,} steps took "
        + " and ".join(f"{mean(s):.0f} CPU s in {f}" for f, s in seconds.items() if s)
        + "; the rivals were to take as long. Fréchet distances are comparable within a table.",
    ]
    for framework, title in (("torch", "PyTorch"), ("tensorflow", "TensorFlow")):
        mine = [row for row in rows if row["framework"] == framework]
        if mine:
            lines += ["", f"## {title}", "", *_table(mine), "", *_rest(mine)]
    return "\n".join(lines) + "\n"


def _table(rows: list[dict]) -> list[str]:
    columns = ["Fréchet", "precision", "recall", *FACTORS]
    lines = [f"| pictures | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in rows[0]["sets"]:
        cells = []
        for column in columns:
            found = [row["sets"][name][column] for row in rows if name in row["sets"]]
            form = ".1f" if column == "Fréchet" else ".3f"
            spread = f" ({min(found):{form}}–{max(found):{form}})" * (len(found) > 1)
            cells.append(f"{mean(found):{form}}{spread}" if column == "Fréchet" else
                         f"{mean(found):{form}}")  # fmt: skip
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _rest(rows: list[dict]) -> list[str]:
    copies = ", ".join(
        f"{size} pictures {mean(row['copies'][size] for row in rows):.2f}"
        for size in rows[0]["copies"]
    )
    seconds = ", ".join(
        f"{name} {mean(row['seconds'][name] for row in rows):.0f}" for name in rows[0]["seconds"]
    )
    lines = [
        f"CPU seconds of training: {seconds}.",
        "",
        "Distance to the nearest training picture, as a share of that of fresh real pictures, "
        f"after 500 steps on few pictures: {copies}.",
    ]
    for row in rows:
        if "full" in row:
            found = ", ".join(f"{name} {value:.1f}" for name, value in row["full"].items())
            lines += ["", f"`catalogue_full`, autoencoder and flow trained, Fréchet: {found}."]
    return lines


def main(framework: str | None = None) -> None:
    """All runs that are missing, each written down when it ends."""
    path = HERE / "diffusion.json"
    for name, seed in sorted(RUNS, key=lambda one: one[1]):
        rows = json.loads(path.read_text()) if path.exists() else []
        if (name, seed) in {(row["framework"], row["seed"]) for row in rows} or (
            framework and framework != name
        ):
            continue
        command = [sys.executable, __file__, name, str(seed)]
        threads = dict.fromkeys(
            ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
        )
        environment = {**os.environ, **threads}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ran.returncode:
            sys.exit(ran.stderr[-3000:])
        rows = json.loads(path.read_text()) if path.exists() else []
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        (HERE / "diffusion.md").write_text(page(rows))
        print(name, seed, rows[-1]["seconds"], flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        (HERE / "diffusion.md").write_text(page(json.loads((HERE / "diffusion.json").read_text())))
    elif len(sys.argv) == 3:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2])), ensure_ascii=False))
    else:
        main(*sys.argv[1:])
