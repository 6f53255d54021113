"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np
from scipy.optimize import minimize_scalar

from prodgen_lib.plain.costs import loss_at


def transformer_parameters__listed(*, layers, width, vocabulary, places, tied=True):
    def linear(a, b):
        return a * b + b

    blocks = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]
    one = sum(linear(*shape) for shape in blocks) + 2 * 2 * width
    extra = [] if tied else [vocabulary * width]
    return sum([vocabulary * width, places * width, layers * one, 2 * width, *extra])


def transformer_parameters__formula(*, layers, width, vocabulary, places, tied=True):
    heads = 1 if tied else 2
    return width * (heads * vocabulary + places + 2) + layers * width * (12 * width + 13)


def transformer_parameters__shapes(*, layers, width, vocabulary, places, tied=True):
    w = width
    shapes = [(w,), (w,), (3 * w, w), (3 * w,), (w, w), (w,), (w,), (w,)]
    shapes += [(4 * w, w), (4 * w,), (w, 4 * w), (w,)]
    shapes = layers * shapes + [(vocabulary, w), (places, w), (w,), (w,)]
    if not tied:
        shapes.append((vocabulary, w))
    return int(sum(np.prod(shape, dtype=np.int64) for shape in shapes))


def transformer_parameters__loop(*, layers, width, vocabulary, places, tied=True):
    count = width * (vocabulary + places)
    for _ in range(layers):
        for factor in (3, 1, 4):
            count += factor * width * (width + 1)
        count += 4 * width**2 + width + 4 * width
    return count + 2 * width + (not tied) * vocabulary * width


def transformer_parameters__float(*, layers, width, vocabulary, places, tied=True):
    block = 12.0 * width**2 + 9 * width + 4 * width
    return layers * block + (vocabulary * (2 - tied) + places + 2) * width


def training_memory__terms(*, parameters, activations, batch, bytes_each=4, moments=2):
    parts = [parameters, parameters, moments * parameters, batch * activations]
    return sum(bytes_each * part for part in parts)


def training_memory__one_line(*, parameters, activations, batch, bytes_each=4, moments=2):
    return bytes_each * ((moments + 2) * parameters + batch * activations)


def training_memory__numpy(*, parameters, activations, batch, bytes_each=4, moments=2):
    numbers = np.array([parameters * (2 + moments), activations * batch], dtype=np.int64)
    return numbers.sum() * bytes_each


def training_memory__loop(*, parameters, activations, batch, bytes_each=4, moments=2):
    total = 2 * parameters * bytes_each
    for _ in range(moments):
        total += parameters * bytes_each
    for _ in range(batch):
        total += activations * bytes_each
    return total


def training_memory__float(*, parameters, activations, batch, bytes_each=4, moments=2):
    return float(bytes_each) * (parameters * (2.0 + moments) + activations * batch)


def operations__dot(weights, places, *, examples=1, training=False):
    products = int(np.dot(np.asarray(weights, dtype=np.int64), np.asarray(places, dtype=np.int64)))
    return (6 if training else 2) * products * examples


def operations__loop(weights, places, *, examples=1, training=False):
    total = 0
    for k in range(len(weights)):
        total += 2 * weights[k] * places[k]
        if training:
            total += 4 * weights[k] * places[k]
    return total * examples


def operations__per_example(weights, places, *, examples=1, training=False):
    return sum((2 + 4 * training) * w * p * examples for w, p in zip(weights, places, strict=False))


def operations__passes(weights, places, *, examples=1, training=False):
    forward = sum(map(lambda w, p: w * p, weights, places)) * 2 * examples
    backward = 2 * forward
    return forward + backward if training else forward


def operations__float(weights, places, *, examples=1, training=False):
    return (np.array(weights, float) * np.array(places)).sum() * examples * (6.0 if training else 2)


