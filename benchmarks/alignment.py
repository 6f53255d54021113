"""How well words and pictures agree: writes benchmarks/alignment.md.

    python benchmarks/alignment.py                  all runs that are not in alignment.json yet
    python benchmarks/alignment.py 0                one run: its seed
    python benchmarks/alignment.py page             the page alone

Each run trains a transformer and a bag of words for 200 steps of 128 each, in PyTorch, on 12,000
studio pictures of 32 pixels less the tenth of combinations that `held_out` keeps back, told in the
trained templates with 30 % synonyms: about 20 CPU seconds on a core of one's own. They are asked
about 1,000 test pictures of combinations that were trained on, and about all test pictures of those
that were not. Then each, and the network that ships, scores sets of 200 pictures: real ones, and
what the shipped flow on pixels draws for their prompts; the shipped judge of four factors says
which show what was asked. One process and one thread a run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

import numpy as np

from prodgen_lib.data import load
from prodgen_lib.plain.prompts import COUNTS, FACTORS, held_out, prompts
from prodgen_lib.plain.retrieval import ceiling, retrieval, say_the_same, swap_colours
from prodgen_lib.plain.sentences import NEW, TRAINED, sentences
from prodgen_lib.torch import alignment, factors, flows

HERE = Path(__file__).parent
SEEDS, STEPS = (0, 1, 2), 200
ASKED = {
    "first template": {"templates": TRAINED[:1], "synonyms": 0.0},
    "trained templates": {"templates": TRAINED, "synonyms": 0.0},
    "new templates": {"templates": NEW, "synonyms": 0.0},
    "synonyms": {"templates": TRAINED, "synonyms": 1.0},
}
ASKS_NOTHING, SHUFFLED = "flow, scale 0", "real, prompts shuffled"
DRAWN = {
    ASKS_NOTHING: {"scale": 0.0},
    "flow": {},
    "flow, scale 1.5": {"scale": 1.5},
    "flow, scale 3": {"scale": 3.0},
    "flow, scale 6": {"scale": 6.0},
    "flow, 2 calls": {"steps": 2},
    "flow, 4 calls": {"steps": 4},
}
MANY, EACH = 200, 8


def run(seed: int) -> dict:
    """Everything that one seed measures."""
    data, test = load("catalogue", count=12_000), load("catalogue", split="test", count=4000)
    data, rare = data.subset(~held_out(prompts(data))), held_out(prompts(test))
    known, unseen = test.subset(np.flatnonzero(~rare)[:1000]), test.subset(rare)
    models, row = {}, {"seed": seed, "models": {}, "sets": {}}
    for kind in alignment.KINDS:
        models[kind], seconds = _trained(data, kind, seed)
        row["models"][kind] = {"seconds": seconds}
    sets = _sets(known, seed)
    models["shipped"] = alignment.load_alignment()
    row["models"]["shipped"] = {}
    for name, model in models.items():
        found = {what: _asked(model, known, seed, **how) for what, how in ASKED.items()}
        first = ASKED["first template"]
        found["held-out combinations"] = _asked(model, unseen, seed, **first)
        row["models"][name]["found"] = found
    row["ceiling"] = _by_rank(ceiling(prompts(known)))
    for name, model in models.items():
        row["models"][name]["agreement"] = _agreement(model, sets)
    row["sets"] = {name: _obeyed(pictures, asked) for name, (pictures, asked) in sets.items()}
    row["best of 8"] = _best(models, known, seed)
    return row


def _trained(data, kind: str, seed: int) -> tuple[alignment.Alignment, float]:
    """A network, and the CPU seconds that its training took."""
    start = time.process_time()
    options = {"kind": kind, "steps": STEPS, "seed": seed, "progress": False}
    model = alignment.train(data.images, prompts(data), **options).model
    return model, time.process_time() - start


def _by_rank(shares: dict[int, float]) -> dict[str, float]:
    return {f"R@{rank}": share for rank, share in shares.items()}


def _asked(model, data, seed: int, **how) -> dict[str, float]:
    """Retrieval, and how often a picture's own sentence beats one with a factor changed."""
    asked, rng = prompts(data), np.random.default_rng(seed)
    shown = alignment.embed_pictures(model, data.images)

    def tell(wanted: np.ndarray) -> np.ndarray:  # the same templates for all
        return alignment.embed_texts(model, sentences(wanted, np.random.default_rng(seed), **how))

    told = tell(asked)
    found = _by_rank(retrieval(told @ shown.T, say_the_same(asked)))
    own = retrieval(told @ shown.T, np.eye(len(asked), dtype=bool), ranks=(1,))
    found["own R@1"] = own[1]
    right = np.sum(told * shown, axis=1)
    changed = {"colours swapped": swap_colours(asked)}
    for k, name in enumerate(FACTORS):
        other = asked.copy()
        while (stuck := (other[:, k] == asked[:, k]) | (other[:, 1] == other[:, 3])).any():
            other[stuck, k] = rng.integers(COUNTS[k], size=stuck.sum())
        changed[name] = other
    for name, other in changed.items():
        found[f"beats {name}"] = float(np.mean(right > np.sum(tell(other) * shown, axis=1)))
    return found


