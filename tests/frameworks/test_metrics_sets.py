"""Metrics of sets of pictures: by hand, against other formulas, gradients, bias, edges."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest
from scipy.linalg import sqrtm

from prodgen_lib.data import load


@pytest.fixture
def metrics(fw) -> ModuleType:
    return fw.metrics


@pytest.fixture
def native(fw):
    """An array as the framework's tensor, the dtype as it is."""
    return importlib.import_module("torch").from_numpy if fw.name == "torch" else _tf_constant


def _tf_constant(array: np.ndarray):
    return importlib.import_module("tensorflow").constant(array)


def textbook(a: np.ndarray, b: np.ndarray) -> float:
    """The Fréchet distance with SciPy's root of a matrix, as pytorch-fid has it."""
    covariances = np.cov(a.T), np.cov(b.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    between = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(between + np.trace(sum(covariances) - 2 * root))


def by_eigenvalues(a: np.ndarray, b: np.ndarray) -> float:
    """The Fréchet distance as torch-fidelity has it."""
    covariances = np.cov(a.T), np.cov(b.T)
    root = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex)).real.sum()
    between = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(between + np.trace(sum(covariances)) - 2 * root)


@pytest.mark.parametrize("counts", [(300, 200), (25, 400), (400, 21)])
@pytest.mark.parametrize("features", [2, 20])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_frechet_is_the_textbook_formula(metrics, native, rng, counts, features, scale):
    a = scale * rng.normal(size=(counts[0], features))
    b = scale * (1.3 * rng.normal(size=(counts[1], features)) + 0.2)
    found = float(metrics.frechet_distance(native(a), native(b)))
    assert found == pytest.approx(textbook(a, b), rel=1e-9)
    assert found == pytest.approx(by_eigenvalues(a, b), rel=1e-9)


def test_one_feature_by_hand(metrics, native, rng):
    a = np.array([[0.0], [2.0]])  # mean 1, standard deviation √2
    b = np.array([[3.0], [3.0]])  # mean 3, standard deviation 0
    assert float(metrics.frechet_distance(native(a), native(b))) == pytest.approx(4 + 2)
    x, y = rng.normal(1, 2, (50, 1)), rng.normal(2, 3, (70, 1))
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    found = float(metrics.frechet_distance(native(x), native(y)))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [2, 10, 64, 65, 500])
@pytest.mark.parametrize("dead", [0, 3])
def test_identical_sets(metrics, native, rng, count, dead):
    """Zero, also where some features are always zero, as those of ReLU networks can be."""
    a = 100 + rng.normal(size=(count, 64))
    a[:, :dead] = 0
    assert abs(float(metrics.frechet_distance(native(a), native(a[::-1].copy())))) < 1e-9


@pytest.mark.parametrize("rank", [1, 5])
@pytest.mark.parametrize("counts", [(300, 200), (10, 300), (300, 10), (6, 7)])
def test_singular_covariances_are_exact(metrics, native, rng, rank, counts):
    """Two sets in subspaces of few dimensions, where roots of matrices are off by 1e-6."""
    a, b = (rng.normal(size=(n, rank)) @ rng.normal(size=(rank, 12)) for n in counts)
    apart = np.linalg.svd(
        (a - a.mean(0)) @ (b - b.mean(0)).T / np.sqrt((len(a) - 1) * (len(b) - 1)),
        compute_uv=False,
    ).sum()
    expected = (
        np.sum((a.mean(0) - b.mean(0)) ** 2)
        + a.var(axis=0, ddof=1).sum()
        + b.var(axis=0, ddof=1).sum()
        - 2 * apart
    )
    found = float(metrics.frechet_distance(native(a), native(b)))
    assert found == pytest.approx(expected, rel=1e-11)
    swapped = float(metrics.frechet_distance(native(b), native(a)))
    assert swapped == pytest.approx(found, rel=1e-11)


def test_sets_on_two_lines_by_hand(metrics, native, rng):
    """Variances along different axes share nothing: the distance is their sum."""
    steps = np.array([-1.0, 0, 1] * 4)[:, None]
    a, b = steps * np.array([[2.0, 0, 0]]), steps * np.array([[0, 3.0, 0]])
    found = float(metrics.frechet_distance(native(a), native(b)))
    assert found == pytest.approx((4 + 9) * 8 / 11, rel=1e-12)


def test_moving_a_set_costs_the_square(metrics, native, rng):
    a = rng.normal(size=(50, 8))
    assert float(metrics.frechet_distance(native(a), native(a + 3))) == pytest.approx(9 * 8)


def test_float32_features_are_measured_in_float64(fw, metrics, native, rng):
    a, b = (rng.normal(size=(40, 5)).astype(np.float32) for _ in range(2))
    found = fw.bridge.to_numpy(metrics.frechet_distance(native(a), native(b)))
    assert found.dtype == np.float64 and found.shape == ()
    assert float(found) == pytest.approx(textbook(a.astype(float), b.astype(float)), rel=1e-9)


