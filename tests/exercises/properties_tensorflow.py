"""Tests as a learner should write them, one for each chosen exercise: `<topic>__<exercise>`.

Each catches every known wrong answer and accuses no right one. They look for values worked by hand,
for what must always hold, for shapes, gradients and the edges of what may be given.
"""

import math

import numpy as np
import tensorflow as tf


def near(value, expected, rtol=1e-4, atol=1e-5):
    """The numbers and the shape of a float tensor."""
    assert isinstance(value, tf.Tensor) and value.dtype.is_floating
    wanted = np.asarray(expected, float)
    assert tuple(value.shape) == wanted.shape
    np.testing.assert_allclose(np.asarray(value, float), wanted, rtol=rtol, atol=atol)


def slopes(function, *given):
    """Gradients of the sum of what a function gives; zeros where none arrives."""
    with tf.GradientTape() as tape:
        tape.watch(given)
        value = tf.reduce_sum(function(*given))
    found = tape.gradient(value, given, unconnected_gradients="zero")
    return [tf.convert_to_tensor(slope) for slope in found]


def raises(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except ValueError:
        return
    raise AssertionError("expected a ValueError")


def drawn(*shape, scale=1.0):
    return tf.constant(np.random.normal(0, scale, shape).astype(np.float32))


def augment__turn_hue(answer):
    def colours(*rows):
        return tf.constant(rows, tf.float32)[:, None, None]

    red = colours([1, -1, -1])
    near(answer(red, tf.constant([1 / 3])), colours([-1, 1, -1]))
    near(answer(red, tf.constant([2 / 3])), colours([-1, -1, 1]))
    near(answer(red, tf.constant([-1 / 3])), colours([-1, -1, 1]))
    images = tf.constant(np.random.uniform(-1.5, 1.5, (3, 2, 4, 3)).astype(np.float32))
    near(answer(images, tf.constant([0.0, 1, -1])), images, atol=1e-3)
    greys = tf.repeat(images[..., :1], 3, axis=3)
    near(answer(greys, tf.constant([0.3, 0.5, 0.1])), greys)
    turns = tf.constant([0.1, -0.2, 0.27])
    turned = answer(images, turns)
    near(answer(turned, -turns), images, atol=1e-3)
    near(tf.reduce_sum(turned**2, 3), tf.reduce_sum(images**2, 3), atol=1e-4)
    near(tf.reduce_sum(turned, 3), tf.reduce_sum(images, 3), atol=1e-4)
    for place in range(3):
        near(turned[place : place + 1], answer(images[place : place + 1], turns[place : place + 1]))
    # by 90 degrees the cross product with the axis is left, and the grey part
    colour = np.array([0.2, -0.7, 1.1])
    expected = np.cross(np.full(3, 1 / math.sqrt(3)), colour) + colour.mean()
    near(answer(colours(colour.tolist()), tf.constant([0.25]))[0, 0, 0], expected)
    (slope,) = slopes(lambda given: answer(given, turns) * turned, images)
    near(slope, images, atol=1e-3)


def metrics__psnr(answer):
    def psnr(images, targets, data_range=1.0):
        return answer(images, targets, data_range=data_range)

    targets = tf.fill((2, 4, 4, 3), 0.5)
    away = tf.constant([0.1, 0.05])[:, None, None, None]
    near(psnr(targets + away, targets), [20, 20 + 20 * math.log10(2)])
    near(psnr((targets + away)[0], targets[0]), 20)
    near(psnr(2 * (targets + away) - 1, 2 * targets - 1, 2.0), [20, 20 + 20 * math.log10(2)])
    images, targets = (tf.constant(np.random.uniform(0, 1, (3, 5, 4, 3))) for _ in range(2))
    errors = np.mean((images.numpy() - targets.numpy()) ** 2, (1, 2, 3))
    near(psnr(images, targets), 10 * np.log10(1 / errors), rtol=1e-9)
    near(psnr(images[:1], targets[:1]), 10 * np.log10(1 / errors[:1]), rtol=1e-9)
    close = targets + 1e-8 * (images - targets)
    near(psnr(close, targets), 10 * np.log10(1e16 / errors), rtol=1e-5)
    assert np.isposinf(psnr(targets, targets)).all()
    low, high = tf.zeros((1, 2, 2, 1), tf.uint8), tf.fill((1, 2, 2, 1), tf.constant(255, tf.uint8))
    near(psnr(low, high, 255), [0])
    near(psnr(low + 3, low + 5, 255), [10 * math.log10(255**2 / 4)])
    near(psnr(low + 5, low + 3, 255), [10 * math.log10(255**2 / 4)])
    few, wanted = tf.cast(images, tf.float32), tf.cast(targets, tf.float32)
    raises(psnr, few, targets)
    raises(psnr, few, wanted[..., :1])
    raises(psnr, few * 9, wanted * 9)
    raises(psnr, few - 9, wanted - 9)
    holed = few.numpy()
    holed[-1, -1, -1, -1] = math.nan
    raises(psnr, tf.constant(holed), wanted)
    (slope,) = slopes(lambda given: psnr(given, targets), images)
    factor = -20 / math.log(10) / errors / images[0].numpy().size
    near(slope, factor[:, None, None, None] * (images - targets))


def autoencoder__auroc(answer):
    def area(scores, defective):
        return answer(tf.constant(scores), tf.constant(defective))

    kinds = [False, True, False, True, False]
    near(area([0.2, 0.9, 0.5, 0.5, 0.1], kinds), 11 / 12)
    near(area([0.25] * 5, kinds), 0.5)
    near(area([0.0, 1, 0, 1, 0], kinds), 1)
    near(area([1.0, 0, 1, 0, 1], kinds), 0)
    near(area([2.0, 5], [False, True]), 1)
    near(area([0.5, 0.500002, 0.500004, 0.500006, 1000], kinds), 3 / 6)
    scores = np.round(np.random.normal(0, 5, 40)).astype(np.float32) / 10
    defective = np.arange(40) % 3 == 0
    pairs = [
        1.0 if bad > good else 0.5 if bad == good else 0.0
        for bad in scores[defective]
        for good in scores[~defective]
    ]
    found = area(scores, defective)
    near(found, sum(pairs) / len(pairs))
    near(area(8 * scores - 3, defective), found)
    near(area(-scores, defective), 1 - found)
    near(area(scores, ~defective), 1 - found)


def vae__kl_divergence(answer):
    def divergence(mean, log_variance):
        return answer(tf.constant(mean), tf.constant(log_variance))

    near(divergence([[0.0, 0]], [[0.0, 0]]), [[0, 0]], atol=1e-7)
    worked = [[0.5, 1.5 - math.log(2), 2 + math.exp(-1) / 2]]
    near(divergence([[1.0, 0, -2]], [[0, math.log(4), -1]]), worked)
    near(divergence([[0.0], [1], [2]], [[-40.0], [-80], [-11]]), [[19.5], [40], [7.000008]])
    near(divergence([[0.0, 0]], [[5.0, 12]]), [[(math.exp(5) - 6) / 2, (math.exp(12) - 13) / 2]])
    near(divergence([[0.02, 0.01]], [[0.0, 0]]), [[2e-4, 5e-5]], atol=1e-7)
    near(divergence([[3.0, -3]], [[0.7, 0.7]])[0, :1] - 4.5, [(math.exp(0.7) - 1.7) / 2])
    near(divergence([[3.0, -3]], [[0.7, 0.7]])[:, 1:], divergence([[3.0]], [[0.7]]))
    mean, log_variance = drawn(5, 4), drawn(5, 4)
    expected = 0.5 * (mean**2 + tf.exp(log_variance) - 1 - log_variance)
    near(answer(mean, log_variance), expected)
    to_mean, to_log_variance = slopes(answer, mean, log_variance)
    near(to_mean, mean)
    near(to_log_variance, (tf.exp(log_variance) - 1) / 2)


def gan__discriminator_loss(answer):
    def loss(real, fake):
        return answer(tf.constant(real), tf.constant(fake))

    near(loss([0.0], [0.0]), 2 * math.log(2))
    softplus = math.log1p(math.exp(-2))
    near(loss([0.0, 2], [-2.0, 0]), math.log(2) + softplus)
    near(loss([2.0], [-2.0]), 2 * softplus)
    near(loss([0.5], [-3.0]), math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-3)))
    near(loss([-100.0, -30], [100.0, 60]), 65 + 80)
    near(loss([100.0], [-100.0]), 0)
    real, fake = drawn(7, scale=2), drawn(7, scale=2)
    value = answer(real, fake)
    near(answer(real[::-1], tf.roll(fake, 2, 0)), value)
    to_real, to_fake = slopes(answer, real, fake)
    near(to_real, -tf.sigmoid(-real) / 7)
    near(to_fake, tf.sigmoid(fake) / 7)