def best_split__searched(operations, law):
    def loss(log_size):
        size = math.exp(log_size)
        return loss_at(law._replace(floor=0.0), size, operations / 6 / size)

    top = math.log(operations / 6)
    coarse = min(np.linspace(0, top, 400), key=loss)
    step = top / 400
    low, high = coarse - step, coarse + step

    def slope(log_size):
        size = math.exp(log_size)
        tokens = operations / 6 / size
        fall = law.size_exponent * law.size_scale * size**-law.size_exponent
        return law.data_exponent * law.data_scale * tokens**-law.data_exponent - fall

    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return math.exp(low), operations / 6 / math.exp(low)


def best_split__logarithms(operations, law):
    a, b = law.size_exponent, law.data_exponent
    budget = math.log(operations / 6)
    ratio = math.log(a * law.size_scale) - math.log(b * law.data_scale)
    log_size = (ratio + b * budget) / (a + b)
    return math.exp(log_size), math.exp(budget - log_size)


def best_split__tokens_first(operations, law):
    a, b = law.size_exponent, law.data_exponent
    ratio = (b * law.data_scale / (a * law.size_scale)) ** (1 / (a + b))
    tokens = ratio * (operations / 6) ** (a / (a + b))
    return operations / (6 * tokens), tokens


def best_split__list(operations, law):
    g = ((law.size_exponent * law.size_scale) / (law.data_exponent * law.data_scale)) ** (
        1 / (law.size_exponent + law.data_exponent)
    )
    share = law.data_exponent / (law.data_exponent + law.size_exponent)
    pairs = operations / 6
    return [g * pairs**share, pairs ** (1 - share) / g]


def best_split__golden(operations, law):
    pairs = operations / 6

    def loss(log_size):
        size = np.exp(log_size)
        fall = law.size_scale * size**-law.size_exponent
        return np.log(fall + law.data_scale * (pairs / size) ** -law.data_exponent)

    start = minimize_scalar(loss, bounds=(0, np.log(pairs)), method="bounded").x
    a, b = law.size_exponent, law.data_exponent
    for _ in range(50):  # Newton's steps on the slope
        one = a * law.size_scale * np.exp(-a * start)
        two = b * law.data_scale * np.exp(-b * (np.log(pairs) - start))
        start -= (two - one) / (a * one + b * two)
    return np.exp(start), pairs / np.exp(start)


def _plan(held, work, hours, price, power):
    return {
        "kilowatt hours": hours * power * 1e-3,
        "money": hours * price,
        "hours": hours,
        "operations": work,
        "bytes": held,
    }


def review_budget__units(
    *, parameters, head, places, pictures, epochs, activations, batch, peak, use, price, power
):
    adam = [parameters] * 4
    held = (sum(adam) + activations * batch) * 4
    forward = 2 * parameters * places * pictures
    work = epochs * (forward + 2 * forward)
    return _plan(held, work, work / peak / use / 60 / 60, price, power)


def review_budget__floats(
    *, parameters, head, places, pictures, epochs, activations, batch, peak, use, price, power
):
    held = 16.0 * parameters + 4.0 * activations * batch
    work = 6.0 * parameters * pictures * places * epochs
    seconds = work / (use * peak)
    return _plan(held, work, seconds / 3600.0, price, power)


def review_budget__a_picture(
    *, parameters, head, places, pictures, epochs, activations, batch, peak, use, price, power
):
    each = (2 + 4) * (parameters - head + head) * places
    work = each * pictures * epochs
    speed = peak * use * 3600
    return _plan(4 * batch * activations + 16 * parameters, work, work / speed, price, power)


def review_budget__loop(
    *, parameters, head, places, pictures, epochs, activations, batch, peak, use, price, power
):
    work = 0
    for _ in range(epochs):
        work += 6 * parameters * pictures * places
    held = 0
    for numbers in (parameters, parameters, 2 * parameters, batch * activations):
        held += 4 * numbers
    return _plan(held, work, work / 3600 / (peak * use), price, power)


def review_budget__energy_first(
    *, parameters, head, places, pictures, epochs, activations, batch, peak, use, price, power
):
    work = 6 * epochs * pictures * places * parameters
    hours = (work / peak) * (1 / use) / 3600
    return _plan(4 * (4 * parameters + activations * batch), work, hours, price, power)
