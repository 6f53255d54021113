"""What four families make of 50, 200 and 1,000 pictures: writes scarce.json and scarce.md.

    python benchmarks/scarce.py    all runs that are not in scarce.json yet, and the page

Studio pictures of 32 pixels. A GAN and a VAE learn from the pictures themselves; a flow and a
transformer that draws token by token learn from their codes, of the autoencoder that ships here
and has seen the whole catalogue: their start is better than a shop's. Steps are chosen so that all
trainings take about as long. 500 samples each: the Fréchet distance and the recall against 1,000
unseen pictures, the share that is nearer to training than to as many held-out pictures, and the
distance to the nearest training picture as a share of that of fresh real pictures. PyTorch, one
process and one thread, one seed.
"""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import numpy as np

from prodgen_lib.data import load

HERE = Path(__file__).parent
STORE = HERE / "scarce.json"
SIZES, SAMPLES = (50, 200, 1000), 500
STEPS = {"GAN": 300, "VAE": 800, "flow": 700, "tokens": 250}


def main() -> None:
    import torch

    torch.set_num_threads(1)
    found = json.loads(STORE.read_text()) if STORE.exists() else []
    done = {(row["family"], row["pictures"]) for row in found}
    train = load("catalogue", count=max(SIZES))
    test = load("catalogue", split="test", count=3000)
    judge = Judge(test)
    for size in SIZES:
        few = train.subset(np.arange(size))
        for family, draw in FAMILIES.items():
            if (family, size) in done:
                continue
            start = time.process_time()
            pictures = draw(few, STEPS[family])
            row = {"framework": "torch", "family": family, "pictures": size}
            row |= {"steps": STEPS[family], "CPU s": round(time.process_time() - start, 1)}
            found.append(row | judge(pictures, few.images))
            print(found[-1], flush=True)
            STORE.write_text(json.dumps(found, indent=1) + "\n")
    real = judge(test.images[2500:], train.images)
    (HERE / "scarce.md").write_text(page(found, real))


class Judge:
    """What 500 samples are worth, and how near they are to what was trained on."""

    def __init__(self, test):
        from prodgen_lib.torch import classifier

        self.critic = classifier.load_classifier()
        self.reference = classifier.features(self.critic, test.images[:1000])
        self.held_out, self.fresh = test.images[1000:2000], test.images[2000:2500]

    def __call__(self, pictures: np.ndarray, trained: np.ndarray) -> dict[str, float]:
        from prodgen_lib.torch import bridge, classifier, metrics, overview

        seen = classifier.features(self.critic, pictures)
        precision, recall = metrics.precision_recall(self.reference, seen)
        sets = (bridge.to_tensor(x / 255) for x in (pictures, trained, self.held_out))
        near = [
            np.median(nearest(part, trained))
            for part in (pictures.astype(np.float32), self.fresh.astype(np.float32))
        ]
        return {
            "Fréchet": float(metrics.frechet_distance(seen, self.reference)),
            "precision": float(precision),
            "recall": float(recall),
            "nearer to training": float(overview.memorised(*sets)),
            "distance": float(near[0] / near[1]),
        }


def nearest(pictures: np.ndarray, among: np.ndarray) -> np.ndarray:
    """The distance of each picture to the nearest one of a set."""
    from scipy.spatial.distance import cdist

    rows = among.reshape(len(among), -1).astype(np.float32)
    return cdist(pictures.reshape(len(pictures), -1), rows).min(axis=1)


def gan(few, steps: int) -> np.ndarray:
    from prodgen_lib.torch import gan

    trained = gan.train(few.images, few.labels, steps=steps, progress=False)
    return gan.sample(trained.generator, SAMPLES, classes=int(few.labels.max()) + 1)


def vae(few, steps: int) -> np.ndarray:
    from prodgen_lib.plain.codes import mixture_codes
    from prodgen_lib.torch import vae

    trained = vae.train(few.images, steps=steps, progress=False)
    told = vae.encode(trained.encoder, few.images)
    return vae.decode(trained.decoder, mixture_codes(*told, SAMPLES, clusters=10))


def on_codes(family: str, few, steps: int) -> np.ndarray:
    """A flow or a transformer on the codes of the shipped autoencoder."""
    from prodgen_lib.plain.picture_tokens import STUDIO
    from prodgen_lib.plain.prompts import COUNTS, prompts
    from prodgen_lib.torch import bridge, denoisers, diffusion, drawing, flows, vae

    coder = flows.load_codes()
    codes, asked = vae.encode(coder.encoder, few.images)[0], prompts(few)
    wanted = asked[np.arange(SAMPLES) % len(asked)]
    if family == "tokens":
        drawer = drawing.train(STUDIO, codes, asked, steps=steps, progress=False)
        return vae.decode(coder.decoder, drawing.draw(drawer, wanted, scale=1.0))
    unit = float(diffusion.latent_scale(bridge.to_tensor(codes)))
    build = partial(denoisers.CodeNetwork, COUNTS, size=codes.shape[1])
    options = {"counts": COUNTS, "steps": steps, "progress": False}
    flow = flows.train(build, codes / unit, asked, **options)
    return vae.decode(coder.decoder, unit * flows.sample(flow, wanted))


FAMILIES = {
    "GAN": gan,
    "VAE": vae,
    "flow": partial(on_codes, "flow"),
    "tokens": partial(on_codes, "tokens"),
}


def page(rows: list[dict], real: dict) -> str:
    names = ("Fréchet", "precision", "recall", "nearer to training", "distance")
    lines = [
        "# Few pictures, measured",
        "",
        "Written by `python benchmarks/scarce.py`, whose text says how. One seed, PyTorch. "
        "Fréchet distances are comparable within this page.",
        "",
        f"| pictures | family | steps | CPU s | {' | '.join(names)} |",
        f"|{'---|' * (4 + len(names))}",
    ]
    for row in rows:
        told = " | ".join(f"{row[name]:.2f}" for name in names)
        run = f"| {row['pictures']} | {row['family']} | {row['steps']} | {row['CPU s']:.0f} |"
        lines.append(f"{run} {told} |")
    lines.append(f"| – | real | – | – | {' | '.join(f'{real[name]:.2f}' for name in names)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
