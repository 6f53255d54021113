"""What a model costs before it is trained: weights, bytes, operations, seconds, money, and a split.

Read from top to bottom: weights counted by hand, bytes of a training step, operations of tokens and
of convolutions, the cost of a picture, a law of scale and the best size for a budget, a budget to
review. Plain numbers; no framework is needed. The networks that are counted:
`picture_gpt` and `gan` in `prodgen_lib.torch` and `prodgen_lib.tensorflow`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


def transformer_parameters(
    *, layers: int, width: int, vocabulary: int, places: int, tied: bool = True
) -> int:
    """How many numbers training changes in a GPT, a transformer that guesses the next id.

    A table has a row of `width` numbers for each of `vocabulary` ids, another one a row for each of
    `places`. Each layer: a layer norm, with a scale and a shift for each of `width` numbers; a
    linear layer from width to 3·width numbers, the queries, keys and values; one from width to
    width; a second layer norm; a linear layer from width to 4·width and one back. Linear layers
    have biases. After the last layer comes one more layer norm, and then the head, without a bias:
    a logit for each id. A `tied` head is the table of the ids itself; otherwise it is a matrix of
    its own. One layer, width 2, 3 ids, 4 places, tied: 92.
    """
    norm = 2 * width
    attention = 3 * width * width + 3 * width + width * width + width
    network = 4 * width * width + 4 * width + 4 * width * width + width
    tables = vocabulary * width + places * width
    head = 0 if tied else vocabulary * width
    return tables + layers * (2 * norm + attention + network) + norm + head


def convolution_parameters(*, inputs: int, outputs: int, kernel: int, bias: bool = True) -> int:
    """The weights of a convolution kernel × kernel, transposed or not, and of its biases."""
    return kernel * kernel * inputs * outputs + bias * outputs


def training_memory(
    *, parameters: int, activations: int, batch: int, bytes_each: int = 4, moments: int = 2
) -> int:
    """The bytes that a training step holds at its peak.

    Kept for each of the `parameters`: the weight, its gradient, and the optimizer's `moments` (2
    for Adam, 0 for plain gradient descent). Kept for each example of the `batch`: its
    `activations`, so many numbers that the backward pass needs. A number takes `bytes_each` bytes.
    10 parameters, 7 activations, a batch of 2, Adam: 216 bytes.
    """
    kept = parameters * (1 + 1 + moments)
    return (kept + activations * batch) * bytes_each


def transformer_activations(
    *, layers: int, width: int, vocabulary: int, places: int, heads: int
) -> int:
    """About how many numbers a GPT keeps of one example until the backward pass has used them.

    Inputs of norms and linear layers, queries, keys and values, what attention weighs by, both
    sides of the curved function, and the logits. What a framework copies besides is not counted.
    """
    layer = 16 * width + heads * places
    return places * (layers * layer + 2 * width + vocabulary)


def operations(
    weights: Sequence[int], places: Sequence[int], *, examples: int = 1, training: bool = False
) -> int:
    """How many multiplications and additions a network makes with its kernels.

    `weights` (K,) says how many numbers each layer's kernel has, `places` (K,) at how many places
    of *one* example it is used: once for a vector, once for each token, once for each pixel that
    a convolution gives. Each use of each number is a multiplication and an addition: 2 operations.
    In `training` the backward pass comes on top, which is twice as dear as the forward pass: it
    finds gradients for inputs and for weights. Two layers of 10 and 3 weights at 4 and 1 places,
    5 examples: 430, and in training 1,290.
    """
    forward = 2 * sum(w * p for w, p in zip(weights, places, strict=True))
    passes = 3 if training else 1
    return passes * forward * examples


def attention_operations(*, layers: int, width: int, places: int, training: bool = False) -> int:
    """What attention does besides its kernels for one example: every place looks at every place.

    Products of queries and keys, and the weighted sum of the values, 2 operations each.
    """
    return (3 if training else 1) * layers * 4 * places * places * width


class Cost(NamedTuple):
    """What one picture takes: seconds of a machine, money, and watt hours."""

    seconds: float
    money: float
    watt_hours: float


def picture_cost(*, operations: float, peak: float, use: float, price: float, power: float) -> Cost:
    """The cost of a picture that takes so many `operations`.

    `peak` is what a machine could do in a second, `use` (0 to 1) the share of it that it does,
    `price` its hour's, `power` its watts. All four are assumptions: say where they come from.
    """
    seconds = operations / (peak * use)
    return Cost(seconds, price * seconds / 3600, power * seconds / 3600)


class Law(NamedTuple):
    """loss = floor + size_scale / parameters^size_exponent + data_scale / tokens^data_exponent."""

    floor: float
    size_scale: float
    size_exponent: float
    data_scale: float
    data_exponent: float


def loss_at(law: Law, parameters: float, tokens: float) -> float:
    """What a law predicts on pictures that were held out."""
    size = law.size_scale * parameters**-law.size_exponent
    return law.floor + size + law.data_scale * tokens**-law.data_exponent


def best_split(operations: float, law: Law) -> tuple[float, float]:
    """The size, and how much to train it, that a law promises the lowest loss for a budget.

    A budget of `operations` for training buys so many parameters and tokens that their product,
    times 6, is the budget. The law's `size_scale` and `size_exponent` say how loss falls with
    parameters, `data_scale` and `data_exponent` how it falls with tokens. Returns the two numbers,
    (parameters, tokens), that reach the lowest loss. Both scales 1, both exponents 0.5, a budget of
    600: (10, 10).
    """
    both = law.size_exponent + law.data_exponent
    steepness = law.size_exponent * law.size_scale / (law.data_exponent * law.data_scale)
    parameters = steepness ** (1 / both) * (operations / 6) ** (law.data_exponent / both)
    return parameters, operations / 6 / parameters


def review_budget(
    *,
    parameters: int,
    head: int,
    places: int,
    pictures: int,
    epochs: int,
    activations: int,
    batch: int,
    peak: float,
    use: float,
    price: float,
    power: float,
) -> dict[str, float]:
    """A plan for training a GPT on pictures of `places` tokens, with Adam, all in float32.

    `parameters` are all its numbers, those of a tied head, `head`, among them; tables are looked
    up, which costs nothing, but the head's product is made. To keep it simple: every parameter,
    tables too, counts as used once a token. Each of `pictures` is seen `epochs` times.
    `activations` are numbers kept of one picture, `batch` pictures a step. The machine could do
    `peak` operations a second and does the share `use` of it; an hour of it costs `price`, and it
    draws `power` watts.

    Returns "bytes" (held at the peak of a step), "operations" (of the whole training), "hours",
    "money" and "kilowatt hours".
    """
    kept = parameters * (1 + 1 + 2)
    held = 4 * (kept + batch * activations)
    tokens = pictures * epochs * places
    work = 6 * parameters * tokens
    hours = work / (peak * use) / 3600
    return {
        "bytes": held,
        "operations": work,
        "hours": hours,
        "money": price * hours,
        "kilowatt hours": power * hours / 1000,
    }
