"""How well tokens keep a picture, and how well a transformer draws: writes benchmarks/tokens.md.

    python benchmarks/tokens.py                  all runs that are not in tokens.json yet
    python benchmarks/tokens.py torch 0          one run: framework, seed
    python benchmarks/tokens.py page             the page alone

Each run takes 40,000 studio pictures of 32 pixels, as chapter 12 does, less the tenth of
combinations that `held_out` keeps back. It trains four tokenizers for as many steps each; a
transformer that draws the shipped autoencoder's code, rounded, one token after another, and one
that fills in, for as many steps each. Prompts, judges and the reference of Fréchet distances are
those of `benchmarks/diffusion.md`. One process and one thread a run.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean
from types import SimpleNamespace

import numpy as np
from diffusion import Judge, _table

from prodgen_lib.data import load
from prodgen_lib.plain.picture_tokens import STUDIO, Rounding
from prodgen_lib.plain.prompts import COUNTS, FACTORS, held_out, prompts, words

HERE = Path(__file__).parent
RUNS = [("torch", 0), ("tensorflow", 0), ("torch", 1), ("torch", 2)]
MODULES = ("drawing", "tokenizers", "alignment", "flows", "vae", "classifier", "factors", "metrics")
STEPS, TOKENIZER_STEPS, ROUNDS = 2500, 1200, (1, 4, 8, 16, 32, 64)
TOKENIZERS = {
    "codebook 256, left alone": {"alive": False},
    "codebook 256, kept alive": {},
    "levels 8·5·5·5": {"levels": (8, 5, 5, 5)},
    "codebook 256, scales 1 2 4 8": {"sides": (1, 2, 4, 8)},
}


def run(framework: str, seed: int) -> dict:
    """Everything that one seed measures."""
    lib = SimpleNamespace(
        **{name: importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in MODULES}
    )
    data, test = load("catalogue", count=40_000), load("catalogue", split="test", count=4000)
    data = data.subset(~held_out(prompts(data)))
    judge = Judge(lib, test)
    row = {"framework": framework, "seed": seed, "sets": {}, "seconds": {}, "calls": {}}
    row["sets"]["real pictures"] = judge(judge.pictures, judge.prompts)
    row["tokenizers"] = _tokenizers(lib, data.images, judge, seed)
    _drawn(lib, data, row, judge, seed)
    return row


def _tokenizers(lib, pictures: np.ndarray, judge: Judge, seed: int) -> dict:
    """Each tokenizer: seconds, bits, codes used, perplexity, and its reconstructions judged."""
    found = {}
    for name, options in TOKENIZERS.items():
        start = time.process_time()
        one = lib.tokenizers.train(
            pictures, steps=TOKENIZER_STEPS, seed=seed, progress=False, **options
        )
        took = time.process_time() - start
        ids = lib.tokenizers.encode(one, judge.pictures)
        again = lib.tokenizers.decode(one, ids)
        found[name] = _kept(ids, one.ids, again, judge) | {"CPU s": took}
    coder = lib.flows.load_codes()
    codes = lib.vae.encode(coder.encoder, judge.pictures)[0]
    for levels in (8, 12, 16):
        rounding = Rounding(STUDIO.unit, levels=levels)
        ids = rounding.encode(codes)
        again = lib.vae.decode(coder.decoder, rounding.decode(ids))
        found[f"code rounded, {levels} levels"] = _kept(ids, rounding.ids, again, judge) | {
            "CPU s": 0
        }
    return found


def _kept(ids: np.ndarray, size: int, again: np.ndarray, judge: Judge) -> dict:
    shares = np.bincount(ids.ravel(), minlength=size) / ids.size
    error = np.square(again - judge.pictures.astype(float)).mean()
    return {
        "tokens": ids.shape[1],
        "bits": float(ids.shape[1] * np.log2(size)),
        "codes": size,
        "used": int((shares > 0).sum()),
        "perplexity": float(np.exp(-np.sum(shares[shares > 0] * np.log(shares[shares > 0])))),
        "PSNR": float(10 * np.log10(255**2 / error)),
    } | judge(again, judge.prompts)


def _drawn(lib, data, row: dict, judge: Judge, seed: int) -> None:
    """Pictures of the transformers: ways to draw, calls, best of eight, words read back."""
    coder, sets = lib.flows.load_codes(), row["sets"]
    codes = lib.vae.encode(coder.encoder, data.images)[0]
    trained = {}
    for name, causal in (("one by one", True), ("all at once", False)):
        start = time.process_time()
        trained[name] = lib.drawing.train(
            STUDIO, codes, prompts(data), causal=causal, steps=STEPS, seed=seed, progress=False
        )
        row["seconds"][name] = time.process_time() - start
    drawer, filler = trained.values()

    def draw(one, asked, *, how=lib.drawing.draw, **options):
        return lib.vae.decode(coder.decoder, how(one, asked, seed=seed, **options))

    asked = judge.prompts
    for scale in (1.0, 1.25, 1.5, 2.0, 3.0):
        sets[f"scale {scale}"] = judge(draw(drawer, asked, scale=scale), asked)
    unseen = judge(draw(drawer, judge.rare), judge.rare, rare=True)
    sets["scale 1.5, unseen combinations"] = unseen
    for name, options in {
        "temperature 0.7": {"temperature": 0.7},
        "temperature 1.3": {"temperature": 1.3},
        "nucleus 0.9": {"share": 0.9},
        "top 16": {"top_k": 16},
        "the likeliest": {"top_k": 1},
    }.items():
        sets[f"scale 1.5, {name}"] = judge(draw(drawer, asked, **options), asked)
    for rounds in ROUNDS:
        start = time.process_time()
        drawn = draw(filler, asked, how=lib.drawing.draw_at_once, rounds=rounds)
        row["calls"][f"all at once, {rounds} rounds"] = time.process_time() - start
        sets[f"all at once, {rounds} rounds"] = judge(drawn, asked)
    for cached in (True, False):
        start = time.process_time()
        draw(drawer, asked[:200], cached=cached)
        name = f"one by one, {'with' if cached else 'without'} cache"
        row["calls"][name] = 5 * (time.process_time() - start)
    eight = draw(drawer, np.repeat(asked[:400], 8, axis=0)).reshape(400, 8, 32, 32, 3)
    told = [words(prompt) for prompt in asked[:400]]
    best, _ = lib.alignment.rerank(lib.alignment.load_alignment(), eight, told)
    sets["first of eight, 400 prompts"] = judge(eight[:, 0], asked[:400])
    sets["best of eight, 400 prompts"] = judge(best, asked[:400])
    shipped = lib.drawing.load_drawer()
    sets["shipped, scale 1.5"] = judge(draw(shipped, asked), asked)
    unseen = judge(draw(shipped, judge.rare), judge.rare, rare=True)
    sets["shipped, scale 1.5, unseen combinations"] = unseen
    row["read"] = {
        "trained": _read(lib, drawer, coder, judge),
        "shipped": _read(lib, shipped, coder, judge),
    }


def _read(lib, drawer, coder, judge: Judge) -> dict:
    """The share of words that the drawing network reads back from 300 real pictures."""
    codes = lib.vae.encode(coder.encoder, judge.pictures[:300])[0]
    found = np.tile(COUNTS, (300, 1))
    for factor in range(len(COUNTS)):
        scores = lib.drawing.name(drawer, codes, factor=factor, known=found)
        found[:, factor] = scores.argmax(axis=1)
    return dict(zip(FACTORS, (found == judge.prompts[:300]).mean(axis=0).tolist(), strict=True))


def page(rows: list[dict]) -> str:
    """The page, with means over seeds and what the seeds scatter."""
    count = {
        name: sum(row["framework"] == name for row in rows) for name in ("torch", "tensorflow")
    }
    lines = [
        "# Visual tokens, measured",
        "",
        "Written by `python benchmarks/tokens.py`, whose text says how. Means over seeds "
        f"(lowest–highest): {count['torch']} in PyTorch, {count['tensorflow']} in TensorFlow. "
        f"Tokenizers took {TOKENIZER_STEPS} steps of 16 pictures, transformers {STEPS:,}. Fréchet "
        "distances are comparable within a page, and with `benchmarks/diffusion.md`.",
    ]
    for framework, title in (("torch", "PyTorch"), ("tensorflow", "TensorFlow")):
        mine = [row for row in rows if row["framework"] == framework]
        if mine:
            lines += ["", f"## {title}", "", *_tokenizer_table(mine), "", *_table(mine)]
            lines += ["", *_times(mine)]
    return "\n".join(lines) + "\n"


def _tokenizer_table(rows: list[dict]) -> list[str]:
    columns = {
        "CPU s": ".0f", "tokens": ".0f", "bits": ".0f", "codes": ".0f", "used": ".0f",
        "perplexity": ".0f", "PSNR": ".1f", "Fréchet": ".1f", "main": ".3f", "pattern": ".3f",
        "second": ".3f",
    }  # fmt: skip
    lines = [f"| tokenizer | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in rows[0]["tokenizers"]:
        cells = [
            f"{mean(row['tokenizers'][name][column] for row in rows):{form}}"
            for column, form in columns.items()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _times(rows: list[dict]) -> list[str]:
    seconds = ", ".join(
        f"{name} {mean(row['seconds'][name] for row in rows):.0f}" for name in rows[0]["seconds"]
    )
    calls = "; ".join(
        f"{name} {mean(row['calls'][name] for row in rows):.1f}" for name in rows[0]["calls"]
    )
    read = [
        f"{who}: "
        + ", ".join(f"{f} {mean(row['read'][who][f] for row in rows):.2f}" for f in FACTORS)
        for who in rows[0]["read"]
    ]
    return [
        f"CPU seconds of training: {seconds}.",
        "",
        f"CPU milliseconds a picture, guided, decoder included: {calls}.",
        "",
        "Words read back from 300 real pictures by the network that draws, one factor after "
        f"another: {'; '.join(read)}.",
    ]


def main() -> None:
    """All runs that are missing, each written down when it ends."""
    path = HERE / "tokens.json"
    for name, seed in RUNS:
        rows = json.loads(path.read_text()) if path.exists() else []
        if (name, seed) in {(row["framework"], row["seed"]) for row in rows}:
            continue
        threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        ran = subprocess.run(
            [sys.executable, __file__, name, str(seed)],
            env={**os.environ, **dict.fromkeys(threads, "1")},
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            sys.exit(ran.stderr[-3000:])
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        (HERE / "tokens.md").write_text(page(rows))
        print(name, seed, rows[-1]["seconds"], flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        (HERE / "tokens.md").write_text(page(json.loads((HERE / "tokens.json").read_text())))
    elif len(sys.argv) == 3:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2])), ensure_ascii=False))
    else:
        main()