@pytest.mark.parametrize("counts", [(40, 30), (5, 6), (5, 40), (40, 5)])
@pytest.mark.parametrize("dead", [0, 2])
@pytest.mark.parametrize("name", ["frechet_distance", "polynomial_mmd"])
def test_gradients_are_finite_differences(fw, metrics, native, rng, name, counts, dead):
    """On each way to the trace of the root: few rows, Cholesky, and QR where a feature is dead."""
    a, b = rng.normal(size=(counts[0], 8)), rng.normal(0.3, 1.5, (counts[1], 8))
    a[:, :dead], b[:, :dead] = 0, 0
    function = getattr(metrics, name)
    _, gradients = fw.bridge.value_and_gradients(function, native(a), native(b))
    for which, gradient in enumerate(gradients):
        direction = rng.normal(size=gradient.shape)
        direction[:, :dead] = 0
        moved = [
            [x + (step * direction if i == which else 0) for i, x in enumerate((a, b))]
            for step in (1e-5, -1e-5)
        ]
        up, down = (float(function(*map(native, pair))) for pair in moved)
        assert np.sum(gradient * direction) == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-9)


def test_gradients_are_finite_for_a_set_against_itself(fw, metrics, native, rng):
    for count in (4, 30):
        a = rng.normal(size=(count, 8))
        _, gradients = fw.bridge.value_and_gradients(metrics.frechet_distance, native(a), native(a))
        assert all(np.abs(gradient).max() < 1e-6 for gradient in gradients)


def test_the_bias_falls_like_one_over_n(metrics, native):
    """Of equal distributions N × distance is the same for every N; the maximum mean discrepancy
    is zero on average."""
    rng = np.random.default_rng(3)
    products = []
    for count in (100, 400):
        pairs = [rng.normal(size=(2, count, 16)) for _ in range(8)]
        distances = [float(metrics.frechet_distance(*map(native, pair))) for pair in pairs]
        assert min(distances) > 0
        products.append(count * np.mean(distances))
    assert products[0] == pytest.approx(products[1], rel=0.1)


def test_frechet_inside_a_tensorflow_function(rng):
    tf = pytest.importorskip("tensorflow")
    metrics = importlib.import_module("prodgen_lib.tensorflow.metrics")
    for count in (5, 60):
        a, b = (tf.constant(rng.normal(size=(count, 8))) for _ in range(2))
        found = float(tf.function(metrics.frechet_distance)(a, b))
        assert found == pytest.approx(float(metrics.frechet_distance(a, b)), rel=1e-10)


def test_discrepancy_by_hand(metrics, native):
    a, b = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    # k(0,1) = 1, k(1,2) = 27; between: k(0,1) = 1, k(0,2) = 1, k(1,1) = 8, k(1,2) = 27
    expected = 1 + 27 - 2 * (1 + 1 + 8 + 27) / 4
    assert float(metrics.polynomial_mmd(native(a), native(b))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.tensorflow_slow
def test_discrepancy_is_unbiased_and_its_error_honest(metrics, native):
    """Over many draws of equal distributions the mean is zero, and the draws spread as told."""
    rng = np.random.default_rng(5)
    draws = [
        metrics.kid(native(rng.normal(size=(200, 4))), native(rng.normal(size=(200, 4))))
        for _ in range(200)
    ]
    values, errors = np.array([[float(number) for number in draw] for draw in draws]).T
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(200)
    assert (values < 0).mean() > 0.3
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.2)


def test_kid_cuts_both_sets_into_parts(metrics, native, rng):
    a, b = rng.normal(size=(23, 3)), rng.normal(0.5, 1, (31, 3))
    value, error = metrics.kid(native(a), native(b), subsets=3, subset_size=7, seed=4)
    shuffle = np.random.default_rng(4)
    a, b = a[shuffle.permutation(23)], b[shuffle.permutation(31)]
    parts = [
        float(metrics.polynomial_mmd(native(a[i : i + 7]), native(b[i : i + 7])))
        for i in (0, 7, 14)
    ]
    assert float(value) == pytest.approx(np.mean(parts), rel=1e-12)
    assert float(error) == pytest.approx(np.std(parts, ddof=1) / np.sqrt(3), rel=1e-12)


def test_discrepancy_of_a_set_with_itself_is_negative(metrics, native, rng):
    a = rng.normal(size=(30, 8))
    assert float(metrics.polynomial_mmd(native(a), native(a))) < 0


