"""Style against values by hand, exact answers of the catalogue, and SciPy and scikit-image."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, nnls
from scipy.spatial.distance import cdist

from prodgen_lib.data import catalogue
from prodgen_lib.data.cloth import COLOURS
from prodgen_lib.plain.layers import layers
from prodgen_lib.plain.pairs import lab
from prodgen_lib.plain.transport import quantile_steps, random_turns

SWATCHES = np.array(list(COLOURS.values()), np.float32)


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key's modules of one framework; pictures to tensors and back."""
    names = ("style", "texture")
    found = {name: importlib.import_module(f"prodgen_lib.{fw.name}.{name}") for name in names}
    tools = ("to_tensor", "to_numpy", "image_tensor", "image_array")
    found |= {name: getattr(fw.bridge, name) for name in tools}
    return SimpleNamespace(name=fw.name, bridge=fw.bridge, **found)


def double(on, array):
    """A float64 tensor, for what must be exact."""
    module = importlib.import_module(on.name)
    return module.as_tensor(array) if on.name == "torch" else module.constant(array)


def added(on, tensor):
    """The sum of all numbers of a tensor, a scalar with a graph."""
    return tensor.sum() if on.name == "torch" else sum_of(tensor)


def sum_of(tensor):
    return importlib.import_module("tensorflow").reduce_sum(tensor)


# ------------------------------------------------------------------------------------- colours


def test_lab_by_hand(on):
    """White, black, red, and two numbers on the two pieces of the curve."""
    rgb = [[1, 1, 1], [0, 0, 0], [1, 0, 0], [0.04, 0.04, 0.04], [0.5, 0.5, 0.5]]
    found = on.image_array(on.style.to_lab(on.image_tensor(np.array(rgb)[None, None])))[0, 0]
    assert found[0] == pytest.approx([100, 0, 0], abs=1e-4)
    assert found[1] == pytest.approx([0, 0, 0], abs=1e-4)
    assert found[2] == pytest.approx([53.24, 80.09, 67.20], abs=0.03)
    dark = 0.04 / 12.92  # below (6/29)³, so L* = 116 · x / (3 · (6/29)²)
    assert found[3] == pytest.approx([116 * dark / (3 * (6 / 29) ** 2), 0, 0], abs=1e-4)
    light = 116 * (0.555 / 1.055) ** 0.8 - 16  # the power 2.4, then the cube root
    assert found[4] == pytest.approx([light, 0, 0], abs=1e-3)


def test_lab_is_that_of_scikit_image_and_of_the_library(on, rng):
    color = pytest.importorskip("skimage.color")
    pictures = rng.uniform(0, 1, (2, 5, 4, 3))
    found = on.image_array(on.style.to_lab(on.image_tensor(pictures)))
    assert np.abs(found - lab(pictures)).max() < 1e-3
    # whose matrix has two digits more
    assert np.abs(found - color.rgb2lab(pictures)).max() < 0.05


def test_lab_there_and_back(on, rng):
    pictures = rng.uniform(-0.1, 1.1, (2, 5, 4, 3))
    again = on.style.from_lab(on.style.to_lab(on.image_tensor(pictures)))
    assert np.allclose(on.image_array(again), pictures, atol=2e-5)


def test_gradients_of_lab_are_finite_everywhere(on):
    pictures = on.image_tensor(np.linspace(0, 1, 27).reshape(1, 3, 3, 3) ** 4)
    for channel in range(3):

        def one(x, channel=channel):
            return added(on, on.style.to_lab(x) * on.image_tensor(np.eye(3)[None, None, [channel]]))

        _, (slope,) = on.bridge.value_and_gradients(one, pictures)
        assert np.all(np.isfinite(slope)) and np.abs(slope).max() > 10


def test_colour_difference_by_hand(on):
    """Black and white are 100 apart; a weight on one of two pixels takes that one."""
    first = on.image_tensor([[[[0, 0, 0], [1, 1, 1]]]])
    second = on.image_tensor([[[[1, 1, 1], [1, 1, 1]]]])
    weight = on.image_tensor([[[[0.5], [0]]]])
    difference = on.style.colour_difference
    assert on.to_numpy(difference(first, second)) == pytest.approx([50], abs=1e-3)
    assert on.to_numpy(difference(first, second, weight)) == pytest.approx([100], abs=1e-3)
    assert on.to_numpy(difference(first, second, 0 * weight)) == pytest.approx([0])


