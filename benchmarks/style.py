"""Style measured against what the catalogue redraws: writes benchmarks/style.json and style.md.

    OMP_NUM_THREADS=1 python benchmarks/style.py [colourways materials synthesis searches transfer
                                                  legibility feedforward]

With names, only those parts are measured again.
One thread, PyTorch, CPU seconds. Test pictures of the full catalogue, other than those on which
settings were chosen. Colour difference is CIE76 ΔE inside of the exact matte, weighted by it.

Colourways: 200 pictures, 64 pixels, each with two new colours, against the picture drawn in those.
Statistical methods see a reference: the same product in the new colours, in another pose. Unmixing
is told both pairs of colours, and needs no reference. "In the matte": the wall is unmixed from the
rim first, the product's colours moved, the wall mixed in again. Materials: 60 products in each of
six materials, 64 pixels, against the product painted in that material. Texture: from a swatch of
32 pixels to 64, and 10 products in six styles at 128 pixels, 40 iterations. The judge of styles
(`plain.style_measures`) has filters that nothing was optimised for; edges are counted with those of
the texture, so that a texture finds many by chance: read recall beside precision. Kept: what the
shipped classifier says of the picture at 32 pixels is the product's category; it was trained before
pale walls, so beside it stands what it says of untouched products set before each material.
Legibility: bottles and watches, whose label or dial is light print; counted are edges on it alone.
Feed-forward: one network for the six styles, 64 pixels, judged on 24 other products.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from prodgen_lib.data import catalogue
from prodgen_lib.data.cloth import COLOURS
from prodgen_lib.plain.layers import Layers, layers
from prodgen_lib.plain.materials import MATERIALS, material
from prodgen_lib.plain.matte import estimate_matte
from prodgen_lib.plain.style_measures import edges, edges_kept, style_distance
from prodgen_lib.plain.transport import random_turns
from prodgen_lib.torch import style as key
from prodgen_lib.torch import stylise as made
from prodgen_lib.torch.bridge import image_array, image_tensor, to_tensor
from prodgen_lib.torch.classifier import class_logits, load_classifier
from prodgen_lib.torch.feedforward import train
from prodgen_lib.torch.superres import classifier_features
from prodgen_lib.torch.texture import pyramid, random_features, to_pictures, to_points

HERE = Path(__file__).parent
SWATCHES = np.array(list(COLOURS.values()), np.float32)
NEUTRAL = [catalogue.COLOUR_NAMES.index(name) for name in ("grey", "black", "cream")]
COUNT, DRESSED, SEED = 200, 60, 1
MATERIAL_NAMES = tuple(MATERIALS)
Factors = dict[str, np.ndarray]
Row = dict[str, float]


def pair_of_colours(factors: Factors) -> np.ndarray:
    """Main and second colour of each picture: (N, 2, 3)."""
    return np.stack([SWATCHES[factors["main"]], SWATCHES[factors["second"]]], axis=1)


def neutral(factors: Factors) -> np.ndarray:
    """Which products have a grey, black or cream colour: bool (N,)."""
    return np.isin(factors["main"], NEUTRAL) | np.isin(factors["second"], NEUTRAL)


def drawn(factors: Factors) -> np.ndarray:
    """Pictures in [0, 1], rounded to 8 bits as a file holds them."""
    return catalogue.render(factors).astype(np.float32) / 255


# -------------------------------------------------------------------------------- colourways


def colourways() -> dict[str, Row]:
    """Each way to give the products new colours."""
    factors = catalogue.sample_factors("full", COUNT, SEED, "test")
    rng = np.random.default_rng(SEED)
    main = (factors["main"] + rng.integers(1, 12, COUNT)) % 12
    new = factors | {"main": main, "second": (main + rng.integers(1, 12, COUNT)) % 12}
    others = catalogue.sample_factors("full", COUNT, SEED + 1, "test")
    pose = {k: others[k] for k in ("rotation", "scale", "offset_x", "offset_y", "hue", "tint")}
    before, after, parts, shown = drawn(factors), drawn(new), layers(factors), layers(new | pose)
    reference = drawn(new | pose)
    old, wanted = (to_tensor(pair_of_colours(f)) for f in (factors, new))
    images, matte, wall = map(image_tensor, (before, parts.matte, parts.wall))
    rows = {"nothing": images}
    clouds = [p[m[..., 0] > 0.5] for p, m in zip(reference, shown.matte, strict=True)]
    turns = to_tensor(random_turns(40, 3, rng))
    ways: dict[str, tuple[Callable, bool]] = {
        "mean and deviation, Lab": (key.match_moments, True),
        "histogram, RGB": (key.match_histogram, False),
        "Monge map, RGB": (by_monge_map, False),
        "Monge map, Lab": (by_monge_map, True),
        "sliced transport, RGB": (lambda a, b: key.sliced_transport(a, b, turns), False),
    }
    spent = {"nothing": 0.0}

    def timed(name: str, make: Callable[[], Tensor]) -> None:
        start = time.process_time()
        rows[name] = make()
        spent[name] = (time.process_time() - start) / COUNT

    everywhere = [p.reshape(-1, 3) for p in reference]
    whole = image_tensor(np.ones_like(parts.matte))
    timed(
        "mean and deviation, Lab, whole picture",
        lambda: moved(images, whole, wall, everywhere, key.match_moments, in_lab=True),
    )
    for name, (way, in_lab) in ways.items():
        timed(name, lambda w=way, i=in_lab: moved(images, matte, wall, clouds, w, in_lab=i))
    timed("unmixing", lambda: key.recolour(images, matte, wall, old, wanted))
    timed("unmixing, signs ignored", lambda: by_matrix(images, matte, wall, old, wanted))
    timed("unmixing, linear light", lambda: in_light(images, matte, wall, old, wanted))
    hard = (matte > 0.5).float()
    timed("unmixing, hard mask", lambda: key.recolour(images, hard, wall, old, wanted))

    def guessed() -> Tensor:
        found, beside = map(image_tensor, estimate_matte(before))
        return key.recolour(images, found, beside, old, wanted)

    timed("unmixing, guessed matte", guessed)
    target = image_tensor(after)
    measured = {n: colour_row(x, target, matte) | {"ms": 1e3 * spent[n]} for n, x in rows.items()}
    return measured | {"by": by_condition(rows["unmixing"], target, matte, factors)}


def by_monge_map(points: Tensor, reference: Tensor) -> Tensor:
    matrix, shift = key.monge_map(points, reference)
    return points @ matrix + shift


def moved(
    images: Tensor,
    matte: Tensor,
    wall: Tensor,
    clouds: list[np.ndarray],
    way: Callable[[Tensor, Tensor], Tensor],
    *,
    in_lab: bool,
) -> Tensor:
    """The product's colours, freed of the wall, moved to a cloud of colours; N×3×H×W."""
    seen = matte > 0.02
    product = torch.where(seen, (images - (1 - matte) * wall) / matte.clamp(min=0.02), images)
    product = product.clamp(0, 1)
    found = []
    for picture, inside, cloud in zip(product, seen, clouds, strict=True):
        points, reference = to_points(picture[None])[0], to_tensor(cloud)
        within = inside.flatten()
        if in_lab:
            points, reference = map(points_in_lab, (points, reference))
        points = points.clone()
        points[within] = way(points[within], reference)
        result = to_pictures(points[None], picture.shape[1])
        found.append(key.from_lab(result) if in_lab else result)
    return torch.where(seen, matte * torch.cat(found).clamp(0, 1) + (1 - matte) * wall, images)