def brute_force_cover(centres: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
    """Whether each point lies in each centre's ball to its k-th nearest other centre."""
    radii = [np.sort(np.linalg.norm(centres - c, axis=1))[k] for c in centres]
    return np.array([[np.linalg.norm(p - c) <= r for p in points] for c, r in zip(centres, radii)])  # noqa: B905


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbours_by_brute_force(metrics, native, rng, k):
    real, generated = rng.normal(size=(40, 3)), rng.normal(0.7, 0.8, (30, 3))
    found = metrics.precision_recall(native(real), native(generated), k=k)
    inside = brute_force_cover(real, generated, k)
    expected = inside.any(axis=0).mean(), brute_force_cover(generated, real, k).any(axis=0).mean()
    assert tuple(map(float, found)) == pytest.approx(expected, abs=1e-12)
    found = metrics.density_coverage(native(real), native(generated), k=k)
    expected = inside.sum() / k / 30, inside.any(axis=1).mean()
    assert tuple(map(float, found)) == pytest.approx(expected, abs=1e-12)


def test_neighbours_tell_copying_collapse_and_noise_apart(metrics, native, rng):
    real = rng.normal(size=(300, 6))
    generators = {
        "good": rng.normal(size=(300, 6)),
        "collapsed": real[0] + 1e-3 * rng.normal(size=(300, 6)),
        "noisy": 4 * rng.normal(size=(300, 6)),
    }
    seen = {
        name: [
            float(number)
            for function in (metrics.precision_recall, metrics.density_coverage)
            for number in function(native(real), native(points))
        ]
        for name, points in generators.items()
    }
    assert min(seen["good"]) > 0.7
    assert seen["collapsed"][0] == 1 and seen["collapsed"][1] < 0.1 and seen["collapsed"][3] < 0.2
    assert seen["noisy"][0] < 0.3 < seen["noisy"][1] and seen["noisy"][2] < 0.3


def test_sets_of_one_point_many_times(metrics, native):
    """The border belongs to a ball, so a ball of radius zero holds its centre."""
    same = native(np.full((8, 3), 0.3))
    for function in (metrics.precision_recall, metrics.density_coverage):
        assert [float(number) for number in function(same, same)][1] == 1
    assert float(metrics.precision_recall(same, same)[0]) == 1


def test_copies_of_real_points(metrics, native, rng):
    real = 1000 + rng.normal(size=(50, 4))
    found = metrics.precision_recall(native(real), native(real[::-1].copy()))
    assert tuple(map(float, found)) == (1, 1)
    assert float(metrics.density_coverage(native(real), native(real))[1]) == 1


def test_categories_reached(metrics, native):
    logits = np.zeros((100, 4))
    logits[:97, 0], logits[97:99, 1], logits[99, 2] = 9, 9, 9
    assert metrics.category_coverage(native(logits)) == pytest.approx(0.5)
    assert metrics.category_coverage(native(logits), threshold=0.01) == pytest.approx(0.75)


def test_too_few_neighbours(metrics, native, rng):
    few, many = native(rng.normal(size=(3, 4))), native(rng.normal(size=(20, 4)))
    for function in (metrics.precision_recall, metrics.density_coverage):
        with pytest.raises(ValueError, match="k=3 neighbours of 3 points"):
            function(few, many, k=3)
        with pytest.raises(ValueError, match="k=0 neighbours"):
            function(many, many, k=0)
    with pytest.raises(ValueError, match="k=3 neighbours of 3 points"):
        metrics.precision_recall(many, few, k=3)


def test_too_few_rows_for_kid(metrics, native, rng):
    a = native(rng.normal(size=(30, 4)))
    for options in ({"subset_size": 31}, {"subsets": 20}, {"subsets": 1}, {"subsets": 0}):
        with pytest.raises(ValueError, match="make subsets or subset_size smaller"):
            metrics.kid(a, a, **options)


@pytest.mark.parametrize(
    "name", ["frechet_distance", "polynomial_mmd", "kid", "precision_recall", "density_coverage"]
)
def test_bad_features(metrics, native, rng, name):
    function = getattr(metrics, name)
    good = rng.normal(size=(20, 3))
    bad = good.copy()
    bad[3, 1] = np.nan
    faults = {
        r"first set has shape \(1, 3\).*at least 2 pictures": (good[:1], good),
        "second set of features holds NaN": (good, bad),
        "second set of features holds NaN or infinity": (good, np.where(good > 1, np.inf, good)),
        "3 and 2 features; make them equal": (good, good[:, :2].copy()),
        r"expected \(pictures, features\)": (good[0], good),
    }
    for sentence, pair in faults.items():
        with pytest.raises(ValueError, match=sentence):
            function(*map(native, pair))


def test_distance_between_pictures_says_what_it_compared(fw, metrics):
    pictures = load("catalogue", count=60).images
    model = fw.classifier.load_classifier()
    value, label = metrics.picture_distance(pictures[:30], pictures[30:])
    features = [fw.classifier.features(model, part) for part in (pictures[:30], pictures[30:])]
    assert label == "product-classifier Fréchet distance"
    assert value == pytest.approx(textbook(*features), rel=1e-4)

    def mean_colour(pictures: np.ndarray) -> np.ndarray:
        return pictures.mean(axis=(1, 2))

    own = metrics.Extractor("Fréchet distance of mean colours", mean_colour)
    value, label = metrics.picture_distance(pictures[:30], pictures[30:], extractor=own)
    assert label == "Fréchet distance of mean colours"
    assert value == pytest.approx(textbook(mean_colour(pictures[:30]), mean_colour(pictures[30:])))


def test_inception_needs_a_file(metrics):
    with pytest.raises(FileNotFoundError, match="nothing is downloaded"):
        metrics.inception_extractor("no/such/file")


def inception_stand_in(fw, path, width: int) -> None:
    """A file that gives `width` copies of each picture's mean, in the form that is asked for."""
    if fw.name == "torch":
        import torch

        class StandIn(torch.nn.Module):
            def __init__(self, width: int):
                super().__init__()
                self.width = width

            def forward(self, x: torch.Tensor, return_features: bool = False) -> torch.Tensor:
                return x.float().mean(dim=[1, 2, 3])[:, None].repeat(1, self.width)

        torch.jit.script(StandIn(width)).save(str(path))
    else:
        import keras

        layers = [keras.Input((32, 32, 3)), keras.layers.GlobalAveragePooling2D()]
        keras.Sequential([*layers, keras.layers.Dense(width, "linear")]).save(path)


def test_inception_from_a_file(fw, metrics, tmp_path):
    """A stand-in with the interface that is asked for: the label says FID, and widths are checked.

    Real Inception weights aren't at hand here."""
    pictures = load("catalogue", count=8).images
    right, wrong = tmp_path / "right.keras", tmp_path / "wrong.keras"
    inception_stand_in(fw, right, 2048)
    inception_stand_in(fw, wrong, 100)
    extractor = metrics.inception_extractor(right)
    assert extractor.features(pictures).shape == (8, 2048)
    _, label = metrics.picture_distance(pictures[:4], pictures[4:], extractor=extractor)
    assert label == "FID (Inception)"
    with pytest.raises(ValueError, match=r"gives features \(100,\); Inception has \(2048,\)"):
        metrics.inception_extractor(wrong).features(pictures)


def test_a_candidates_distance(metrics, native, rng):
    """`review_distance` compares as many pictures of one set as of the other."""
    a, b = rng.normal(size=(80, 5)), rng.normal(0.2, 1.2, (50, 5))
    found = float(metrics.review_distance(native(a), native(b)))
    assert found == pytest.approx(textbook(a[:50], b), rel=1e-9)
    assert abs(float(metrics.review_distance(native(a[:10]), native(a)))) < 1e-6


def test_inception_score_by_hand(fw, metrics, native):
    sure, vague = np.eye(5), np.full((6, 3), 1 / 3)
    assert float(metrics.inception_score(native(sure), splits=1)[0]) == pytest.approx(5)
    assert [float(v) for v in metrics.inception_score(native(vague), splits=3)] == pytest.approx(
        [1, 0], abs=1e-12
    )
    halves = np.array([[1.0, 0], [0, 1], [1, 0], [1, 0]])  # scores 2 and 1
    found = metrics.inception_score(native(halves), splits=2)
    assert [float(v) for v in found] == pytest.approx([1.5, 0.5])


def test_inception_score_is_that_of_torchmetrics(fw, metrics, native, rng):
    torch = pytest.importorskip("torch")
    peer = pytest.importorskip("torchmetrics.image.inception").InceptionScore
    logits = rng.normal(0, 3, (103, 7))
    score = peer(feature=torch.nn.Identity(), splits=4).set_dtype(torch.float64)
    score.features.append(torch.from_numpy(logits))
    torch.manual_seed(3)
    mean, deviation = score.compute()
    torch.manual_seed(3)
    shares = torch.from_numpy(logits)[torch.randperm(103)].softmax(dim=1).numpy()
    parts = [shares[start : start + 26] for start in range(0, 103, 26)]  # its last is shorter
    ours = [float(metrics.inception_score(native(part), splits=1)[0]) for part in parts]
    assert [np.mean(ours), np.std(ours, ddof=1)] == pytest.approx([float(mean), float(deviation)])


@pytest.mark.parametrize("bad", [np.ones((4, 2)), np.array([[1.5, -0.5]] * 4), np.ones(4)])
def test_inception_score_refuses_what_is_no_probability(metrics, native, bad):
    with pytest.raises(ValueError, match=r"probabilities|parts"):
        metrics.inception_score(native(bad), splits=2)
    with pytest.raises(ValueError, match="parts"):
        metrics.inception_score(native(np.eye(4)), splits=5)
