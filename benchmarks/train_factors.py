"""Train the judge of four factors that ships as prodgen_lib/weights/factors_studio.safetensors.

    python benchmarks/train_factors.py

Studio pictures of a seed that no generator of the course sees. A third are blurred and a third are
noisy, so that the judge doesn't trip over a decoder's blur or a sampler's grain. Seeded; written
in PyTorch, both frameworks read the file. About five minutes on one core.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.plain.prompts import COUNTS, FACTORS, prompts
from prodgen_lib.torch.bridge import save_weights, set_seed, to_images
from prodgen_lib.torch.factors import build_factor_classifier, read_factors

SEED = 5  # of its pictures: generators are trained on those of seed 0


def disturbed(images: Tensor) -> Tensor:
    """Pictures (N, 3, 32, 32), the first third blurred and the second noisy, each by a share."""
    third = len(images) // 3
    share = torch.rand(2, third, 1, 1, 1)
    sharp, clean, rest = images[:third], images[third : 2 * third], images[2 * third :]
    blurred = F.avg_pool2d(F.pad(sharp, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    noisy = clean + 0.15 * share[1] * torch.randn_like(clean)
    return torch.cat([torch.lerp(sharp, blurred, share[0]), noisy, rest])


def main(*, steps: int = 2500, batch_size: int = 48, peak: float = 3e-3, seed: int = 0) -> None:
    data = load("catalogue", count=20_000, seed=SEED)
    wanted = torch.from_numpy(prompts(data))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_factor_classifier()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps)
    for step in range(steps):
        index = rng.integers(len(wanted), size=batch_size)
        parts = model(disturbed(to_images(data.images[index]))).split(COUNTS, dim=1)
        pairs = zip(parts, wanted[index].T, strict=True)
        loss = sum(F.cross_entropy(logits, right) for logits, right in pairs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    path = WEIGHTS / "factors_studio.safetensors"
    save_weights(model, path, half=True)
    path.chmod(0o644)
    note_checksums()
    test = load("catalogue", count=4000, split="test")
    right = (read_factors(model.eval(), test.images) == prompts(test)).mean(axis=0)
    print(", ".join(f"{name} {share:.4f}" for name, share in zip(FACTORS, right, strict=True)))


if __name__ == "__main__":
    main()
