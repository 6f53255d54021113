"""What every loader returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from prodgen_lib.data.errors import DataError


@dataclass(frozen=True)
class Dataset:
    """Pictures with their labels.

    images: uint8 (N, H, W, 3). labels: int64 (N,), indices into classes. factors: one array of
    length N a factor, {} where none are known.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    factors: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape, count = self.images.shape, len(self.images)
        if self.images.dtype != np.uint8 or len(shape) != 4 or shape[3] != 3:
            raise DataError(
                f"{self.name}: images must be uint8 (N, H, W, 3), got {self.images.dtype} {shape}."
            )
        for what, column in {"labels": self.labels, **self.factors}.items():
            if len(column) != count:
                raise DataError(f"{self.name}: {count} images but {len(column)} {what}.")
        if count and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise DataError(f"{self.name}: labels must lie in 0..{len(self.classes) - 1}.")

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, index: np.ndarray | slice) -> Dataset:
        """The pictures that `index` picks: a slice, an array of indices or a mask of length N."""
        factors = {name: column[index] for name, column in self.factors.items()}
        return replace(self, images=self.images[index], labels=self.labels[index], factors=factors)