# ---------------------------------------------------------------------- statistics of colours


def clouds(rng, first=200, second=150):
    """Two clouds of colours with different means, covariances and sizes."""
    mixes = rng.normal(0, 0.2, (2, 3, 3))
    counts = zip((first, second), mixes, strict=True)
    return (rng.normal(0, 1, (n, 3)) @ mix + rng.uniform(0, 1, 3) for n, mix in counts)


def test_moments_are_the_references(on, rng):
    points, reference = clouds(rng)
    moved = on.style.match_moments(double(on, points), double(on, reference), epsilon=0.0)
    moved = on.to_numpy(moved)
    assert np.allclose(moved.mean(axis=0), reference.mean(axis=0))
    assert np.allclose(moved.std(axis=0), reference.std(axis=0))  # NumPy's divides by N
    by_hand = on.style.match_moments(
        double(on, [[0.0], [2.0]]), double(on, [[5.0], [11.0]]), epsilon=0.0
    )
    assert on.to_numpy(by_hand).ravel() == pytest.approx([5, 11])


def test_one_even_colour_has_no_deviation_to_divide_by(on):
    moved = on.style.match_moments(on.to_tensor([[0.5], [0.5]]), on.to_tensor([[0.1], [0.3]]))
    assert on.to_numpy(moved).ravel() == pytest.approx([0.2, 0.2], abs=1e-5)


def test_histogram_by_hand(on):
    """Ranks keep their order; four numbers from two are their outermost and quarter points."""
    points = on.to_tensor([[3.0, 0.1], [1.0, 0.4], [2.0, 0.3], [9.0, 0.2]])
    same = on.style.match_histogram(points, on.to_tensor([[5, 40], [6, 10], [7, 20], [8, 30]]))
    assert np.array_equal(on.to_numpy(same), [[7, 10], [5, 40], [6, 30], [8, 20]])
    fewer = on.style.match_histogram(points, on.to_tensor([[0.0, 0.0], [1.0, 1.0]]))
    assert on.to_numpy(fewer)[:, 0] == pytest.approx([0.75, 0, 0.25, 1])


def test_histogram_is_that_of_scikit_image(on, rng):
    """Theirs takes quantiles at the upper ends of steps: apart by no more than such a step."""
    exposure = pytest.importorskip("skimage.exposure")
    points, reference = rng.normal(0, 1, (2, 500, 1))
    ours = on.to_numpy(on.style.match_histogram(on.to_tensor(points), on.to_tensor(reference)))
    theirs = exposure.match_histograms(points, reference)
    step = np.diff(np.sort(reference.ravel())).max()
    assert np.abs(ours - theirs).max() <= step


def test_monge_map_has_the_moments_and_moves_least(on, rng):
    points, reference = clouds(rng)
    matrix, shift = on.style.monge_map(double(on, points), double(on, reference), ridge=0.0)
    matrix, shift = on.to_numpy(matrix), on.to_numpy(shift)
    moved = points @ matrix + shift
    assert np.allclose(moved.mean(axis=0), reference.mean(axis=0), atol=1e-9)
    covariance = [np.cov(x.T, bias=True) for x in (points, moved, reference)]
    assert np.allclose(covariance[1], covariance[2], atol=1e-9)
    assert np.allclose(matrix, matrix.T, atol=1e-9)
    assert np.all(np.linalg.eigvalsh(matrix) > 0)
    # Cholesky's map has the same moments and moves colours further
    a, b = (np.linalg.cholesky(c) for c in (covariance[0], covariance[2]))
    other = (points - points.mean(0)) @ np.linalg.inv(a).T @ b.T + reference.mean(0)
    assert np.allclose(np.cov(other.T, bias=True), covariance[2], atol=1e-9)
    assert ((moved - points) ** 2).sum() < ((other - points) ** 2).sum()
    # and no map can move less than the distance of the two normal distributions (Bures)
    root = np.linalg.cholesky(covariance[0])
    cross = np.sqrt(np.linalg.eigvalsh(root.T @ covariance[2] @ root)).sum()
    least = ((points.mean(0) - reference.mean(0)) ** 2).sum() - 2 * cross
    least += np.trace(covariance[0]) + np.trace(covariance[2])
    assert ((moved - points) ** 2).sum(axis=1).mean() == pytest.approx(least)