def cgan__join_labels(answer):
    noise = tf.constant([[0.5, -1], [0, 2]])
    tables = [tf.constant([[1.0, 2], [3, 4], [5, 6]]), tf.constant([[-7.0], [-8]])]
    labels = tf.constant([[2, 0], [0, 1]])
    near(answer(noise, tables, labels), [[0.5, -1, 5, 6, -7], [0, 2, 1, 2, -8]])
    near(answer(noise[:1], tables[:1], labels[:1, :1]), [[0.5, -1, 5, 6]])
    tables, noise = [drawn(4, 2), drawn(2, 3), drawn(6, 1)], drawn(5, 3, scale=3)
    labels = tf.constant([[3, 1, 5], [0, 0, 2], [1, 1, 0], [3, 0, 4], [2, 1, 5]])
    rows = [tf.gather(table, labels[:, k]) for k, table in enumerate(tables)]
    near(answer(noise, tables, labels), tf.concat([noise, *rows], 1))
    found = slopes(lambda noise, *tables: answer(noise, list(tables), labels), noise, *tables)
    near(found[0], np.ones((5, 3)))
    for k, slope in enumerate(found[1:]):
        counts = np.bincount(labels[:, k], minlength=len(tables[k]))
        near(slope, np.broadcast_to(counts[:, None], slope.shape))


