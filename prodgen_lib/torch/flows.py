"""A flow from noise to data, trained and asked, in PyTorch: of codes, pictures or points.

Read from top to bottom: the loop around `diffusion.train_step`, then how to draw what is asked for.
Data are float32 arrays (N, D), or uint8 pictures N×H×W×C, which become tensors in [-1, 1].
The same functions in Keras: `prodgen_lib.tensorflow.flows`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.plain.prompts import COUNTS, check_prompts
from prodgen_lib.torch.bridge import (
    adam,
    from_images,
    image_tensor,
    load_weights,
    set_learning_rate,
    set_seed,
    set_weights,
    to_images,
    to_numpy,
    to_tensor,
    weights,
)
from prodgen_lib.torch.cgan import to_labels
from prodgen_lib.torch.denoisers import PatchUNet
from prodgen_lib.torch.diffusion import (
    drop_labels,
    flow_sample,
    guided,
    pair_noise,
    train_step,
)
from prodgen_lib.torch.gan import update_average
from prodgen_lib.torch.vae import Vae, load_vae

WEIGHTS = Path(__file__).parent.parent / "weights"


class Flow(NamedTuple):
    """What training leaves: the averaged network, what it can be asked, what it draws, its losses.

    `counts` says how many answers each question has; the label `counts[k]` asks nothing. `shape` is
    that of one example, H×W×C for pictures. `history["loss"]` has the loss of each step.
    """

    network: nn.Module
    counts: tuple[int, ...]
    shape: tuple[int, ...]
    history: dict[str, np.ndarray]


def train(
    build: Callable[[], nn.Module],
    examples: np.ndarray,
    labels: np.ndarray,
    *,
    counts: tuple[int, ...],
    steps: int = 1500,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    drop: float = 0.2,
    decay: float = 0.998,
    shift: float = 1.0,
    paired: bool = False,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, Flow, dict], None] | None = None,
) -> Flow:
    """Train a network on float32 examples (N, D) or uint8 pictures, and labels (N, K) of integers.

    `build()` gives a new network for `counts`. A share `drop` of the examples is shown without
    labels. Times are drawn evenly from [0, 1]; with `shift` above 1 more of them near noise, as
    shift · u / (1 + (shift - 1) · u) (arXiv:2403.03206, section 5.3.2). The learning rate falls
    along half a cosine to zero, and the weights are averaged. `paired` matches noise and examples
    in each batch by `pair_noise`. `on_step(step, flow so far, losses)` is called after each step.
    """
    labels = check_prompts(labels, count=len(examples), counts=counts)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    network, average = build(), build()
    set_weights(average, weights(network))
    optimizer = adam(network, learning_rate, (0.9, 0.99))
    nothing, history = to_labels(counts), []
    flow = Flow(average, tuple(counts), examples.shape[1:], {})
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        index = rng.integers(len(examples), size=batch_size)
        data, noise = as_tensor(examples[index]), draw_noise(rng, batch_size, flow.shape)
        u, draws = (to_tensor(rng.random(batch_size)) for _ in range(2))
        t = shift * u / (1 + (shift - 1) * u)
        noise = pair_noise(data, noise) if paired else noise
        told = drop_labels(to_labels(labels[index]), draws, probability=drop, nothing=nothing)
        history.append(float(train_step(network, optimizer, data, noise, t, told)))
        update_average(average, network, min(decay, (1 + step) / (10 + step)))
        if on_step:
            on_step(step, flow, {"loss": history[-1]})
    return flow._replace(history={"loss": np.array(history)})


def as_tensor(examples: np.ndarray) -> Tensor:
    """Examples as the network takes them: uint8 pictures in [-1, 1], other numbers as they are."""
    return to_images(examples) if examples.dtype == np.uint8 else to_tensor(examples)


def draw_noise(rng: np.random.Generator, count: int, shape: tuple[int, ...]) -> Tensor:
    """`count` examples of noise from N(0, 1); the same numbers in both frameworks."""
    noise = rng.standard_normal((count, *shape), dtype=np.float32)
    return image_tensor(noise) if len(shape) == 3 else to_tensor(noise)


@torch.no_grad()
def sample(
    flow: Flow,
    labels: np.ndarray,
    *,
    steps: int = 20,
    scale: float = 1.0,
    sampler: Callable[..., Tensor] = flow_sample,
    seed: int = 0,
) -> np.ndarray:
    """What labels (N, K) ask for: float32 (N, D), or uint8 pictures where these were learnt.

    `scale` guides (1 asks the network once a step, others twice). `sampler` is called as
    `flow_sample` is. The noise depends on `seed` alone.
    """
    labels = check_prompts(labels, counts=tuple(count + 1 for count in flow.counts))
    network, rng = flow.network, np.random.default_rng(seed)
    if scale != 1:
        network = guided(network, to_labels(flow.counts), scale=scale)
    drawn = []
    for start in range(0, len(labels), 500):
        told = to_labels(labels[start : start + 500])
        noise = draw_noise(rng, len(told), flow.shape)
        drawn.append(sampler(network, noise, told, steps=steps))
    as_array = from_images if len(flow.shape) == 3 else to_numpy
    return np.concatenate([as_array(part) for part in drawn])


def load_pixels() -> Flow:
    """A flow on studio pictures themselves, asked for four factors; it ships here."""
    network = PatchUNet(COUNTS)
    load_weights(network, WEIGHTS / "pixels_studio.safetensors")
    return Flow(network, COUNTS, (32, 32, 3), {})


def load_codes() -> Vae:
    """The autoencoder whose codes chapters 11 and 12 work on; it ships here."""
    return load_vae(WEIGHTS / "codes_studio.safetensors", latents=64, width=32)