def test_monge_map_in_one_dimension_is_reinhards(on):
    matrix, shift = on.style.monge_map(
        double(on, [[0.0], [2.0]]), double(on, [[5.0], [11.0]]), ridge=0.0
    )
    assert float(matrix[0, 0]) == pytest.approx(3) and float(shift[0]) == pytest.approx(5)


def test_monge_map_of_one_even_colour_is_finite(on):
    matrix, shift = on.style.monge_map(on.to_tensor(np.full((5, 3), 0.3)), on.to_tensor(np.eye(3)))
    assert np.all(np.isfinite(on.to_numpy(matrix)))
    moved = np.full(3, 0.3) @ on.to_numpy(matrix) + on.to_numpy(shift)
    assert moved == pytest.approx(np.full(3, 1 / 3), abs=1e-3)


def test_sliced_transport_reaches_the_cloud(on, rng):
    points, reference = (x.astype(np.float32) for x in clouds(rng, 300, 300))
    turns = random_turns(30, 3, rng)
    moved = on.style.sliced_transport(*map(on.to_tensor, (points, reference, turns)))
    moved = on.to_numpy(moved)

    def distance(cloud):
        cost = cdist(cloud, reference, "sqeuclidean")
        return cost[linear_sum_assignment(cost)].mean()

    assert distance(moved) < 0.02 * distance(points)
    identity = on.style.sliced_transport(*map(on.to_tensor, (points, points, turns)))
    assert np.allclose(on.to_numpy(identity), points, atol=1e-5)


def test_random_turns_are_orthogonal_and_of_both_kinds(rng):
    turns = random_turns(40, 3, rng)
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3))
    assert 5 < (np.linalg.det(turns) > 0).sum() < 35


def test_a_plan_has_its_margins_and_nears_the_best(on, rng):
    points, reference = rng.normal(0, 1, (2, 12, 3))
    cost = cdist(points, reference, "sqeuclidean")
    plan = on.style.transport_plan(double(on, cost), epsilon=0.01, steps=2000)
    plan = on.to_numpy(plan)
    assert np.allclose(plan.sum(axis=0), 1 / 12, atol=1e-12)
    assert np.allclose(plan.sum(axis=1), 1 / 12, atol=1e-4)
    best = cost[linear_sum_assignment(cost)].mean()
    assert best <= (plan * cost).sum() + 1e-6 and (plan * cost).sum() < 1.05 * best
    # blunt: everybody to everybody
    blunt = on.to_numpy(on.style.transport_plan(double(on, cost), epsilon=1e4, steps=5))
    assert np.allclose(blunt, 1 / 144, rtol=1e-3)


def test_a_plan_does_not_depend_on_the_unit_and_stands_hard_costs(on, rng):
    cost = rng.uniform(0, 1, (3, 5))
    one, two = (
        on.to_numpy(on.style.transport_plan(on.to_tensor(c), epsilon=0.1, steps=20))
        for c in (cost, 1e4 * cost)
    )
    assert np.allclose(one, two, rtol=1e-3) and one.shape == (3, 5)
    hard = on.to_numpy(on.style.transport_plan(on.to_tensor(cost), epsilon=1e-3, steps=50))
    assert np.all(np.isfinite(hard)) and hard.sum() == pytest.approx(1, rel=1e-5)


def test_carried_by_hand(on):
    plan = on.to_tensor([[0.25, 0.25], [0.1, 0.3]])
    found = on.style.carried(plan, on.to_tensor([[0.0, 4.0], [1.0, 0.0]]))
    assert np.allclose(on.to_numpy(found), [[0.5, 2], [0.75, 1]])


