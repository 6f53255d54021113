"""A Dataset refuses parts that do not fit each other."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prodgen_lib.data import DataError, Dataset

IMAGES, LABELS = np.zeros((3, 8, 8, 3), np.uint8), np.array([0, 1, 1])


def test_subset_takes_slices_indices_and_masks() -> None:
    images = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8)
    data = Dataset("x", images, LABELS, ("a", "b"), {"tone": np.array([0.0, 0.5, 1.0])})
    for index in (slice(1, None), np.array([1, 2]), np.array([False, True, True])):
        part = data.subset(index)
        assert len(part) == 2
        assert part.images[:, 0, 0, 0].tolist() == [1, 2]
        assert part.labels.tolist() == [1, 1]
        assert part.factors["tone"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("images", "labels", "factors", "sentence"),
    [
        (IMAGES.astype(float), LABELS, {}, "images must be uint8 (N, H, W, 3), got float64"),
        (IMAGES[..., :1], LABELS, {}, "images must be uint8 (N, H, W, 3), got uint8 (3, 8, 8, 1)"),
        (IMAGES, LABELS[:2], {}, "3 images but 2 labels"),
        (IMAGES, LABELS, {"tone": np.zeros(4)}, "3 images but 4 tone"),
        (IMAGES, LABELS + 1, {}, "labels must lie in 0..1"),
    ],
)
def test_parts_must_fit(
    images: np.ndarray, labels: np.ndarray, factors: dict[str, np.ndarray], sentence: str
) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        Dataset("x", images, labels, ("a", "b"), factors)
