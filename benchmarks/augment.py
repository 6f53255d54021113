"""What augmentations change, buy and leak: writes benchmarks/augment.md.

    python benchmarks/augment.py            all parts that are not in augment.json yet
    python benchmarks/augment.py page       the page alone

Parts: which factor reads differently after each of 18 transformations (1,000 studio test pictures;
category, colours and pattern by the shipped judge of four factors, side and pose by the best
fitting drawing); the leak in the plane, whose answer is known; pictures a second beside Keras's own
layers; a colour classifier with and without turned hue; generated pictures beside few real ones; a
GAN with 100 pictures; and recognition from 20 pictures a class of the full catalogue. One process,
one thread; seconds are CPU seconds. Seeds are paired: the same pictures, initial weights and
batches in every arm. ± is half a 95 % interval (Student's t) of the mean gain over seeds.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import stats

from prodgen_lib.data import load
from prodgen_lib.plain.colours import product_colours
from prodgen_lib.plain.prompts import FACTORS, prompts
from prodgen_lib.plain.quarters import in_the_right_quarter, quarters
from prodgen_lib.plain.readings import read_pose, read_side, sided

HERE = Path(__file__).parent
NAMES = ("augment", "generator_augment", "lab", "bridge", "classifier", "factors", "metrics", "gan")


def library(framework: str = "torch") -> SimpleNamespace:
    found = {n: importlib.import_module(f"prodgen_lib.{framework}.{n}") for n in NAMES}
    return SimpleNamespace(name=framework, **found)


def transformations(lib: SimpleNamespace, seed: int = 0) -> dict[str, Callable]:
    """Tensors to tensors, by name; what is random draws one number a picture."""
    key, tensor, rng = lib.augment, lib.bridge.to_tensor, np.random.default_rng(seed)

    def move(x, **told):
        count = len(x)
        given = {"angle": 0.0, "scale": 1.0, "mirror": 0.0} | told
        shift = tensor(np.broadcast_to(given.pop("shift", np.zeros(2)), (count, 2)).copy())
        full = {name: tensor(np.full(count, value)) for name, value in given.items()}
        return key.sample_bilinear(x, key.affine_matrix(shift=shift, **full))

    def light(x, *factors):
        return key.jitter(x, *(tensor(np.full(len(x), f)) for f in factors))

    def boxes(x, area, ratio=(3 / 4, 4 / 3)):
        draws = tensor(rng.random((len(x), 4)))
        return key.random_boxes(draws, height=32, width=32, area=area, ratio=ratio)

    def any_turn(x):
        return tensor(rng.random(len(x)))

    def full(x, value):
        return tensor(np.full(len(x), value))

    return {
        "nothing": lambda x: x,
        "mirror": lambda x: move(x, mirror=1.0),
        "turn by 15°": lambda x: move(x, angle=15.0),
        "quarter turn": lambda x: move(x, angle=90.0),
        "shift by 4 px": lambda x: move(x, shift=4 * rng.choice([-1, 1], (len(x), 2))),
        "crop of .4 to 1": lambda x: key.crop(x, boxes(x, (0.4, 1.0))),
        "smaller, ×.7": lambda x: move(x, scale=0.7),
        "brightness ×.7": lambda x: light(x, 0.7, 1, 1),
        "contrast ×.5": lambda x: light(x, 1, 0.5, 1),
        "saturation ×.4": lambda x: light(x, 1, 1, 0.4),
        "no colour": lambda x: light(x, 1, 1, 0),
        "hue by .04": lambda x: key.turn_hue(x, full(x, 0.04)),
        "any hue": lambda x: key.turn_hue(x, any_turn(x)),
        "any hue, in Lab": lambda x: lib.lab.turn_hue_lab(x, any_turn(x)),
        "blur, σ 1": lambda x: key.blur(x, full(x, 1.0), radius=3),
        "blur, σ 2": lambda x: key.blur(x, full(x, 2.0), radius=6),
        "a quarter cut out": lambda x: key.cut_out(x, boxes(x, (0.25, 0.25))),
        "noise, σ .2": lambda x: (
            x + lib.bridge.image_tensor(rng.normal(0, 0.2, (len(x), 32, 32, 3)))),
    }  # fmt: skip


def invariance() -> dict:
    """The share of pictures that read differently, by transformation and factor."""
    lib, data = library(), load("catalogue", split="test", count=1000)
    reader, shows = lib.factors.load_factor_classifier(), sided(data.factors)
    asked, images = prompts(data), lib.bridge.to_images(data.images)
    rows = {}
    for name, change in transformations(lib).items():
        pictures = lib.bridge.from_images(change(images))
        wrong = lib.factors.read_factors(reader, pictures) != asked
        row = dict(zip(FACTORS, wrong.mean(axis=0).tolist(), strict=True))
        row["side"] = float((read_side(pictures, data.factors) != 0)[shows].mean())
        row["pose"] = float((read_pose(pictures, data.factors) != 1).mean())
        rows[name] = row
    return rows


ARMS = {
    "plain": {"probability": 0.0},
    "real only, p .5": {"real_only": True},
    "both, p .5": {},
    "both, p .8": {"probability": 0.8},
    "both, p 1": {"probability": 1.0},
}


def plane(framework: str, seeds: int) -> dict:
    """The share of generated points in a wrong quarter, by arm and seed."""
    lib, found = library(framework), {}
    points = product_colours(load("catalogue", limit=4000).images)
    points = points[in_the_right_quarter(points)]
    start = time.process_time()
    for name, options in ARMS.items():
        shares = []
        for seed in range(seeds):
            key = lib.generator_augment
            trained = key.train(points, key.quarter_turns, seed=seed, **options)
            shares.append(float((quarters(key.draw(trained.generator, 4000)) != 0).mean()))
        found[name] = shares
    return found | {"seconds a run": (time.process_time() - start) / (seeds * len(ARMS))}


def speed() -> dict:
    """Pictures a second: turn, zoom and shift in one sampling, then brightness and contrast."""
    lib = library("tensorflow")
    import keras
    import tensorflow as tf

    pictures = load("catalogue", count=512).images
    images = lib.bridge.to_images(pictures)
    layers = keras.Sequential(
        [
            keras.layers.RandomRotation(15 / 360, fill_mode="reflect"),
            keras.layers.RandomZoom(0.2, fill_mode="reflect"),
            keras.layers.RandomTranslation(0.1, 0.1, fill_mode="reflect"),
            keras.layers.RandomBrightness(0.3, value_range=(-1, 1)),
            keras.layers.RandomContrast(0.3, value_range=(-1, 1)),
        ]
    )
    told = {"angle": 15, "zoom": 1.2, "shift": 3, "light": 1.4}
    rng = np.random.default_rng(0)
    draws = lib.bridge.to_tensor(rng.random((512, 9)))
    ours = tf.function(lambda x, d: lib.augment.augment(x, d, **told))
    theirs = tf.function(lambda x, d: layers(x, training=True))
    torch = library("torch")
    torch_images, torch_draws = torch.bridge.to_images(pictures), torch.bridge.to_tensor(draws)
    runs = {
        "TensorFlow, `augment`": lambda: ours(images, draws),
        "Keras's own layers": lambda: theirs(images, draws),
        "PyTorch, `augment`": lambda: torch.augment.augment(torch_images, torch_draws, **told),
    }
    found = {}
    for name, run in runs.items():
        run()
        seconds = []
        for _ in range(7):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
        found[name] = 512 / float(np.median(seconds))
    return found


def fit(images, labels, classes, steps, augment, seed, *, marks=(), extra=None, rate=2e-3):
    """The course's classifier after so many steps of 32, and at `marks` its copies by step.

    `extra` are further pictures and labels: half of each batch then. PyTorch.
    """
    import torch

    lib = library()
    lib.bridge.set_seed(seed)
    rng, draws_rng = np.random.default_rng(seed), np.random.default_rng(1000 + seed)
    network = lib.classifier.build_classifier(classes=classes)
    optimizer, kept = lib.bridge.adam(network, rate, (0.9, 0.99)), {}
    for step in range(1, steps + 1):
        index = rng.integers(len(images), size=32)
        batch, told = images[index], labels[index]
        if extra is not None:
            other = rng.integers(len(extra[0]), size=16)
            batch = np.concatenate([batch[:16], extra[0][other]])
            told = np.concatenate([told[:16], extra[1][other]])
        draws = lib.bridge.to_tensor(draws_rng.random((32, 12)))
        x = augment(lib.augment, lib.bridge.to_images(batch), draws)
        loss = torch.nn.functional.cross_entropy(network(x), torch.tensor(told))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step in marks:
            kept[step] = lib.bridge.copy_model(network).eval()
    return network.eval(), kept


def accuracy(network, pictures, labels) -> float:
    return float((library().classifier.class_logits(network, pictures).argmax(1) == labels).mean())


def plain(key, x, d):
    return x


def hue(key, x, d):
    return key.turn_hue(x, d[:, 0])


def other_light(key, x, d):
    return key.augment(x, d[:, :9], light=1.4)


def mirrored(key, x, d):
    return key.augment(x, d[:, :9], mirror=0.5)


def shifted(key, x, d):
    return key.augment(x, d[:, :9], shift=4)


def cropped(key, x, d):
    boxes = key.random_boxes(d[:, :4], height=32, width=32, area=(0.4, 1.0), ratio=(3 / 4, 4 / 3))
    return key.crop(x, boxes)


def geometry(key, x, d):
    return key.augment(x, d[:, :9], shift=4, zoom=1.2, angle=15)


def geometry_and_light(key, x, d):
    return key.augment(x, d[:, :9], shift=4, zoom=1.2, angle=15, light=1.4)


def two_at_random(key, x, d):
    """Two of six transformations for each picture, as RandAugment has it."""

    def blurred(key, x, d):
        return key.blur(x, 0.3 + d[:, 0], radius=3)

    def turned(key, x, d):
        return key.augment(x, d[:, :9], angle=20)

    ways = [mirrored, shifted, cropped, other_light, blurred, turned]
    for place in (9, 10):
        choice = (len(ways) * d[:, place]).floor()
        changed = [way(key, x, d) for way in ways]
        x = sum(key.each((choice == k).float()) * part for k, part in enumerate(changed))
    return x


RECOGNITION = {
    "none": plain, "mirror": mirrored, "shift by 4": shifted, "crop of .4 to 1": cropped,
    "light": other_light, "geometry and light": geometry_and_light,
    "two of six at random": two_at_random,
}  # fmt: skip
MARKS = (200, 800)


def few(data, each: int, seed: int, labels: np.ndarray) -> np.ndarray:
    """The places of `each` pictures of every label, drawn by the seed."""
    rng = np.random.default_rng(100 + seed)
    parts = [rng.permutation(np.flatnonzero(labels == k))[:each] for k in range(labels.max() + 1)]
    return np.concatenate(parts)


def recognition(arm: str, seed: int) -> dict:
    """Accuracy on 1,000 test pictures of the full catalogue, from 20 a class, by step."""
    data, test = (
        load("catalogue_full", count=4000),
        load("catalogue_full", split="test", count=1000),
    )
    place = few(data, 20, seed, data.labels)
    told = data.images[place], data.labels[place]
    start = time.process_time()
    _, kept = fit(*told, 10, max(MARKS), RECOGNITION[arm], seed, marks=MARKS)
    seconds = time.process_time() - start
    found = {str(step): accuracy(net, test.images, test.labels) for step, net in kept.items()}
    return found | {"seconds": seconds}


def colours(arm: str, seed: int) -> float:
    """Accuracy of the main colour (12), 20 a colour of the full catalogue, 300 steps."""
    data, test = (
        load("catalogue_full", count=4000),
        load("catalogue_full", split="test", count=1000),
    )
    labels = data.factors["main"]
    place = few(data, 20, seed, labels)
    way = {"none": plain, "any hue": hue, "light": other_light}[arm]
    network, _ = fit(data.images[place], labels[place], 12, 300, way, seed)
    return accuracy(network, test.images, test.factors["main"])


def generated(arm: str, seed: int) -> float:
    """Accuracy on studio pictures, from 10 real ones a class, 200 steps; chapter 6's GAN beside."""
    lib = library()
    data, test = load("catalogue", count=4000), load("catalogue", split="test", count=1000)
    place = few(data, 10, seed, data.labels)
    extra = None
    if arm != "real":
        drawn = lib.gan.sample(lib.gan.load_pretrained(), 1000, classes=10, seed=seed)
        extra = drawn, np.arange(1000) % 10
    told = data.images[place], data.labels[place]
    network, _ = fit(*told, 10, 200, plain, seed, extra=extra)
    return accuracy(network, test.images, test.labels)


