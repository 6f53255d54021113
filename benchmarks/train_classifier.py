"""Train the classifier that ships as prodgen_lib/weights/classifier.safetensors.

    python benchmarks/train_classifier.py

Both settings of the drawn catalogue, so that it knows products on any background; a little noise
on half of the pictures, so that it doesn't trip over a generator's grain. Seeded; a minute or two.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from prodgen_lib.data import load
from prodgen_lib.torch.bridge import save_weights, set_seed, to_images
from prodgen_lib.torch.classifier import build_classifier, class_logits

WEIGHTS = Path(__file__).parents[1] / "prodgen_lib" / "weights" / "classifier.safetensors"


def accuracy(model: torch.nn.Sequential, name: str) -> float:
    """Share of right answers on 5,000 pictures of a seed that training never saw."""
    unseen = load(name, count=5000, seed=99)
    return float(np.mean(class_logits(model, unseen.images).argmax(1) == unseen.labels))


def main(*, steps: int = 4000, batch_size: int = 64, peak: float = 2e-3, seed: int = 0) -> None:
    parts = [load("catalogue", count=20000), load("catalogue_full", count=40000)]
    pictures = np.concatenate([part.images for part in parts])
    labels = torch.from_numpy(np.concatenate([part.labels for part in parts]))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_classifier()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps)
    for step in range(steps):
        index = rng.integers(len(pictures), size=batch_size)
        images = to_images(pictures[index])
        images[::2] += 0.1 * torch.randn_like(images[::2])
        loss = F.cross_entropy(model(images), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    save_weights(model, WEIGHTS)
    for name in ("catalogue", "catalogue_full"):
        print(f"{name}: accuracy {accuracy(model.eval(), name):.4f} on held-out pictures")


if __name__ == "__main__":
    main()