def superres__pixel_shuffle(answer):
    one = answer(tf.reshape(tf.range(1.0, 5), (1, 1, 1, 4)), factor=2)
    near(one, np.array([[1, 2], [3, 4]])[None, :, :, None])
    two = answer(tf.reshape(tf.range(1.0, 9), (1, 1, 1, 8)), factor=2)
    near(two, np.stack([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], -1)[None])
    for count, colours, factor, height, width in (
        (2, 3, 2, 3, 4),
        (1, 2, 3, 2, 3),
        (1, 1, 1, 2, 2),
    ):
        features = drawn(count, height, width, colours * factor**2, scale=3)
        pixels = answer(features, factor=factor)
        assert tuple(pixels.shape) == (count, height * factor, width * factor, colours)
        for dy in range(factor):
            for dx in range(factor):
                channels = features[..., dy * factor + dx :: factor**2]
                near(pixels[:, dy::factor, dx::factor], channels)

        def weighted(features, pixels=pixels, factor=factor):
            return answer(features, factor=factor) * pixels

        (slope,) = slopes(weighted, features)
        near(slope, features)


def bayesopt__expected_improvement(answer):
    def improvement(mean, deviation, best):
        return answer(*(tf.constant(x, tf.float64) for x in (mean, deviation, best)))

    normal = 1 / math.sqrt(2 * math.pi)
    near(improvement([-1, -3], [2, 1e-3], -1), [2 * normal, 2], rtol=1e-7)
    mean, deviation, best = [0.3, -0.4, 2.0, 1.1], [0.5, 1.7, 0.4, 3.0], 0.2
    expected = []
    for m, s in zip(mean, deviation, strict=True):
        u = (best - m) / s
        share = (1 + math.erf(u / math.sqrt(2))) / 2
        expected.append(s * (u * share + math.exp(-u * u / 2) * normal))
    near(improvement(mean, deviation, best), expected, rtol=1e-7, atol=1e-12)
    near(improvement(mean[:1], deviation[:1], best), expected[:1], rtol=1e-7)
    moved = improvement([m + 5 for m in mean], deviation, best + 5)
    near(moved, expected, rtol=1e-7, atol=1e-12)
    m, s, b = (tf.constant(x, tf.float64) for x in (mean, deviation, best))
    u = (b - m) / s
    to_mean, to_deviation = slopes(lambda m, s: answer(m, s, b), m, s)
    near(to_mean, -(1 + tf.math.erf(u / math.sqrt(2))) / 2, rtol=1e-7)
    near(to_deviation, normal * tf.exp(-(u**2) / 2), rtol=1e-7)


