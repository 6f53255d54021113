"""How near a picture is to a style, and what is left of its content. All numpy, pictures in [0, 1].

The judge of styles looks through filters that nothing is optimised for: another size, another seed,
no ReLU. It still is of the family of random filters, so look at the pictures too.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from prodgen_lib.plain.filters import BINOMIAL, random_filters
from prodgen_lib.plain.transport import quantile_steps

JUDGES = random_filters(96, 5, seed=20_000, flat=True)
LEVELS = 3
EDGE = 0.08  # difference of brightness, across a pixel, that counts as an edge


def style_distance(pictures: np.ndarray, style: np.ndarray) -> np.ndarray:
    """How far each picture N×H×W×3 is from a style H×W×3: (N,). Sizes may differ, from 17 pixels.

    At three scales, 96 filters of 5×5 pixels see each place; each filter's answers in the picture
    and in the style are two sets of numbers, of which the squared Wasserstein distance is taken.
    The root of the mean over filters and scales. An even shift of all colours by d gives about d;
    edges of pictures are left out.
    """
    wanted = [np.sort(seen, axis=0) for seen in answers(style)]
    return np.array([np.sqrt(np.mean([*map(apart, answers(p), wanted)])) for p in pictures])


def answers(picture: np.ndarray) -> list[np.ndarray]:
    """What the judges see of one picture H×W×3, per scale: (places, 96)."""
    found = []
    for _ in range(LEVELS):
        windows = sliding_window_view(picture, JUDGES.shape[:2], axis=(0, 1))
        flat = np.moveaxis(windows, 2, -1).reshape(-1, JUDGES[..., 0].size)
        found.append(flat @ JUDGES.reshape(-1, JUDGES.shape[-1]))
        blurred = [ndimage.correlate(picture[..., c], BINOMIAL, mode="mirror") for c in range(3)]
        picture = np.stack(blurred, axis=2)[::2, ::2]
    return found


def apart(seen: np.ndarray, wanted: np.ndarray) -> float:
    """Mean squared Wasserstein distance of answers (P, K) to sorted ones (Q, K)."""
    here, there, weights = quantile_steps(len(seen), len(wanted))
    return float((weights @ (np.sort(seen, axis=0)[here] - wanted[there]) ** 2).mean())


def edges(pictures: np.ndarray, *, least: float = EDGE) -> np.ndarray:
    """Where brightness changes by `least` or more from pixel to pixel: bool N×H×W."""
    grey = pictures @ np.array([0.299, 0.587, 0.114])
    return np.hypot(*(sobel(grey, axis) for axis in (1, 2))) >= least


def sobel(grey: np.ndarray, axis: int) -> np.ndarray:
    """Difference from pixel to pixel along an axis of N×H×W, smoothed across it."""
    differ = ndimage.correlate1d(grey, [-0.5, 0, 0.5], axis)
    return ndimage.correlate1d(differ, [0.25, 0.5, 0.25], 3 - axis)


def edges_kept(pictures: np.ndarray, content: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(recall, precision) of the content's edges in each picture, each (N,).

    Recall: how many of the content's edge pixels have one of the picture's within a pixel.
    Precision the other way round; a texture's own edges lower it. 1 where there is no edge.
    """
    found, wanted = edges(pictures), edges(content)
    near = [ndimage.binary_dilation(x, np.ones((1, 3, 3))) for x in (found, wanted)]
    return share(wanted, near[0]), share(found, near[1])


def share(of: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Which part of the pixels `of` lies `within`, each N×H×W: (N,)."""
    count = of.sum(axis=(1, 2))
    return np.where(count == 0, 1.0, (of & within).sum(axis=(1, 2)) / np.maximum(count, 1))