GANS = {
    "plain": ("unchanged", {}),
    "real only, tint, p .5": ("tint", {"real_only": True}),
    "both, tint, p .5": ("tint", {}),
    "both, DiffAugment, p .5": ("diff_augment", {}),
    "both, DiffAugment, adaptive": ("diff_augment", {"probability": None}),
}
LEAKS = ("turned", "tinted", "cut")


def gan(arm: str) -> dict:
    """A GAN on 100 studio pictures, 800 steps of 32: distance, what leaked, overfitting."""
    lib = library()
    data, test = load("catalogue", count=100), load("catalogue", split="test", count=2000)
    key, (way, options) = lib.generator_augment, GANS[arm]
    start = time.process_time()
    trained = key.train(
        data.images, getattr(key, way), steps=800, batch_size=32, latent_dim=64, learning_rate=1e-3,
        penalty=1.0, decay=0.995, rise=0.002, **options,
    )  # fmt: skip
    seconds = time.process_time() - start
    drawn = lib.gan.sample(trained.generator, 1000)
    critic = lib.classifier.load_classifier()
    features = [lib.classifier.features(critic, part) for part in (drawn, test.images)]
    logits = [
        key.judged(trained.discriminator, lib.bridge.to_images(part))
        for part in (data.images, test.images[:500], drawn[:500])
    ]
    return {
        "distance": float(lib.metrics.frechet_distance(*features)),
        "leaks": lib.generator_augment.leaks(leak_detector()[0], drawn).tolist(),
        "overfitting": float(key.overfitting(*logits)),
        "probability": float(trained.history["probability"][-1]),
        "seconds": seconds,
    }