def diffusion__split(answer):
    def parts(mixed, velocity, t):
        pictures, noise = answer(tf.constant(mixed), tf.constant(velocity), tf.constant(t))
        return pictures, noise

    for value, expected in zip(parts([[1.25]], [[-3.0]], [0.25]), (2, -1), strict=True):
        near(value, [[expected]])
    for shape in ((3, 4), (2, 3, 2), (3, 2, 3, 3)):
        pictures, noise = np.random.normal(0, 2, (2, *shape)).astype(np.float32)
        pictures[0], noise[-1] = 5, -6
        t = np.array([0.0, 1, 0.35], np.float32)[-shape[0] :]
        for times in (t, t[::-1]):
            along = times.reshape(-1, *[1] * (len(shape) - 1))
            mixed = tf.constant((1 - along) * pictures + along * noise)
            velocity, times = tf.constant(noise - pictures), tf.constant(times.copy())
            first, second = answer(mixed, velocity, times)
            near(first, pictures)
            near(second, noise)

            def weighted(velocity, mixed=mixed, times=times):
                first, second = answer(mixed, velocity, times)
                return first + 3 * second

            (slope,) = slopes(weighted, velocity)
            near(slope, np.broadcast_to(-along + 3 * (1 - along), shape))


def tokens__causal_attention(answer):
    worked = tf.constant([[[1.0], [1]]]), tf.constant([[[0], [math.log(3)]]])
    near(answer(*worked, tf.constant([[[2.0], [6]]])), [[[2], [5]]])
    for asked, places, size, out in ((5, 5, 3, 2), (2, 6, 5, 5), (1, 5, 4, 3), (1, 1, 3, 2)):
        queries, keys = drawn(2, 3, asked, size), drawn(2, 3, places, size)
        given = queries, keys, drawn(2, 3, places, out)
        near(answer(*given), _attended(*given))
        pull = drawn(2, 3, asked, out)
        wanted = slopes(lambda *given, pull=pull: _attended(*given) * pull, *given)
        found = slopes(lambda *given, pull=pull: answer(*given) * pull, *given)
        for slope, right in zip(found, wanted, strict=True):
            near(slope, right, atol=1e-4)
    queries = tf.fill((1, 4, 9), 8.0)
    for sign in (1, -1):
        keys = sign * tf.tile(tf.constant([6.0, 8, 7, 8])[None, :, None], (1, 1, 9))
        values = drawn(1, 4, 3)
        near(answer(queries, keys, values), _attended(queries, keys, values))


def _attended(queries, keys, values):
    """Place by place: softmax of the scores of what may be seen."""
    asked, places = queries.shape[-2], keys.shape[-2]
    rows = []
    for place in range(asked):
        seen = places - asked + place + 1
        scores = tf.reduce_sum(keys[..., :seen, :] * queries[..., place : place + 1, :], -1)
        weights = tf.nn.softmax(scores / math.sqrt(queries.shape[-1]))
        rows.append(tf.reduce_sum(weights[..., None] * values[..., :seen, :], -2))
    return tf.stack(rows, -2)