# --------------------------------------------------------------------------- palettes, layers


def test_unmixing_is_scipys_nnls(on, rng):
    palette = np.concatenate([rng.uniform(0, 1, (2, 3)), np.ones((1, 3))])
    points = rng.uniform(-0.1, 1.1, (200, 3))
    found = on.to_numpy(on.style.unmix(double(on, points), double(on, palette)))
    right = np.array([nnls(palette.T, p)[0] for p in points])
    assert np.abs(found - right).max() < 1e-9 and found.min() == 0
    several = np.stack([palette, palette[::-1]])
    both = on.style.unmix(double(on, np.stack([points, points])), double(on, several))
    assert np.abs(on.to_numpy(both)[1] - right[:, ::-1]).max() < 1e-9


def test_unmixing_by_hand(on):
    """An exact mixture is read; what lies outside is not cut off but solved again."""
    palette = on.to_tensor([[1, 0, 0], [0.6, 0.8, 0]])
    points = on.to_tensor([[1.3, 0.4, 0], [0, 1, 0], [-1, -1, 0]])
    found = on.to_numpy(on.style.unmix(points, palette))
    assert np.allclose(found, [[1, 0.5], [0, 0.8], [0, 0]], atol=1e-6)


def test_unmixing_alike_colours_is_finite(on):
    found = on.style.unmix(on.to_tensor([[0.5, 0.2, 0.1]]), on.to_tensor([[1, 0.4, 0.2]] * 2))
    found = on.to_numpy(found)
    assert np.all(np.isfinite(found)) and found.sum() == pytest.approx(0.5, rel=1e-4)


def colourways(count=40, seed=3):
    """Products before and after, their layers, and their colours (N, 2, 3)."""
    factors = catalogue.sample_factors("full", count, seed)
    new = factors | {"main": (factors["second"] + 4) % 12, "second": (factors["main"] + 5) % 12}
    parts = layers(factors)
    old, wanted = (
        np.stack([SWATCHES[f["main"]], SWATCHES[f["second"]]], 1) for f in (factors, new)
    )
    before, after = (catalogue.render(f).astype(np.float32) / 255 for f in (factors, new))
    return before, after, parts, old, wanted


def test_recoloured_products_are_the_redrawn_ones(on):
    before, after, parts, old, new = colourways()
    before, after, matte, wall = map(on.image_tensor, (before, after, parts.matte, parts.wall))
    found = on.style.recolour(before, matte, wall, on.to_tensor(old), on.to_tensor(new))
    apart = on.to_numpy(on.style.colour_difference(found, after, matte))
    nothing = on.to_numpy(on.style.colour_difference(before, after, matte))
    assert np.median(apart) < 1.5 and apart.mean() < 4 and nothing.mean() > 40
    beside = parts.matte[..., 0] == 0
    kept = on.image_array(found)[beside], on.image_array(before)[beside]
    assert np.array_equal(*kept)


def test_shares_by_hand(on):
    """A half covered pixel before a grey wall: the wall is taken off before unmixing."""
    red, blue = np.array([0.8, 0.1, 0.1]), np.array([0.1, 0.1, 0.9])
    product = 0.5 * red + 0.25 * blue + 0.1
    picture = np.stack([product, 0.5 * product + 0.5 * 0.6, [0.6] * 3, 0.01 * product + 0.594])
    matte = on.image_tensor(np.array([1, 0.5, 0, 0.01]).reshape(1, 1, 4, 1))
    shares = on.style.product_shares(
        on.image_tensor(picture[None, None]), matte, on.image_tensor(np.full((1, 1, 4, 3), 0.6)),
        on.to_tensor([[red, blue]]),
    )  # fmt: skip
    found = on.image_array(shares)[0, 0]
    assert np.allclose(found, [[0.5, 0.25], [0.25, 0.125], [0, 0], [0, 0]], atol=1e-5)


