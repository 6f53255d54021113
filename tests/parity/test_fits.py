"""Pictures and labels that don't fit get the same sentence in both frameworks."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest


def zeros(count: int = 8, size: int = 32, channels: int = 3) -> np.ndarray:
    return np.zeros((count, size, size, channels), np.uint8)


QUICK = {"steps": 1, "progress": False}
LABELS = np.arange(8) % 2
GREY, TURNED, EMPTY = zeros()[..., 0], np.zeros((8, 3, 32, 32), np.uint8), zeros(0)
SQUARE = {
    "gan.train": {},
    "gan.train_dcgan": {},
    "vae.train": {},
    "autoencoder.train": {},
    "autoencoder.train_restorer": {"task": "noise"},
    "cgan.train": {"labels": LABELS},
}
CASES = [
    *((name, (bad,), more, words)
      for name, more in SQUARE.items()
      for bad, words in ((zeros(size=28), "32×32 pixels, got 28×28"), (zeros(size=64), "got 64×64"),
                         (GREY, "N×H×W×C, got"), (TURNED, "channels last"),
                         (EMPTY, "There are no pictures"), (zeros() / 255, "Expected uint8"))),
    *((name, (zeros(),), {"labels": labels}, words)
      for name in ("gan.train", "cgan.train")
      for labels, words in ((LABELS - 1, "whole numbers from 0, got -1"),
                            (LABELS[:5], "one label for each of 8"), (LABELS / 2, "got float64"),
                            (np.array(["a"] * 8), "number the classes"))),
    ("superres.train", (zeros(size=24),), {}, "at least 32×32 pixels, got 24×24"),
    ("superres.train", (zeros(),), {"factor": 2.0}, "whole number from 1, got 2.0"),
    ("superres.train", (GREY,), {}, "N×H×W×C"),
    ("metrics.picture_distance", (zeros(), zeros(size=64)), None, "32×32 pixels, got 64×64"),
    ("metrics.picture_distance", (zeros(), EMPTY), None, "There are no pictures"),
    ("cgan.train_translator", (zeros(size=28), zeros(size=28)), {}, "got 28×28"),
    ("superres.shrink", (zeros(),), {"factor": 2.0, "steps": None}, "got 2.0"),
    ("superres.upscale", (zeros()[0],), {"factor": 2.0, "steps": None}, "2.0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "more", "words"), CASES)
def test_what_does_not_fit(name, given, more, words):
    said = []
    for framework in ("torch", "tensorflow"):
        topic, function = name.split(".")
        call = getattr(import_module(f"prodgen_lib.{framework}.{topic}"), function)
        options = {} if more is None else {k: v for k, v in (QUICK | more).items()}
        if more and "steps" in more:
            options = {"factor": more["factor"]}
        with pytest.raises(ValueError, match=words) as caught:
            call(*given, **options)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_labels_that_a_generator_does_not_know(framework):
    cgan = import_module(f"prodgen_lib.{framework}.cgan")
    gan = import_module(f"prodgen_lib.{framework}.gan")
    generator = cgan.build_generator((2, 3))
    for labels, words in (([[0, 3]], "0 to 2, got 3"), ([[-1, 0]], "got -1"), ([0], "2 labels")):
        with pytest.raises(ValueError, match=words):
            cgan.sample(generator, np.array(labels))
    told = gan.build_generator(latent_dim=64 + 2)
    with pytest.raises(ValueError, match="0 to 1, got 2"):
        gan.sample(told, 1, classes=2, labels=np.array([2]))


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_mirrored_views(framework):
    metrics = import_module(f"prodgen_lib.{framework}.metrics")
    pictures = np.random.default_rng(0).random((2, 3, 16, 16))
    pictures = pictures if framework == "torch" else pictures.transpose(0, 2, 3, 1)
    mirrored = pictures[:, ::-1]
    found = metrics.psnr(mirrored, mirrored * 0.5, data_range=1.0)
    wanted = metrics.psnr(mirrored.copy(), mirrored * 0.5, data_range=1.0)
    assert np.allclose(np.asarray(found), np.asarray(wanted))
