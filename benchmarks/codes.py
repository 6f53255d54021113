"""The autoencoders of chapters 5, 11 and 12 measured side by side: writes benchmarks/codes.md.

    python benchmarks/codes.py

4,000 test pictures of the studio catalogue go through each shipped autoencoder. PSNR of the
reconstruction from the mean code, and from a code drawn from q(z|x), as generators on the codes
see them. The factor judge reads category, main colour, pattern and second colour back. Fréchet
distances compare 1,000 pictures with all test pictures, in the features of the shipped classifier:
reconstructions, whose originals are among the test pictures, so that they can fall below the floor
of real pictures; and pictures decoded from new codes that a mixture of normals gives
(`plain.codes.mixture_codes`), which tells how well the codes lie for a generator. A unit is active
where its mean KL is above 0.1 nats.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from prodgen_lib.data import load
from prodgen_lib.data.dataset import Dataset
from prodgen_lib.plain.codes import mixture_codes
from prodgen_lib.plain.prompts import FACTORS, prompts
from prodgen_lib.torch import vae
from prodgen_lib.torch.bridge import image_tensor, to_tensor
from prodgen_lib.torch.classifier import features, load_classifier
from prodgen_lib.torch.factors import load_factor_classifier, read_factors
from prodgen_lib.torch.metrics import frechet_distance, psnr

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "prodgen_lib" / "weights"
COUNT, FEW = 4000, 1000
SHIPPED = {
    "vae_studio": {"latents": 32, "width": 16},
    "codes_studio": {"latents": 64, "width": 32},
}


def measured(model: vae.Vae, test: Dataset) -> dict[str, float | int]:
    """The numbers of one autoencoder."""
    mean, log_variance = vae.encode(model.encoder, test.images)
    noise = np.random.default_rng(0).standard_normal(mean.shape, dtype=np.float32)
    again = vae.decode(model.decoder, mean)
    drawn = vae.decode(model.decoder, mean + np.exp(log_variance / 2) * noise)
    train = vae.encode(model.encoder, load("catalogue", count=8000).images)
    new = vae.decode(model.decoder, mixture_codes(*train, FEW, seed=0))
    kl = vae.kl_divergence(to_tensor(mean), to_tensor(log_variance))
    row = {"psnr": decibel(again, test.images), "psnr_drawn": decibel(drawn, test.images)}
    row |= {"frechet": distance(again[:FEW], test.images)}
    row |= {"frechet_new": distance(new, test.images)}
    row |= read(again, test) | {"kl": float(kl.sum(dim=1).mean())}
    return row | {"active": len(vae.active_units(kl)), "latents": mean.shape[1]}


def decibel(pictures: np.ndarray, originals: np.ndarray) -> float:
    """Mean PSNR."""
    pair = (image_tensor(part) for part in (pictures, originals))
    return float(psnr(*pair, data_range=255).mean())


def distance(pictures: np.ndarray, others: np.ndarray) -> float:
    """Fréchet distance in the shipped classifier's features."""
    judge = load_classifier()
    return float(frechet_distance(*(to_tensor(features(judge, p)) for p in (pictures, others))))


def read(pictures: np.ndarray, test: Dataset) -> dict[str, float]:
    """How often the judge reads each factor as it was, and all four together."""
    right = read_factors(load_factor_classifier(), pictures) == prompts(test)
    shares = dict(zip(FACTORS, right.mean(axis=0).tolist(), strict=True))
    return shares | {"all four": float(right.all(axis=1).mean())}


def table(rows: dict[str, dict]) -> str:
    """codes.md."""
    columns = {
        "PSNR": ("psnr", ".2f"),
        "drawn": ("psnr_drawn", ".2f"),
        "Fréchet": ("frechet", ".2f"),
    }
    columns |= {"new codes": ("frechet_new", ".1f")}
    columns |= {name: (name, ".3f") for name in (*FACTORS, "all four")}
    columns |= {"active": ("active", "d"), "latents": ("latents", "d"), "KL": ("kl", ".0f")}
    columns |= {"MB": ("megabytes", ".2f")}
    lines = [
        "# The autoencoders' codes, measured",
        "",
        "Written by `python benchmarks/codes.py`, whose text says how. Studio catalogue,",
        f"32 pixels, {COUNT:,} test pictures, Fréchet distances of {FEW:,}; PyTorch.",
        "",
        "| weights | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for name, row in rows.items():
        cells = [format(row[key], form) if key in row else "" for key, form in columns.values()]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    lines += [
        "",
        "PSNR in decibel, from mean and from drawn codes; KL in nats a picture. Category to",
    ]
    lines += ["all four: share that the factor judge reads as it was. Of real pictures, the judge"]
    lines += ["reads the test set, and the Fréchet distance is of other pictures to it."]
    return "\n".join(lines) + "\n"


def main() -> None:
    test = load("catalogue", count=COUNT, split="test")
    others = load("catalogue", count=FEW, seed=99).images
    rows: dict[str, dict] = {"real pictures": read(test.images, test)}
    rows["real pictures"]["frechet"] = distance(others, test.images)
    for name, options in SHIPPED.items():
        path = WEIGHTS / f"{name}.safetensors"
        rows[name] = measured(vae.load_vae(path, **options), test)
        rows[name]["megabytes"] = path.stat().st_size / 1e6
    (HERE / "codes.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (HERE / "codes.md").write_text(table(rows), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