def _sets(data, seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Sets of pictures and the prompts that they answer."""
    pictures, asked = data.images[:MANY], prompts(data)[:MANY]
    flow = flows.load_pixels()
    drawn = {
        name: (flows.sample(flow, asked, seed=seed, **how), asked) for name, how in DRAWN.items()
    }
    other = np.random.default_rng(seed).permutation(asked)
    return {"real": (pictures, asked), **drawn, SHUFFLED: (pictures, other)}


def _judged(pictures: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Which factors the judge reads as asked: bool (N, 4)."""
    return factors.read_factors(factors.load_factor_classifier(), pictures) == asked


def _obeyed(pictures: np.ndarray, asked: np.ndarray) -> dict[str, float]:
    right = _judged(pictures, asked)
    found = dict(zip(FACTORS, right.mean(axis=0).tolist(), strict=True))
    return found | {
        "three": float(right[:, :3].all(axis=1).mean()),
        "four": float(right.all(axis=1).mean()),
    }


def _agreement(model, sets: dict) -> dict:
    """Mean score of each set, its correlation with the judge, and single pictures told apart."""
    scores, right = {}, {}
    for name, (pictures, asked) in sets.items():
        told = sentences(asked, np.random.default_rng(0), templates=TRAINED[:1], synonyms=0)
        scores[name], right[name] = alignment.score(model, pictures, told), _judged(pictures, asked)
    wanted = [name for name in sets if name not in (ASKS_NOTHING, SHUFFLED)]
    groups = {
        "": wanted,
        f", with “{ASKS_NOTHING}”": [*wanted, ASKS_NOTHING],
        ", with that and shuffled prompts": list(sets),
    }
    found = {"scores": {name: float(values.mean()) for name, values in scores.items()}}
    for what, count in (("three", 3), ("four", 4)):
        obeyed = {name: values[:, :count].all(axis=1) for name, values in right.items()}
        for where, names in groups.items():
            means = [[scores[n].mean() for n in names], [obeyed[n].mean() for n in names]]
            found[f"correlation, {what}{where}"] = float(np.corrcoef(means)[0, 1])
        found[f"area, {what}"] = {name: area(scores[name], obeyed[name]) for name in sets}
    return found


def area(scores: np.ndarray, right: np.ndarray) -> float | None:
    """How often a right picture has the higher score than a wrong one; None without 10 of both."""
    good, bad = scores[right], scores[~right]
    if min(len(good), len(bad)) < 10:
        return None
    return float(np.mean(good[:, None] > bad) + np.mean(good[:, None] == bad) / 2)


def _best(models: dict, data, seed: int) -> dict:
    """What the judge says of the first of 8 pictures, of the best by score, and of the luckiest."""
    asked = prompts(data)[:60]
    many = flows.sample(flows.load_pixels(), np.repeat(asked, EACH, axis=0), scale=1.5, seed=seed)
    many = many.reshape(len(asked), EACH, *many.shape[1:])
    told = sentences(asked, np.random.default_rng(0), templates=TRAINED[:1], synonyms=0)
    found = {"the first": _obeyed(many[:, 0], asked)}
    for name, model in models.items():
        found[f"best by {name}"] = _obeyed(alignment.rerank(model, many, told)[0], asked)
    right = _judged(many.reshape(-1, *many.shape[2:]), np.repeat(asked, EACH, axis=0))
    right = right.reshape(len(asked), EACH, 4)
    found["any of 8"] = {
        "three": float(right[..., :3].all(axis=2).any(axis=1).mean()),
        "four": float(right.all(axis=2).any(axis=1).mean()),
    }
    return found


def page(rows: list[dict]) -> str:
    """The Markdown page."""
    names = {"transformer": "transformer", "bag": "bag of words", "shipped": "shipped, longer"}

    def over(pick) -> str:
        values = [pick(row) for row in rows]
        if any(value is None for value in values):
            return "–"
        spread = max(values) - min(values)
        return f"{mean(values):.2f}" + f" ({min(values):.2f}–{max(values):.2f})" * (spread > 0.005)

    took = {k: mean(row["models"][k]["seconds"] for row in rows) for k in alignment.KINDS}
    lines = [
        "# Words and pictures, measured",
        "",
        "Written by `python benchmarks/alignment.py`, whose text says how. PyTorch, means over "
        f"{len(rows)} seeds (lowest–highest). {STEPS} steps took "
        + " and ".join(f"{took[k]:.0f} CPU seconds of the {names[k]}" for k in took)
        + "; “shipped” is the network of train_alignment.py, of one seed.",
        "",
        "## Finding pictures by sentences",
        "",
        "A picture counts when its four factors are the prompt's. Then: how often a picture agrees "
        "better with its own sentence than with one in which one factor, or the colours' places, "
        "are changed.",
        "",
        f"| text side | sentences | R@1 | R@5 | R@10 | {' | '.join(FACTORS)} | colours swapped |",
        "|---" * 10 + "|",
    ]
    columns = ["R@1", "R@5", "R@10", *(f"beats {f}" for f in (*FACTORS, "colours swapped"))]
    for name, label in names.items():
        for what in rows[0]["models"][name]["found"]:
            cells = [
                over(lambda r, n=name, w=what, c=c: r["models"][n]["found"][w][c]) for c in columns
            ]
            lines.append(f"| {label} | {what} | {' | '.join(cells)} |")
    own = over(lambda r: r["models"]["shipped"]["found"]["first template"]["own R@1"])
    best = over(lambda r: r["ceiling"]["R@1"])
    lines += [
        "",
        "Where a sentence's own picture alone counts, equal prompts allow "
        f"R@1 {best} to a reader without fault; the shipped network reaches {own}.",
        "",
        "## Score and judge, over sets",
        "",
        f"| pictures | first three right | all four | {' | '.join(names.values())} |",
        "|---" * 6 + "|",
    ]
    for what in rows[0]["sets"]:
        cells = [over(lambda r, w=what, k=k: r["sets"][w][k]) for k in ("three", "four")]
        cells += [
            over(lambda r, n=n, w=what: r["models"][n]["agreement"]["scores"][w]) for n in names
        ]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    lines += [
        "",
        "The correlation of these means, for the first three factors and all four. Two sets that "
        "no score could miss make any score look good.",
        "",
        f"| | {' | '.join(names.values())} |",
        "|---" * 4 + "|",
    ]
    agreement = rows[0]["models"]["bag"]["agreement"]
    for what in [name for name in agreement if name.startswith("correlation")]:
        cells = [over(lambda r, n=n, w=what: r["models"][n]["agreement"][w]) for n in names]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Score and judge, over single pictures",
        "",
        "How often a picture that the judge calls right in category, main colour and pattern has "
        "the higher score than one that it calls wrong (0.5 is chance); “all four” in the last "
        "column. A dash: fewer than 10 of either.",
        "",
        f"| pictures | {' | '.join(names.values())} | shipped, all four |",
        "|---" * 5 + "|",
    ]
    for what in rows[0]["sets"]:
        cells = [
            over(lambda r, n=n, w=what: r["models"][n]["agreement"]["area, three"][w])
            for n in names
        ]
        cells.append(over(lambda r, w=what: r["models"]["shipped"]["agreement"]["area, four"][w]))
        lines.append(f"| {what} | {' | '.join(cells)} |")
    lines += [
        "",
        "## The best of 8",
        "",
        "60 prompts, 8 pictures each by the flow on pixels at scale 1.5.",
        "",
        "| picture | category, main and pattern right | all four |",
        "|---" * 3 + "|",
    ]
    for what in rows[0]["best of 8"]:
        cells = [over(lambda r, w=what, k=k: r["best of 8"][w][k]) for k in ("three", "four")]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """All runs that are missing, each written down when it ends."""
    path = HERE / "alignment.json"
    for seed in SEEDS:
        rows = json.loads(path.read_text()) if path.exists() else []
        if seed in {row["seed"] for row in rows}:
            continue
        command = [sys.executable, __file__, str(seed)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ran.returncode:
            sys.exit(ran.stderr[-3000:])
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        (HERE / "alignment.md").write_text(page(rows))
        print(seed, rows[-1]["models"]["transformer"]["seconds"], flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        rows_ = json.loads((HERE / "alignment.json").read_text())
        (HERE / "alignment.md").write_text(page(rows_))
    elif sys.argv[1:]:
        print(json.dumps(run(int(sys.argv[1])), ensure_ascii=False))
    else:
        main()