def points_in_lab(points: Tensor) -> Tensor:
    """Colours (P, 3) in Lab."""
    return to_points(key.to_lab(to_pictures(points[None], 1)))[0]


def by_matrix(images: Tensor, matte: Tensor, wall: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Unmixing by the inverse of [old, old, white]: shares may be negative."""
    white = torch.ones_like(old[:, :1])
    palette = torch.cat([old, white], dim=1)
    product = (images - (1 - matte) * wall) / matte.clamp(min=0.02)
    shares = to_points(product) @ torch.linalg.pinv(palette)
    change = to_pictures(shares[..., :2] @ (new - old), images.shape[2])
    return (images + torch.where(matte >= 0.02, matte, 0.0) * change).clamp(0, 1)


def in_light(images: Tensor, matte: Tensor, wall: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Unmixing after every number was made linear light, and back."""
    linear = lambda x: torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)  # noqa: E731
    found = key.recolour(linear(images), matte, *map(linear, (wall, old, new)))
    bent = 1.055 * found.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(found <= 0.0031308, 12.92 * found, bent)


def colour_row(images: Tensor, target: Tensor, matte: Tensor) -> Row:
    """ΔE: in the product, at its rim, beside it."""
    inside = key.colour_difference(images, target, matte).numpy()
    rim = ((matte > 0.02) & (matte < 0.98)).float()
    beside = (matte == 0).float()
    return {
        "mean": float(inside.mean()),
        "median": float(np.median(inside)),
        "below 5": float((inside < 5).mean()),
        "rim": float(key.colour_difference(images, target, rim).mean()),
        "beside": float(key.colour_difference(images, target, beside).mean()),
    }