@cache
def leak_detector():
    """The detector of turned, tinted and cut pictures, from 1,500 of the studio; its seconds."""
    key, start = library().generator_augment, time.process_time()
    network = key.train_leak_detector(load("catalogue", count=1500).images, steps=1000)
    return network, time.process_time() - start


def detector() -> dict:
    """Shares that it finds among 1,000 held-out pictures with a fault, and without any."""
    lib, (network, seconds) = library(), leak_detector()
    key, test = lib.generator_augment, load("catalogue", split="test", count=1000)
    images, rng = lib.bridge.to_images(test.images), np.random.default_rng(1)
    found = {"seconds": seconds, "false alarms": key.leaks(network, test.images).tolist()}
    for place, name in enumerate(LEAKS):
        draws = rng.random((1000, 12))
        draws[:, :3] = 1.0
        draws[:, place] = 0.0
        changed, _ = key.spoil(images, lib.bridge.to_tensor(draws))
        found[name] = float(key.leaks(network, lib.bridge.from_images(changed))[place])
    return found


def parts() -> dict[str, Callable[[], object]]:
    """Everything to measure, in this order, by the name that it has in augment.json."""
    found = {"invariance": invariance, "speed": speed}
    found["plane torch"] = lambda: plane("torch", 10)
    found["plane tensorflow"] = lambda: plane("tensorflow", 3)
    for seed in range(8):
        for arm in ("none", "any hue", "light"):
            found[f"colours, {arm}, {seed}"] = lambda arm=arm, seed=seed: colours(arm, seed)
    for seed in range(5):
        for arm in ("real", "and generated"):
            found[f"generated, {arm}, {seed}"] = lambda arm=arm, seed=seed: generated(arm, seed)
    found["detector"] = detector
    for arm in GANS:
        found[f"gan, {arm}"] = lambda arm=arm: gan(arm)
    for seed in range(5):
        for arm in RECOGNITION:
            found[f"recognition, {arm}, {seed}"] = lambda arm=arm, seed=seed: recognition(arm, seed)
    return found