def test_a_dressed_product_is_the_one_drawn_of_that_material(on, rng):
    before, _, parts, old, _ = colourways(20)
    texture = rng.uniform(0.1, 0.7, before.shape).astype(np.float32)
    right = parts.paint(texture, old[:, 1], parts.wall)
    exact = on.style.dress(
        *map(on.image_tensor, (before, parts.main)), on.to_tensor(old[:, 0]),
        on.image_tensor(texture),
    )  # fmt: skip
    told = before.max(axis=3) < 1  # what was too bright for a screen was clipped, and is lost
    assert np.abs(on.image_array(exact) - right)[told].max() < 0.003  # 8 bits


def test_a_product_before_another_background_keeps_its_shadow(on, rng):
    before, _, parts, old, _ = colourways(20)
    texture = rng.uniform(0, 1, before.shape).astype(np.float32)
    right = parts.paint(old[:, 0], old[:, 1], parts.shadow * texture)
    tensors = map(on.image_tensor, (before, parts.matte, parts.wall, parts.shadow, texture))
    found = on.image_array(on.style.set_behind(*tensors))
    told = before.max(axis=3) < 1
    assert np.abs(found - right)[told].max() < 0.003
    inside = parts.matte[..., 0] == 1
    assert np.abs(found - before)[inside].max() < 1e-6


# ----------------------------------------------------------------------------------- textures


def test_gram_by_hand(on):
    """Two places, two channels: (1, 2) and (3, 4); with a mask, only the second."""
    features = on.image_tensor([[[[1, 2], [3, 4]]]])
    found = on.to_numpy(on.style.gram_matrix(features))
    assert np.allclose(found, [[[5, 7], [7, 10]]])
    mask = on.image_tensor([[[[0], [0.5]]]])
    assert np.allclose(on.to_numpy(on.style.gram_matrix(features, mask)), [[[9, 12], [12, 16]]])


def test_gram_forgets_places_and_keeps_pictures_apart(on, rng):
    pictures = rng.normal(0, 1, (2, 4, 5, 3))
    shuffled = rng.permutation(pictures.reshape(2, 20, 3), axis=1).reshape(pictures.shape)
    tensors = map(on.image_tensor, (pictures, shuffled))
    first, second = (on.to_numpy(on.style.gram_matrix(x)) for x in tensors)
    assert np.allclose(first, second, atol=1e-5)
    alone = on.to_numpy(on.style.gram_matrix(on.image_tensor(pictures[1:])))
    assert np.allclose(first[1:], alone, atol=1e-6)


def test_style_loss_by_hand(on):
    """Errors 4 of 4 numbers and 1 of 1: mean squares 4 and 1, weighted 1/2 and 3."""
    wide = on.image_tensor([[[[1.0, 1.0]]]])  # Gram all 1
    narrow = on.image_tensor([[[[2.0]]]])  # Gram 4
    targets = [on.to_tensor([[[3.0, -1], [3, -1]]]), on.to_tensor([[[5.0]]])]
    found = on.style.style_loss([wide, narrow], targets, [0.5, 3.0])
    assert float(found) == pytest.approx(0.5 * 4 + 3 * 1)


def test_sliced_distance_by_hand(on):
    """(0, 1) against (0, 0, 3): the staircases differ on the last two of six parts."""
    first, second = on.to_tensor([[1.0], [0.0]]), on.to_tensor([[0.0], [3.0], [0.0]])
    found = on.style.sliced_distance(first, second, on.to_tensor([[2.0]]))
    assert float(found) == pytest.approx(1 / 6 * 1 + 1 / 3 * 4)
    here, there, weights = quantile_steps(2, 3)
    assert np.array_equal(here, [0, 0, 1, 1]) and np.array_equal(there, [0, 1, 1, 2])
    assert weights == pytest.approx([1 / 3, 1 / 6, 1 / 6, 1 / 3])


