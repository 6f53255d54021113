"""Fashion-MNIST: 70,000 shop pictures of clothes, 28 × 28 grey, 10 classes.

H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms", 2017, arXiv:1708.07747. The four official files are in the idx format: a
magic number (0, 0, 8 for bytes, the number of axes), the length of each axis as a big-endian
32-bit number, then the bytes.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of
from prodgen_lib.data.pictures import check_size, spread
from prodgen_lib.data.sources import download, local_folder

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

ADDRESSES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://github.com/zalandoresearch/fashion-mnist/raw/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion",
)

CHECKSUMS = {
    "train-images-idx3": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
"""sha256 of the official files {name}-ubyte.gz; a download that differs is refused."""


def read(
    name: str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """60,000 training or 10,000 test pictures, white on black, padded to 32 pixels and resized."""
    one_of("split of fashion_mnist", split, ("train", "test"))
    check_size(size)
    prefix = "train" if split == "train" else "t10k"
    local = local_folder(folder, "fashion-mnist")
    pictures = read_idx(find(local, f"{prefix}-images-idx3"), axes=3)
    label_path = find(local, f"{prefix}-labels-idx1")
    labels = read_idx(label_path, axes=1)
    if len(pictures) != len(labels):
        raise DataError(
            f"{label_path} holds {len(labels)} labels for {len(pictures)} pictures; "
            "the files do not belong together, get them again."
        )
    if labels.max() >= len(CLASSES):
        raise DataError(f"{label_path} holds the label {labels.max()}, expected 0 to 9.")
    index = spread(len(labels), limit)
    return Dataset(name, enlarge(pictures[index], size), labels[index].astype(np.int64), CLASSES)


def find(local: Path | None, name: str) -> Path:
    """Where the official file lies on this machine, downloaded if there is no local folder."""
    file = f"{name}-ubyte.gz"
    if local is None:
        return download("fashion-mnist", file, ADDRESSES, f"sha256:{CHECKSUMS[name]}")
    if not (local / file).is_file():
        raise DataError(f"{local / file} is missing; put the four Fashion-MNIST files there.")
    return local / file


def read_idx(path: Path, axes: int) -> np.ndarray:
    """The bytes of one gzipped idx file: uint8, (N,) or (N, 28, 28)."""
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataError(f"{path} is damaged or no gzip file ({error}); get it again.") from error
    header = 4 + 4 * axes
    if len(data) < header or data[:4] != bytes([0, 0, 8, axes]):
        raise DataError(f"{path} is not an idx file of bytes with {axes} axes; get it again.")
    shape = struct.unpack(f">{axes}I", data[4:header])
    if shape[0] == 0 or shape[1:] != (28, 28)[: axes - 1]:
        raise DataError(f"{path} holds an array of shape {shape}, expected N > 0 of 28 × 28.")
    if len(data) - header != np.prod(shape, dtype=object):
        raise DataError(
            f"{path} holds {len(data) - header} bytes where its header says {shape}; get it again."
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def enlarge(pictures: np.ndarray, size: int) -> np.ndarray:
    """(N, 28, 28) to RGB (N, size, size, 3): 2 black pixels around, then resized unless 32."""
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2)))
    if size != 32:
        resized = np.empty((len(padded), size, size), np.uint8)
        for i, picture in enumerate(padded):
            grey = Image.fromarray(picture).resize((size, size), Image.Resampling.LANCZOS)
            resized[i] = np.asarray(grey)
        padded = resized
    return np.repeat(padded[..., None], 3, axis=3)