def interval(gains: list[float]) -> str:
    """Mean gain and half its 95 % interval."""
    half = stats.t.ppf(0.975, len(gains) - 1) * np.std(gains, ddof=1) / np.sqrt(len(gains))
    return f"{np.mean(gains):+.3f} ± {half:.3f}"


def page(kept: dict) -> str:
    """benchmarks/augment.md from what was measured."""
    lines = ["# Augmentation, measured", ""]
    lines += ["Written by `python benchmarks/augment.py`, whose text says how.", ""]
    lines += _invariance_table(kept["invariance"]) + _plane_table(kept)
    lines += ["## Pictures a second, 32 px, one thread", ""]
    lines += ["Turn, zoom and shift in one sampling, brightness and contrast (and saturation in "
              "`augment`); Keras's layers sample three times.", ""]  # fmt: skip
    lines += ["| pipeline | pictures a second |", "|---|---|"]
    lines += [f"| {name} | {value:,.0f} |" for name, value in kept["speed"].items()] + [""]
    lines += _paired(kept, "colours", "none", "Main colour, 20 pictures a colour, 300 steps")
    lines += _paired(kept, "generated", "real", "Category, 10 studio pictures a class, 200 steps")
    lines += [
        "The generator is chapter 6's, which has seen thousands of labelled studio pictures.",
        "",
    ]
    for step in MARKS:
        title = f"Category, 20 pictures a class of the full catalogue, {step} steps"
        lines += _paired(kept, "recognition", "none", title, str(step))
    lines += _gan_table(kept)
    return "\n".join(lines).rstrip() + "\n"