@pytest.mark.parametrize(("count", "other"), [(6, 6), (6, 4), (5, 7)])
def test_sliced_distance_is_exact_for_unequal_counts(on, rng, count, other):
    """As if each number stood there as often as makes the counts equal."""
    first, second = rng.normal(0, 1, (count, 3)), rng.normal(1, 2, (other, 3))
    directions = rng.normal(0, 1, (8, 3))
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    ours = np.sort(np.repeat(first @ unit.T, other, axis=0), axis=0)
    theirs = np.sort(np.repeat(second @ unit.T, count, axis=0), axis=0)
    found = on.style.sliced_distance(*map(on.to_tensor, (first, second, directions)))
    assert float(found) == pytest.approx(((ours - theirs) ** 2).mean(), rel=1e-5)
    turned = map(on.to_tensor, (first[::-1].copy(), second, 3 * directions))
    again = on.style.sliced_distance(*turned)
    assert float(again) == pytest.approx(float(found), rel=1e-5)


def test_gradient_of_a_sliced_distance_points_to_the_partner(on):
    """In one dimension, equal counts: 2 (x - partner) / P, the sorted partner."""
    first, second = on.to_tensor([[4.0], [1.0]]), on.to_tensor([[0.0], [9.0]])
    _, slopes = on.bridge.value_and_gradients(
        lambda a, b: on.style.sliced_distance(a, b, on.to_tensor([[1.0]])), first, second
    )
    assert slopes[0].ravel() == pytest.approx([4 - 9, 1 - 0])
    assert slopes[1].ravel() == pytest.approx([0 - 1, 9 - 4])


def test_total_variation_by_hand(on):
    """Two rows of three: |1| |2| and |0| |4| across, |5| |6| |2| down."""
    picture = on.image_tensor(np.array([[0, 1, 3], [5, 5, 9.0]]).reshape(1, 2, 3, 1))
    down = (5 + 4 + 6) / 3
    found = on.style.total_variation(picture)
    assert on.to_numpy(found) == pytest.approx([(1 + 2 + 0 + 4) / 4 + down])


def test_content_is_blind_to_brightness_and_contrast(on, rng):
    content = on.image_tensor(rng.uniform(0, 1, (2, 4, 4, 3)).repeat(4, axis=1).repeat(4, axis=2))
    assert float(on.style.content_loss(0.3 * content + 0.4, content)) == pytest.approx(0, abs=1e-3)
    assert float(on.style.content_loss(1 - content, content)) == pytest.approx(2, abs=1e-3)
    flat = on.style.content_loss(0 * content + 0.5, content)
    assert float(flat) == pytest.approx(1, abs=1e-3)
    _, (slope,) = on.bridge.value_and_gradients(
        lambda x: on.style.content_loss(x, content), 0 * content + 0.5
    )
    assert np.all(np.isfinite(slope))


def test_content_is_the_correlation_of_numpy(on, rng):
    pair = rng.uniform(0, 1, (2, 1, 16, 16, 3))
    seen = [
        on.image_array(on.texture.pyramid(on.texture.brightness(on.image_tensor(x)), 2)[-1])
        for x in pair
    ]
    right = 1 - np.corrcoef(*(x.ravel() for x in seen))[0, 1]
    found = on.style.content_loss(*map(on.image_tensor, pair), levels=2)
    assert float(found) == pytest.approx(right, abs=1e-3)


# ------------------------------------------------------------------------------- optimisation


def test_pixels_reach_the_best_inside_of_the_box(on, rng):
    """A quadratic whose best lies outside of [0, 1] in places ends at the border there."""
    aim = rng.uniform(-0.5, 1.5, (1, 4, 4, 3)).astype(np.float32)
    start = on.image_tensor(np.full(aim.shape, 0.5))
    kept = on.to_numpy(start).copy()
    target = on.image_tensor(aim)

    def loss(images):
        apart = on.style.gram_matrix(images - target)
        return apart[0, 0, 0] + apart[0, 1, 1] + apart[0, 2, 2]

    found, history = on.style.optimise_pixels(loss, start, iterations=30)
    assert np.allclose(on.image_array(found), aim.clip(0, 1), atol=1e-3)
    assert np.all(np.diff(history) <= 1e-6) and np.array_equal(on.to_numpy(start), kept)