def by_condition(images: Tensor, target: Tensor, matte: Tensor, factors: Factors) -> Row:
    """Where unmixing fails: pairs with a neutral colour, palettes of a large condition number."""
    apart = key.colour_difference(images, target, matte).numpy()
    grey = neutral(factors)
    white = np.ones((COUNT, 1, 3), np.float32)
    hard = np.linalg.cond(np.concatenate([pair_of_colours(factors), white], axis=1)) > 12
    found = {}
    for name, part in (
        ("no neutral colour", ~grey),
        ("a neutral colour", grey),
        ("condition up to 12", ~hard),
        ("condition above 12", hard),
    ):
        found[name] = {
            "pictures": int(part.sum()),
            "mean": float(apart[part].mean()),
            "below 5": float((apart[part] < 5).mean()),
        }
    return found


# -------------------------------------------------------------------------- materials, backdrops


def materials() -> dict[str, Row]:
    """Each way to dress products, against the product painted in the material."""
    factors = catalogue.sample_factors("full", DRESSED, SEED + 2, "test")
    parts, pictures, colours = layers(factors), drawn(factors), pair_of_colours(factors)
    images, matte, wall = map(image_tensor, (pictures, parts.matte, parts.wall))
    plain = ~neutral(factors)
    light = (0.299, 0.587, 0.114) @ np.moveaxis(pictures, 3, 2)
    level = (light * parts.matte[..., 0]).sum((1, 2)) / parts.matte.sum((1, 2, 3))
    shade = image_tensor((light / level[:, None, None])[..., None])
    start = time.process_time()
    share = key.product_shares(images, matte, wall, to_tensor(colours))[:, :1]
    spent = time.process_time() - start
    rows: dict[str, list[Row]] = {}
    for name in MATERIALS:
        cloth = np.broadcast_to(material(name, 64, seed=SEED), pictures.shape)
        exact = image_tensor(parts.paint(cloth, colours[:, 1], parts.wall))
        texture, main = image_tensor(cloth), to_tensor(colours[:, 0])
        dressed = {
            "nothing": images,
            "paste": images + matte * (texture - images),
            "multiply by brightness": (images + matte * (texture * shade - images)).clamp(0, 1),
            "the main colour's share": key.dress(images, share, main, texture),
        }
        for way, found in dressed.items():
            apart = key.colour_difference(found, exact, matte).numpy()
            row = {"mean": float(apart.mean()), "median": float(np.median(apart))}
            row |= {"no neutral": float(apart[plain].mean()), "kept": kept(found, factors)}
            rows.setdefault(way, []).append(row)
    found = {way: {k: mean(r[k] for r in all_) for k in all_[0]} for way, all_ in rows.items()}
    found["the main colour's share"]["ms"] = 1e3 * spent / DRESSED
    return found | backdrops(factors, parts, images)