def _invariance_table(rows: dict) -> list[str]:
    columns = (*FACTORS, "side", "pose")
    lines = ["## What reads differently afterwards", ""]
    lines += ["Share of 1,000 pictures; side: of those whose product shows it.", ""]
    lines += ["| transformation | " + " | ".join(columns) + " |", "|---" * 7 + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{row[c]:.3f}" for c in columns) + " |")
    return [*lines, ""]


def _plane_table(kept: dict) -> list[str]:
    theory = {"real only, p .5": ".375", "both, p 1": "anything"}
    lines = ["## The leak in the plane", ""]
    lines += [
        "Share of generated colours in a wrong quarter: mean over seeds (lowest–highest).",
        "",
    ]
    lines += ["| arm | exact | PyTorch | TensorFlow |", "|---|---|---|---|"]
    for arm in ARMS:
        cells = []
        for name in ("torch", "tensorflow"):
            shares = kept[f"plane {name}"][arm]
            cells.append(f"{np.mean(shares):.3f} ({min(shares):.3f}–{max(shares):.3f})")
        lines.append(f"| {arm} | {theory.get(arm, '0')} | " + " | ".join(cells) + " |")
    took = [kept[f"plane {name}"]["seconds a run"] for name in ("torch", "tensorflow")]
    lines += [
        "",
        f"10 seeds in PyTorch, 3 in TensorFlow; {took[0]:.1f} and {took[1]:.1f} CPU s a run.",
    ]
    return [*lines, ""]


def _paired(kept: dict, part: str, base: str, title: str, step: str = "") -> list[str]:
    """One line for each arm: mean accuracy, and the paired gain over `base` with its interval."""
    found: dict[str, dict[int, float]] = {}
    for name, value in kept.items():
        if name.startswith(f"{part}, "):
            _, arm, seed = name.split(", ")
            found.setdefault(arm, {})[int(seed)] = value[step] if step else value
    if base not in found:
        return []
    lines = [f"## {title}", "", "| arm | seeds | accuracy | gain |", "|---|---|---|---|"]
    for arm, values in found.items():
        both = sorted(values.keys() & found[base].keys())
        gains = [values[seed] - found[base][seed] for seed in both]
        gain = interval(gains) if arm != base and len(both) > 1 else ""
        lines.append(f"| {arm} | {len(values)} | {np.mean(list(values.values())):.3f} | {gain} |")
    return [*lines, ""]


def _gan_table(kept: dict) -> list[str]:
    rows = {arm: kept[f"gan, {arm}"] for arm in GANS if f"gan, {arm}" in kept}
    if not rows:
        return []
    lines = ["## A GAN with 100 pictures, 800 steps, one seed", ""]
    told = kept["detector"]
    lines += [
        "Turned, tinted and cut: the shares of 1,000 samples that a detector takes for it. On "
        "held-out pictures it finds "
        + ", ".join(f"{told[name]:.1%}" for name in LEAKS)
        + " of these faults, "
        "with false alarms of "
        + ", ".join(f"{share:.1%}" for share in told["false alarms"])
        + f"; its training took {told['seconds']:.0f} CPU s. Blurred samples may look turned or "
        "cut: compare with the first row.",
        "",
        "| arm | Fréchet distance | turned | tinted | cut | overfitting | last p | CPU s |",
        "|---" * 8 + "|",
    ]
    for arm, row in rows.items():
        last = f"{row['probability']:.2f}" if "adaptive" in arm else "–"
        shares = " | ".join(f"{share:.3f}" for share in row["leaks"])
        lines.append(
            f"| {arm} | {row['distance']:.0f} | {shares} | {row['overfitting']:.2f} | "
            f"{last} | {row['seconds']:.0f} |"
        )
    note = "Undertrained, in seconds that a laptop has: one seed decides nothing but the leak."
    return [*lines, "", note, ""]


def main() -> None:
    """Measure what is missing, and write the page."""
    file = HERE / "augment.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    if sys.argv[1:] != ["page"]:
        for name, measure in parts().items():
            if name not in kept:
                kept[name] = measure()
                file.write_text(json.dumps(kept, indent=1) + "\n")
                print(f"{name}: {kept[name]}", flush=True)
    (HERE / "augment.md").write_text(page(kept))


if __name__ == "__main__":
    main()