def test_what_lies_outside_of_the_box_is_drawn_back(on):
    """(x - 3/2)² + (x - 1)² is least at 5/4, where it is 1/8; clipped only afterwards."""
    target = on.image_tensor(np.full((1, 1, 1, 1), 1.5))
    found, history = on.style.optimise_pixels(
        lambda x: on.style.gram_matrix(x - target)[0, 0, 0], 0 * target + 0.5, iterations=10
    )
    assert history[-1] == pytest.approx(0.125, rel=1e-3)
    assert on.to_numpy(found).ravel() == pytest.approx([1], abs=1e-7)


def test_stylise_starts_from_style_and_half_of_the_content(on, rng):
    """Where no loss has a slope, the start is what comes back, clipped."""
    content, style = rng.uniform(0, 1, (2, 8, 8, 3)), rng.uniform(0, 1, (1, 8, 8, 3))
    found, _ = on.style.stylise(
        *map(on.image_tensor, (content, style)), lambda x: [0 * x + 1], weight=0.0, iterations=2
    )
    start = style + 0.5 * (content - content.mean(axis=(1, 2), keepdims=True))
    inside = (start >= 0) & (start <= 1)
    assert inside.mean() > 0.7
    assert np.allclose(on.image_array(found)[inside], start[inside], atol=1e-6)


def test_stylise_nears_the_style_and_keeps_the_content(on):
    """A few iterations at 32 pixels, few filters: both losses fall from the content's own start."""
    content = on.image_tensor(catalogue.render({"category": 3}, 32).astype(np.float32) / 255)
    rows = (np.arange(32) // 2 % 2)[None, :, None, None] * np.float32([0.5, 0.3, 0.1])
    style = on.image_tensor(np.broadcast_to(0.2 + rows, (1, 32, 32, 3)).astype(np.float32))
    features = on.texture.random_features(count=8, size=5, levels=2)
    found, history = on.style.stylise(content, style, features, weight=1.0, iterations=12)
    targets = [on.style.gram_matrix(x) for x in features(style)]
    errors = [
        float(on.style.style_loss(features(x), targets, [1.0, 1.0])) for x in (content, found)
    ]
    assert errors[1] < 0.2 * errors[0] and history[-1] < history[0]
    assert float(on.style.content_loss(found, content)) < 0.3
    pixels = on.to_numpy(found)
    assert found.shape == content.shape and pixels.min() >= 0 and pixels.max() <= 1


def test_the_review_by_hand_and_its_gradients(on, rng):
    first, second, third = (on.image_tensor(rng.uniform(0, 1, (1, 4, 4, 3))) for _ in range(3))

    def layers_(x):
        return [x, x * x]

    value = on.style.review_style_loss(
        layers_, first, second, third, style_weight=3.0, content_weight=0.5
    )
    a, b, c = map(on.image_array, (first, second, third))

    def gram(x):
        return x.reshape(-1, 3).T @ x.reshape(-1, 3) / 16

    style = sum(((gram(x) - gram(y)) ** 2).mean() for x, y in ((a, c), (a * a, c * c))) / 2
    right = 3 * style + 0.5 * ((a * a - b * b) ** 2).mean()
    assert float(value) == pytest.approx(right, rel=1e-4)
    _, slopes = on.bridge.value_and_gradients(
        lambda *x: on.style.review_style_loss(
            layers_, *x, style_weight=3.0, content_weight=0.5
        ),
        first, second, third,
    )  # fmt: skip
    assert np.abs(slopes[0]).max() > 0 and not slopes[1].any() and not slopes[2].any()


# ------------------------------------------------------------------------------- statistics


def test_adain_has_the_styles_moments(on, rng):
    content, style = rng.normal(0, 1, (2, 4, 6, 3)), rng.normal(2, 3, (2, 5, 5, 3))
    found = on.image_array(on.style.adain(*map(on.image_tensor, (content, style))))
    assert np.allclose(found.mean(axis=(1, 2)), style.mean(axis=(1, 2)), atol=1e-4)
    assert np.allclose(found.std(axis=(1, 2)), style.std(axis=(1, 2)), atol=1e-3)
    same = on.image_tensor(content)
    assert np.allclose(on.image_array(on.style.adain(same, same)), content, atol=1e-5)
