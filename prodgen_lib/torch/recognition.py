"""Training the course's classifier on pictures that change each time they are seen, in PyTorch.

The same functions in Keras: `prodgen_lib.tensorflow.recognition`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from prodgen_lib.torch.bridge import adam, set_learning_rate, set_seed, to_images, to_tensor
from prodgen_lib.torch.cgan import to_labels
from prodgen_lib.torch.classifier import build_classifier, class_logits

DRAWS = 12  # numbers that a change may use up for one picture


def train(
    pictures: np.ndarray,
    labels: np.ndarray,
    change: Callable[[Tensor, Tensor], Tensor],
    *,
    steps: int = 300,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
    seed: int = 0,
) -> nn.Sequential:
    """A classifier of uint8 pictures N×32×32×C by labels (N,) from 0, with new draws in each step.

    `change(images, draws)` is what a batch goes through, draws (N, 12) in [0, 1). One seed gives
    the same initial weights and batches whatever the change: runs can be compared in pairs. The
    learning rate falls along half a cosine to zero.
    """
    set_seed(seed)
    rng, own = np.random.default_rng(seed), np.random.default_rng(1000 + seed)
    network = build_classifier(classes=int(labels.max()) + 1, channels=pictures.shape[-1])
    optimizer = adam(network, learning_rate, (0.9, 0.99))
    for step in range(steps):
        set_learning_rate(optimizer, learning_rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        index = rng.integers(len(pictures), size=batch_size)
        draws = to_tensor(own.random((batch_size, DRAWS)))
        logits = network(change(to_images(pictures[index]), draws))
        loss = F.cross_entropy(logits, to_labels(labels[index]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


def accuracy(network: nn.Sequential, pictures: np.ndarray, labels: np.ndarray) -> float:
    """The share of uint8 pictures whose likeliest label is the right one."""
    return float((class_logits(network, pictures).argmax(axis=1) == labels).mean())
