"""Draw the picture of the README: run it after a change to the drawn catalogue."""

from pathlib import Path

import numpy as np
from PIL import Image

from prodgen_lib.data import load


def board(name: str, *, rows: int, seed: int) -> np.ndarray:
    """``rows`` pictures of each category, one category a column, with a white gap of 4 pixels."""
    pictures = load(name, count=400, size=64, seed=seed, cache=False)
    columns = []
    for category in range(len(pictures.classes)):
        chosen = pictures.images[pictures.labels == category][:rows]
        framed = np.pad(chosen, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=255)
        columns.append(np.concatenate(framed))
    return np.concatenate(columns, axis=1)


if __name__ == "__main__":
    both = np.concatenate(
        [board("catalogue", rows=2, seed=3), board("catalogue_full", rows=3, seed=5)]
    )
    picture = Image.fromarray(both)
    doubled = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.LANCZOS)
    doubled.save(Path(__file__).with_name("catalogue.png"), optimize=True)