def backdrops(factors: Factors, parts: Layers, images: Tensor) -> dict[str, Row]:
    """Products before wood: how far the product's colours are from the painted picture."""
    cloth = np.broadcast_to(material("wood", 64, seed=SEED), (DRESSED, 64, 64, 3))
    colours = pair_of_colours(factors)
    exact = image_tensor(parts.paint(colours[:, 0], colours[:, 1], parts.shadow * cloth))
    matte, wall, shadow, texture = map(image_tensor, (parts.matte, parts.wall, parts.shadow, cloth))
    found = {"backdrop, exact layers": key.set_behind(images, matte, wall, shadow, texture)}
    guess, beside = map(image_tensor, estimate_matte(image_array(images)))
    light = beside.mean(dim=1, keepdim=True)
    left = light / light.amax(dim=(2, 3), keepdim=True)
    found["backdrop, guessed matte"] = key.set_behind(images, guess, beside, left, texture)
    core = (matte == 1).float()
    return {
        name: {
            "mean": float(key.colour_difference(x, exact, matte).mean()),
            "core": float(key.colour_difference(x, images, core).mean()),
            "kept": kept(x, factors),
        }
        for name, x in found.items()
    }


def kept(images: Tensor, factors: Factors) -> float:
    """How often the shipped classifier, at 32 pixels, sees the product's category."""
    small = torch.nn.functional.avg_pool2d(images, images.shape[2] // 32)
    pictures = np.rint(255 * image_array(small)).clip(0, 255).astype(np.uint8)
    seen = class_logits(load_classifier(), pictures).argmax(axis=1)
    return float(np.mean(seen == factors["category"]))


def mean(values) -> float:
    return float(np.mean(list(values)))


# --------------------------------------------------------------------------------------- texture


def synthesis() -> dict[str, Row]:
    """More cloth from a swatch: what describes a texture best."""
    rng = np.random.default_rng(SEED)
    noise = image_tensor(rng.uniform(-0.1, 0.1, (1, 64, 64, 3)))
    layer = classifier_features()
    banks = {
        "64 random filters 7×7, 4 levels": random_features(levels=4),
        "64 random filters 7×7, 2 levels": random_features(levels=2),
        "16 random filters 7×7, 4 levels": random_features(count=16, levels=4),
        "colours alone": lambda x: [2 * level - 1 for level in pyramid(x, 4)],
        "the classifier's second layer, colours": lambda x: [layer(x), 2 * x - 1],
    }
    slices = "64 random filters 7×7, 4 levels, sliced distance"
    rows = {}
    for name, features in {
        "start": None,
        "another piece": None,
        **banks,
        slices: random_features(levels=4),
    }.items():
        found, spent = [], 0.0
        for cloth in MATERIALS:
            swatch = material(cloth, 32, seed=3)
            picture = swatch.mean(axis=(0, 1)) + image_array(noise)
            if name == "another piece":
                picture = material(cloth, 64, seed=4)[None]
            if features:
                start = time.process_time()
                search = by_slices if name == slices else by_gram
                more = search(image_tensor(swatch[None]), noise, features)
                spent += time.process_time() - start
                picture = image_array(more)
            found.append(float(style_distance(picture, swatch)[0]))
        rows[name] = {"mean": mean(found), "seconds": spent / len(MATERIALS)}
        rows[name] |= dict(zip(MATERIALS, found, strict=True))
    return rows


def by_gram(swatch: Tensor, noise: Tensor, features: Callable) -> Tensor:
    """80 iterations of L-BFGS."""
    return made.synthesise(swatch, noise, features, iterations=80)[0]


def by_slices(swatch: Tensor, noise: Tensor, features: Callable) -> Tensor:
    """150 steps of Adam, each along 16 fresh directions per level."""
    rng, wanted = np.random.default_rng(SEED), [to_points(x)[0] for x in features(swatch)]

    def loss(images: Tensor) -> Tensor:
        seen = [to_points(x)[0] for x in features(images)]
        fresh = [to_tensor(rng.normal(0, 1, (16, x.shape[1]))) for x in seen]
        return sum(map(key.sliced_distance, seen, wanted, fresh))

    start = swatch.mean(dim=(2, 3), keepdim=True) + noise
    return made.optimise_by_adam(loss, start, steps=150, learning_rate=0.02)[0]


def transfer(size: int = 128) -> dict[str, Row]:
    """Ten products in six styles; both arms with and without ink; the dial on three styles."""
    factors = catalogue.complete(
        {
            "category": np.arange(10),
            "main": np.arange(10),
            "second": (np.arange(10) + 4) % 12,
            "pattern": np.arange(10) % 4,
        }
    )
    parts, colours = layers(factors, size), pair_of_colours(factors)
    content = image_tensor(parts.paint(colours[:, 0], colours[:, 1], parts.wall))
    features, few = random_features(levels=4), slice(3, 6)
    rows: dict[str, list[Row]] = {}

    def note(name: str, images: Tensor, style: np.ndarray, spent: float, which: slice) -> None:
        some = {k: column[which] for k, column in factors.items()}
        row = judged(images, style, content[which], some) | {"seconds": spent}
        rows.setdefault(name, []).append(row)

    for index, name in enumerate(MATERIALS):
        style = material(name, size, seed=SEED)
        told = image_tensor(style[None])
        note("untouched", content, style, 0.0, slice(None))
        for arm, make in (("whole", key.stylise), ("lightness", made.stylise_lightness)):
            start = time.process_time()
            parts_ = [
                make(one, told, features, weight=1.0, iterations=40)[0] for one in content.split(1)
            ]
            found, spent = torch.cat(parts_), (time.process_time() - start) / len(content)
            note(arm, found, style, spent, slice(None))
            note(f"{arm}, ink", made.ink(found, content), style, spent, slice(None))
        for weight in (0.0, 0.3, 3.0, 10.0, 30.0) if index % 2 == 0 else ():
            some = content[few]
            found, _ = key.stylise(some, told, features, weight=weight, iterations=40)
            note(f"whole, weight {weight:g} (3 products, 3 styles)", found, style, 0.0, few)
    return {name: {k: mean(row[k] for row in all_) for k in all_[0]} for name, all_ in rows.items()}


def legibility(size: int = 128) -> dict[str, Row]:
    """How much of a label's or a dial's print is found again, and what became of the colours."""
    factors = catalogue.complete(
        {"category": [4, 7, 4, 7], "main": [3, 0, 5, 6], "second": [1, 5, 2, 1], "pattern": 0}
    )
    parts, colours = layers(factors, size), pair_of_colours(factors)
    pictures = parts.paint(colours[:, 0], colours[:, 1], parts.wall)
    images, matte, wall, shadow = map(
        image_tensor, (pictures, parts.matte, parts.wall, parts.shadow)
    )
    light = parts.rest.min(axis=3) > 0.5
    printed = ndimage.binary_closing(light, np.ones((1, 9, 9)))
    share_ = key.product_shares(images, matte, wall, to_tensor(colours))[:, :1]
    features, rows = random_features(levels=4), {}

    def note(name: str, found: Tensor) -> None:
        wanted, seen = edges(pictures) & printed, edges(image_array(found)) & printed
        near = [ndimage.binary_dilation(x, np.ones((1, 3, 3))) for x in (seen, wanted)]
        row = {
            "recall": mean((wanted & near[0]).sum((1, 2)) / wanted.sum((1, 2))),
            "precision": mean((seen & near[1]).sum((1, 2)) / np.maximum(seen.sum((1, 2)), 1)),
            "product": float(key.colour_difference(found, images, matte).mean()),
            "core": float(key.colour_difference(found, images, (matte == 1).float()).mean()),
        }
        rows.setdefault(name, []).append(row)

    new = SWATCHES[(factors["main"] + 4) % 12], SWATCHES[(factors["second"] + 7) % 9]
    told = to_tensor(colours), to_tensor(np.stack(new, axis=1))
    note("other colours", key.recolour(images, matte, wall, *told))
    for name in ("hatching", "watercolour", "wood"):
        cloth = material(name, size, seed=SEED)
        texture = image_tensor(np.broadcast_to(cloth, pictures.shape))
        note("another material", key.dress(images, share_, to_tensor(colours[:, 0]), texture))
        note("another background", key.set_behind(images, matte, wall, shadow, texture))
        hand = image_tensor(cloth[None])
        for arm, make in (("whole", key.stylise), ("lightness", made.stylise_lightness)):
            drawn_ = [
                make(one, hand, features, weight=1.0, iterations=40)[0] for one in images.split(1)
            ]
            note(arm, torch.cat(drawn_))
            note(f"{arm}, ink", made.ink(torch.cat(drawn_), images))
    return {name: {k: mean(row[k] for row in all_) for k in all_[0]} for name, all_ in rows.items()}


def searches(size: int = 64) -> dict[str, Row]:
    """L-BFGS against Adam: the style loss of one texture after so many CPU seconds."""
    features, swatch = random_features(levels=4), image_tensor(material("dots", 64)[None])
    targets = [key.gram_matrix(level) for level in features(swatch)]
    weights = [1 / (len(targets) * t.square().mean().item()) for t in targets]
    noise = np.random.default_rng(SEED).uniform(-0.1, 0.1, (1, size, size, 3))
    start = swatch.mean(dim=(2, 3), keepdim=True) + image_tensor(noise)

    def loss(images: Tensor) -> Tensor:
        return key.style_loss(features(images), targets, weights)

    rows = {}
    for name, search in {
        "L-BFGS": lambda n: key.optimise_pixels(loss, start, iterations=n),
        **{
            f"Adam, {rate:g}": lambda n, r=rate: made.optimise_by_adam(
                loss, start, steps=n, learning_rate=r
            )
            for rate in (0.1, 0.03, 0.01)
        },
    }.items():
        for steps in (20, 80):
            begun = time.process_time()
            found, _ = search(steps)
            spent = time.process_time() - begun
            rows.setdefault(name, {}).update(
                {f"seconds {steps}": spent, f"loss {steps}": float(loss(found))}
            )
    return rows


def feedforward(steps: int = 400, count: int = 24) -> dict[str, Row]:
    """One small network for six styles, and what the judges say of products merely set before."""
    drawn_ = drawn(catalogue.sample_factors("full", 500, SEED))
    styles = np.stack([material(name, 128, seed=SEED) for name in MATERIALS])
    features = random_features(count=32, size=5, levels=3)
    start = time.process_time()
    network, _ = train(drawn_, styles, features, steps=steps, progress=False)
    trained = time.process_time() - start
    factors = catalogue.sample_factors("full", count, SEED + 3, "test")
    parts, pictures = layers(factors), drawn(factors)
    noise = image_tensor(np.random.default_rng(SEED).normal(0, 1, pictures.shape))
    layered = map(image_tensor, (pictures, parts.matte, parts.wall, parts.shadow))
    images, matte, wall, shadow = layered
    rows: dict[str, list[Row]] = {}
    for index, style in enumerate(styles):
        start = time.process_time()
        with torch.no_grad():
            shares = to_tensor(np.eye(len(styles))[[index] * count])
            made_ = network(images, noise, shares)
        spent = (time.process_time() - start) / count
        cloth = image_tensor(np.broadcast_to(style[:64, :64], pictures.shape))
        behind = key.set_behind(images, matte, wall, shadow, cloth)
        piece = np.broadcast_to(style[64:, 64:], pictures.shape)
        for name, found in {
            "untouched": images,
            "network": made_,
            "network, ink": made.ink(made_, images),
            "product before the material": behind,
            "another piece of the material": image_tensor(piece),
        }.items():
            row = judged(found, style, images, factors) | {"ms": 1e3 * spent}
            row |= {MATERIAL_NAMES[index]: row["style"], "training": trained}
            rows.setdefault(name, []).append(row)
    keys = ("style", "recall", "precision", "kept")
    found = {n: {k: mean(r[k] for r in all_) for k in keys} for n, all_ in rows.items()}
    for name, all_ in rows.items():
        found[name] |= {m: r[m] for m, r in zip(MATERIAL_NAMES, all_, strict=True)}
    found["network"] |= {"ms": mean(r["ms"] for r in rows["network"]), "training": trained}
    return found


def judged(images: Tensor, style: np.ndarray, content: Tensor, factors: Factors) -> Row:
    """The four judges' means over pictures."""
    recall, precision = edges_kept(image_array(images), image_array(content))
    return {
        "style": mean(style_distance(image_array(images), style)),
        "recall": mean(recall),
        "precision": mean(precision),
        "kept": kept(images, factors),
    }


# ------------------------------------------------------------------------------------------- text


def table(rows: dict[str, Row], columns: dict[str, str], first: str) -> list[str]:
    """A table in Markdown; a number that a row lacks stays empty."""
    lines = [f"| {first} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = [format(row[k], form) if k in row else "" for k, form in columns.items()]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return [*lines, ""]


def text(found: dict) -> str:
    """style.md."""
    ways = {k: v for k, v in found["colourways"].items() if k != "by"}
    lines = [
        "# Style, measured",
        "",
        "Written by `python benchmarks/style.py`, whose text says how.",
        "",
        f"## New colours: ΔE to the redrawn product, {COUNT} pictures of 64 pixels",
        "",
    ]
    form = {"mean": ".2f", "median": ".2f", "below 5": ".3f", "rim": ".2f", "beside": ".3f"}
    lines += table(ways, form | {"ms": ".1f"}, "way")
    lines += ["ΔE at the rim: where the matte is between 2 and 98 %; beside: where it is 0.", ""]
    form = {"pictures": "d", "mean": ".2f", "below 5": ".3f"}
    lines += table(found["colourways"]["by"], form, "unmixing, where the old colours hold")
    lines += [f"## Materials: ΔE to the painted product, {DRESSED} products × 6, 64 pixels", ""]
    form = {"mean": ".2f", "median": ".2f", "no neutral": ".2f", "core": ".3f"}
    form |= {"kept": ".3f", "ms": ".1f"}
    lines += table(found["materials"], form, "way")
    lines += [
        "No neutral: of products without a grey, black or cream colour. Core: ΔE to the picture as",
        "it was, where all of a pixel is product. The classifier has never seen a wooden wall.",
        "",
    ]
    lines += ["## More cloth, 64 pixels, from a swatch of 32: style distance to it", ""]
    form = {"mean": ".3f", **dict.fromkeys(MATERIALS, ".3f"), "seconds": ".1f"}
    lines += table(found["synthesis"], form, "features")
    lines += ["Gram matrices by 80 iterations of L-BFGS; the sliced distance, whose directions are"]
    lines += ["drawn anew each time, by 150 steps of Adam.", ""]
    lines += ["## Products in another hand, 128 pixels, weight of content 1", ""]
    form = {"style": ".3f", "recall": ".3f", "precision": ".3f", "kept": ".3f", "seconds": ".1f"}
    lines += table(found["transfer"], form, "arm")
    lines += ["## Print, 128 pixels: edges of label or dial found again", ""]
    form = {"recall": ".3f", "precision": ".3f", "product": ".1f", "core": ".2f"}
    lines += table(found["legibility"], form, "what was changed")
    lines += [
        "Product, core: ΔE to the picture as it was, weighted by the matte, and where all of a"
    ]
    lines += [
        "pixel is product. Two bottles and two watches; all rows but the first in three styles.",
        "",
    ]
    lines += ["## One network for six styles, 64 pixels", ""]
    form = {"style": ".3f", **dict.fromkeys(MATERIALS, ".3f")}
    form |= {"recall": ".3f", "precision": ".3f", "kept": ".3f", "ms": ".1f", "training": ".0f"}
    lines += table(found["feedforward"], form, "picture")
    lines += ["Style distance, mean and of each material. Training in CPU seconds.", ""]
    lines += ["## Two searches for one texture: style loss after 20 and 80 iterations", ""]
    form = {"loss 20": ".1e", "seconds 20": ".2f", "loss 80": ".1e", "seconds 80": ".2f"}
    return "\n".join(lines + table(found["searches"], form, "search")).rstrip() + "\n"


def main() -> None:
    torch.set_num_threads(1)
    begun, asked = time.process_time(), sys.argv[1:]
    found = json.loads((HERE / "style.json").read_text(encoding="utf-8")) if asked else {}
    for part in (colourways, materials, synthesis, searches, transfer, legibility, feedforward):
        if asked and part.__name__ not in asked:
            continue
        found[part.__name__] = part()
        print(part.__name__, f"{time.process_time() - begun:.0f} CPU s", flush=True)
    (HERE / "style.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (HERE / "style.md").write_text(text(found), encoding="utf-8")
    print(text(found))


if __name__ == "__main__":
    main()
