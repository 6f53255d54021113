"""How a wish enters a network: rows joined to noise, planes beside pictures, a product of both."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import SUMS, probe, replacing

COPIES = "float32 numbers that are only moved"


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers from N(0, 1) as float32."""
    return rng.normal(0, 1, shape).astype(np.float32)


def drawn_labels(rng: np.random.Generator, pictures: int, counts: tuple[int, ...]) -> np.ndarray:
    """An answer to each question for each picture, (N, K)."""
    columns = [rng.integers(count, size=pictures) for count in counts]
    return np.stack(columns, axis=1)


def as_told(answer: Callable, case: Case, look: ModuleType) -> Callable:
    """The answer; compiled where the case says that it is called as the training loop does."""
    return look.compiled(answer) if case.inputs.get("compiled") else answer


def value_and_gradients(
    look: ModuleType, function: Callable, tensors: list, seed: int = 0
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A function's value, and the gradients of the sum of its numbers, each with its own weight.

    A complaint about other numbers than float32: the next layer would not take them.
    """
    found = function(*tensors)
    value = look.array(found)
    if "float32" not in str(found.dtype):
        raise Complaint(
            "The answer holds other numbers than float32: the next layer takes no other."
        )
    weights = look.tensor(np.random.default_rng(seed).uniform(0.5, 1.5, value.shape))
    _, gradients = look.value_and_gradients(lambda *given: function(*given) * weights, *tensors)
    return value, gradients


def join_cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand; one question; three tables of different sizes; as `train` calls it."""

    def case(name: str, pictures: int, sizes: dict[int, int]) -> Case:
        tables = [drawn(rng, count, size) for count, size in sizes.items()]
        labels = drawn_labels(rng, pictures, tuple(sizes))
        return Case(name, {"noise": drawn(rng, pictures, 3), "tables": tables, "labels": labels})

    tables = [[[1, 2], [3, 4], [5, 6]], [[-7], [-8]]]
    worked = {
        "noise": np.array([[0.5, -1], [0, 2]], np.float32),
        "tables": [np.array(table, np.float32) for table in tables],
        "labels": np.array([[2, 0], [0, 1]]),
    }
    by_hand = {"what the generator is given": [[0.5, -1, 5, 6, -7], [0, 2, 1, 2, -8]]}
    trained = case("six pictures, as `train` calls it", 6, {5: 2, 3: 4})
    trained.inputs["compiled"] = True
    return [
        Case("the two pictures worked by hand", worked, by_hand),
        case("one picture, one question", 1, {4: 5}),
        case("five pictures, three tables", 5, {4: 2, 2: 3, 6: 1}),
        trained,
        case("seven pictures, two tables", 7, {3: 4, 5: 2}),
    ]


def observe_join(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the generator is given, and gradients for noise and tables.

    Tables are multiplied by 1 so that TensorFlow's gradient for them is a tensor.
    """
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    join = as_told(answer, case, look)
    value, (to_noise, *to_tables) = value_and_gradients(
        look,
        lambda noise, *tables: join(noise, [1 * table for table in tables], labels),
        [look.tensor(inputs["noise"]), *(look.tensor(table) for table in inputs["tables"])],
    )
    return {
        "what the generator is given": value,
        "gradient of the noise": to_noise,
        **{f"gradient of table {k}": gradient for k, gradient in enumerate(to_tables)},
    }


CUT_TABLE = (
    "The numbers are right, but gradients do not reach the rows of the tables as they should, so "
    "what is said about a label is never learned: look for what cuts them off."
)

ROWS = "[table[labels[:, k]] for k, table in enumerate(tables)]"
TF_ROWS = "[tf.gather(table, labels[:, k]) for k, table in enumerate(tables)]"
rows = replacing(ROWS, TF_ROWS)
joined = replacing("torch.cat([noise, *rows], dim=1)", "tf.concat([noise, *rows], axis=1)")

JOIN = Exercise(
    id="cgan.join_labels",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    cases=join_cases,
    observe=observe_join,
    tolerance_reason=COPIES,
    messages={
        **{f"gradient of table {k}": CUT_TABLE for k in range(3)},
        "gradient of the noise": (
            "The numbers are right, but gradients do not reach the noise: something cuts them off."
        ),
    },
    hints=(
        "Which row of table 0 belongs to picture 5? And how many numbers has the result in a row, "
        "if the tables have 16 columns each?",
        "Check three properties: the width is that of noise and all tables together; two pictures "
        "with the same labels end alike; another label for picture 0 changes row 0 alone.",
        "For each column of the labels take the rows of its own table, one for each picture; put "
        "noise and those rows next to each other along the last axis, in order.",
    ),
    wrong=(
        joined(
            "label as a scalar",
            "The label itself is appended as a number: category 9 then looks nine times category "
            "1, and between bag and cap lies a lamp. Append the row that the table has for it.",
            "torch.cat([noise, labels.float()], dim=1)",
            "tf.concat([noise, tf.cast(labels, tf.float32)], axis=1)",
        ),
        rows(
            "one-hot in place of the rows",
            "The labels are appended as ones among zeros: that is a wish too, but here the table "
            "is what is learned, and its rows stand in the result.",
            "[F.one_hot(labels[:, k], len(table)).float() for k, table in enumerate(tables)]",
            "[tf.one_hot(labels[:, k], table.shape[0]) for k, table in enumerate(tables)]",
        ),
        rows(
            "generator's condition dropped",
            "Nothing of the labels arrives: the rows are multiplied by 0, so the generator is "
            "never told what is asked for.",
            "[0 * table[labels[:, k]] for k, table in enumerate(tables)]",
            "[0 * tf.gather(table, labels[:, k]) for k, table in enumerate(tables)]",
        ),
        joined(
            "noise alone",
            "This is the noise alone: the rows of the tables are missing, so the generator is "
            "never told what is asked for.",
            "noise + 0",
        ),
        joined(
            "rows alone",
            "The noise is missing: a wish then has one picture only, always the same.",
            "torch.cat(rows, dim=1)",
            "tf.concat(rows, axis=1)",
        ),
        joined(
            "rows before the noise",
            "These are the right numbers in another order: noise first, then the rows.",
            "torch.cat([*rows, noise], dim=1)",
            "tf.concat([*rows, noise], axis=1)",
        ),
        joined(
            "tables in reverse",
            "These are the right numbers in another order: the rows stand in the order of the "
            "tables.",
            "torch.cat([noise, *rows[::-1]], dim=1)",
            "tf.concat([noise, *rows[::-1]], axis=1)",
        ),
        rows(
            "labels shuffled",
            "Each picture gets the rows of another one: row i of the result belongs to row i of "
            "the labels, and the discriminator is told the same label.",
            "[table[labels.flip(0)[:, k]] for k, table in enumerate(tables)]",
            "[tf.gather(table, labels[::-1, k]) for k, table in enumerate(tables)]",
        ),
        rows(
            "one wish for the whole batch",
            "All pictures get the rows of picture 0: each has labels of its own.",
            "[table[labels[:1, k]].expand(len(noise), -1) for k, table in enumerate(tables)]",
            "[tf.gather(table, labels[:, k] * 0 + labels[0, k]) for k, table in enumerate(tables)]",
        ),
        rows(
            "the first label for every table",
            "Every table is asked for the first label: column k of the labels goes with table k.",
            "[table[labels[:, 0] % len(table)] for k, table in enumerate(tables)]",
            "[tf.gather(table, labels[:, 0] % table.shape[0]) for k, table in enumerate(tables)]",
        ),
        rows(
            "the first table alone",
            "Only the first question is answered: every table gives a row.",
            "[table[labels[:, k]] for k, table in enumerate(tables[:1])]",
            "[tf.gather(table, labels[:, k]) for k, table in enumerate(tables[:1])]",
        ),
        rows(
            "counted from 1",
            "Each label names the row before its own: labels count from 0, as rows do.",
            "[table[labels[:, k] - 1] for k, table in enumerate(tables)]",
            "[tf.gather(table, (labels[:, k] - 1) % len(table)) for k, table in enumerate(tables)]",
        ),
        rows(
            "tables cut off",
            CUT_TABLE,
            "[table.detach()[labels[:, k]] for k, table in enumerate(tables)]",
            "[tf.gather(tf.stop_gradient(table), labels[:, k]) for k, table in enumerate(tables)]",
        ),
    ),
)


def plane_cases(rng: np.random.Generator) -> list[Case]:
    """Two pixels by hand; one plane; pictures that are not square; as `train` calls it."""

    def case(name: str, *shape: int, codes: int, **inputs: bool) -> Case:
        given = {"images": drawn(rng, *shape), "codes": drawn(rng, shape[0], codes)}
        return Case(name, {**given, **inputs})

    worked = {
        "images": np.array([0.5, -0.5], np.float32).reshape(1, 1, 2, 1),
        "codes": np.array([[0, 1, 3]], np.float32),
    }
    by_hand = np.reshape([[0.5, 0, 1, 3], [-0.5, 0, 1, 3]], (1, 1, 2, 4))
    return [
        Case("the two pixels worked by hand", worked, {"pictures with planes": by_hand}),
        case("one picture, one plane", 1, 3, 3, 3, codes=1),
        case("four pictures of 2×3 pixels, two planes", 4, 2, 3, 2, codes=2),
        case("three pictures, as `train` calls it", 3, 4, 4, 3, codes=5, compiled=True),
        case("three pictures of 4×2 pixels, four planes", 3, 4, 2, 1, codes=4),
    ]


def observe_planes(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures with their planes, N×H×W×C, and gradients for both."""
    look, inputs = probe(framework), case.inputs
    tensors = [look.pictures(inputs["images"]), look.tensor(inputs["codes"])]
    value, (to_images, to_codes) = value_and_gradients(look, as_told(answer, case, look), tensors)
    return {
        "pictures with planes": channels_last(value, framework),
        "gradient of the pictures": to_images,
        "gradient of the codes": to_codes,
    }


def channels_last(pictures: np.ndarray, framework: Framework) -> np.ndarray:
    """Pictures as N×H×W×C; what has another number of axes stays as it is."""
    moved = framework.name == "torch" and pictures.ndim == 4
    return np.moveaxis(pictures, 1, -1) if moved else pictures


laid = replacing("torch.cat([images, planes], dim=1)", "tf.concat([images, planes], axis=3)")
SPREAD_OUT = "codes[:, :, None, None].expand(-1, -1, height, width)"
TF_SPREAD_OUT = "tf.tile(codes[:, None, None, :], [1, height, width, 1])"
spread = replacing(SPREAD_OUT, TF_SPREAD_OUT)

PLANES = Exercise(
    id="cgan.add_planes",
    difficulty=2,
    importance=4,
    minutes=6,
    seed=2,
    cases=plane_cases,
    observe=observe_planes,
    tolerance_reason=COPIES,
    messages={
        "gradient of the pictures": (
            "The planes are right, but gradients do not reach the pictures, so a generator would "
            "learn nothing from this discriminator: look for what cuts them off."
        ),
        "gradient of the codes": (
            "The planes are right, but gradients do not reach the codes: look for what cuts them "
            "off."
        ),
    },
    hints=(
        "How many channels has a picture of 3 channels, once 10 numbers stand beside every pixel?",
        "Check three properties: the first channels are the picture, untouched; every further "
        "channel holds one number only; picture 0's planes do not depend on picture 1's code.",
        "Give the codes two axes of length 1 where height and width belong, repeat them along "
        "these, and join pictures and planes along the axis of the channels.",
    ),
    wrong=(
        laid(
            "condition dropped",
            "These are the pictures alone: without planes the discriminator never learns what a "
            "picture is said to show.",
            "images + 0",
        ),
        laid(
            "planes first",
            "These are the right planes in another order: the picture's channels come first.",
            "torch.cat([planes, images], dim=1)",
            "tf.concat([planes, images], axis=3)",
        ),
        laid(
            "added to the picture",
            "The code is added to the pixels: they then show neither. Planes stand beside the "
            "channels, as further ones.",
            "images + planes.sum(dim=1, keepdim=True)",
            "images + tf.reduce_sum(planes, axis=3, keepdims=True)",
        ),
        spread(
            "reshaped in place of repeated",
            "The numbers of a code are mixed up over its planes: repeating a row and cutting it "
            "into planes is not the same as repeating each number over its own plane.",
            "codes.repeat(1, height * width).reshape(len(codes), -1, height, width)",
            "tf.reshape(tf.repeat(codes, height * width, axis=1), [-1, height, width, "
            "codes.shape[1]])",
        ),
        spread(
            "one plane for all numbers",
            "There is one plane with the mean of the code: every number has a plane of its own.",
            "codes.mean(dim=1)[:, None, None, None].expand(-1, 1, height, width)",
            "tf.tile(tf.reduce_mean(codes, 1)[:, None, None, None], [1, height, width, 1])",
        ),
        spread(
            "the first code for all pictures",
            "All pictures get the code of picture 0: each has one of its own.",
            "codes[:1, :, None, None].expand(len(codes), -1, height, width)",
            "tf.tile(codes[:1, None, None, :], [len(codes), height, width, 1])",
        ),
        spread(
            "codes shuffled",
            "Each picture gets the code of another one: row i of the codes belongs to picture i.",
            "codes.flip(0)[:, :, None, None].expand(-1, -1, height, width)",
            "tf.tile(codes[::-1, None, None, :], [1, height, width, 1])",
        ),
        spread(
            "codes scaled",
            "The codes are rescaled from [0, 1] to [-1, 1]: they go into the planes as they are.",
            "(2 * codes - 1)[:, :, None, None].expand(-1, -1, height, width)",
            "tf.tile((2 * codes - 1)[:, None, None, :], [1, height, width, 1])",
        ),
        spread(
            "the largest as 1",
            "Only the largest number of each code is kept, as a 1: a code is any row of numbers, "
            "and all of them have their plane.",
            "F.one_hot(codes.argmax(1), codes.shape[1])[:, :, None, None].expand(-1, -1, height, "
            "width)",
            "tf.tile(tf.one_hot(tf.argmax(codes, 1), codes.shape[1])[:, None, None, :], [1, "
            "height, width, 1])",
        ),
        laid(
            "pictures cut off",
            "The planes are right, but the pictures are cut off from their gradient, so a "
            "generator would learn nothing from this discriminator.",
            "torch.cat([images.detach(), planes], dim=1)",
            "tf.concat([tf.stop_gradient(images), planes], axis=3)",
        ),
    ),
)


def projection_cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand; no tables; one question; three; as `train` calls it."""

    def case(name: str, pictures: int, size: int, *counts: int, **inputs: object) -> Case:
        given = {
            "features": drawn(rng, pictures, size),
            "scores": drawn(rng, pictures),
            "tables": [drawn(rng, count, size) for count in counts],
            "labels": drawn_labels(rng, pictures, counts),
        }
        return Case(name, {**given, **inputs})

    tables = [[[1, 0], [0, 1], [2, -1]], [[1, 1], [-1, 3]]]
    worked = {
        "features": np.array([[1, 2], [-3, 0.5]], np.float32),
        "scores": np.array([0.5, -1], np.float32),
        "tables": [np.array(table, np.float32) for table in tables],
        "labels": np.array([[2, 1], [0, 0]]),
    }
    return [
        Case("the two pictures worked by hand", worked, {"logits": [5.5, -6.5]}),
        case("one picture, one question", 1, 3, 4),
        case("two labels and no tables", 4, 3, 5, 2, tables=[]),
        case("five pictures, three questions", 5, 4, 2, 5, 3),
        case("three pictures, as `train` calls it", 3, 6, 2, 4, compiled=True),
        case("six pictures, two questions", 6, 5, 3, 4),
    ]


def observe_projection(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The logits, and gradients for features, scores and tables, which are multiplied by 1."""
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    project = as_told(answer, case, look)
    arrays = [inputs["features"], inputs["scores"], *inputs["tables"]]
    value, (to_features, to_scores, *to_tables) = value_and_gradients(
        look,
        lambda features, scores, *tables: project(
            features, scores, [1 * table for table in tables], labels
        ),
        [look.tensor(array) for array in arrays],
    )
    return {
        "logits": value,
        "gradient of the features": to_features,
        "gradient of the scores": to_scores,
        **{f"gradient of table {k}": gradient for k, gradient in enumerate(to_tables)},
    }


PRODUCT = "(table[labels[:, k]] * features).sum(dim=1)"
TF_PRODUCT = "tf.reduce_sum(tf.gather(table, labels[:, k]) * features, axis=1)"
product = replacing(PRODUCT, TF_PRODUCT)

PROJECTION = Exercise(
    id="cgan.projection_logit",
    difficulty=3,
    importance=4,
    minutes=8,
    seed=2,
    cases=projection_cases,
    observe=observe_projection,
    tolerance_reason=SUMS,
    messages={
        **{f"gradient of table {k}": CUT_TABLE for k in range(3)},
        "gradient of the features": (
            "The logits are right, but gradients do not reach the features as they should: the "
            "generator learns what was asked for through them."
        ),
        "gradient of the scores": (
            "The logits are right, but gradients do not reach the scores: something cuts them off."
        ),
    },
    hints=(
        "What does a large inner product of a picture's features and a label's row say, and what "
        "is left of the logit when there are no tables?",
        "Check three properties: one logit for each picture; twice the rows add twice as much to "
        "the score; picture 0's label has no say in the logit of picture 1.",
        "Start from the scores. For each table take a row for each picture, by that table's column "
        "of the labels, multiply it by the features number by number, and add the sum over the "
        "features to the logit.",
    ),
    wrong=(
        product(
            "condition ignored",
            "These are the scores alone: the label has no say, and a generator that ignores the "
            "wish is never found out.",
            "0 * (table[labels[:, k]] * features).sum(dim=1)",
            "0 * tf.reduce_sum(tf.gather(table, labels[:, k]) * features, axis=1)",
        ),
        Wrong.both(
            "scores left out",
            "These are the products alone: the score, which says whether the picture looks real "
            "whatever it shows, is left out.",
            ("logits = scores", "logits = 0 * scores"),
        ),
        product(
            "label as a scalar",
            "The label multiplies the features as a number: category 0 then says nothing, and 9 "
            "says nine times what 1 says. Take the row that the table has for it.",
            "(labels[:, k, None] * features).sum(dim=1)",
            "tf.reduce_sum(tf.cast(labels[:, k, None], tf.float32) * features, axis=1)",
        ),
        product(
            "mean over features",
            "These are exactly the numbers you get from means over the features: an inner product "
            "is a sum.",
            "(table[labels[:, k]] * features).mean(dim=1)",
            "tf.reduce_mean(tf.gather(table, labels[:, k]) * features, axis=1)",
        ),
        product(
            "labels shuffled",
            "Each picture is multiplied by the row of another one: picture i belongs to row i of "
            "the labels.",
            "(table[labels.flip(0)[:, k]] * features).sum(dim=1)",
            "tf.reduce_sum(tf.gather(table, labels[::-1, k]) * features, axis=1)",
        ),
        product(
            "the first label for every table",
            "Every table is asked for the first label: column k of the labels goes with table k.",
            "(table[labels[:, 0] % len(table)] * features).sum(dim=1)",
            "tf.reduce_sum(tf.gather(table, labels[:, 0] % table.shape[0]) * features, axis=1)",
        ),
        product(
            "rows without features",
            "The rows of the tables are summed up by themselves: a label then gets its points "
            "whatever the picture shows. Multiply by the features first.",
            "table[labels[:, k]].sum(dim=1)",
            "tf.reduce_sum(tf.gather(table, labels[:, k]), axis=1)",
        ),
        product(
            "every label at once",
            "The features are multiplied by *all* rows of the table: only the row of the picture's "
            "own label counts.",
            "(features @ table.T).sum(dim=1)",
            "tf.reduce_sum(features @ tf.transpose(table), axis=1)",
        ),
        product(
            "every pair of pictures",
            "Each picture is multiplied by the rows of all pictures in the batch: only its own row "
            "counts. A matrix product gives N×N numbers, of which N belong here.",
            "(features @ table[labels[:, k]].T).sum(dim=1)",
            "tf.reduce_sum(features @ tf.transpose(tf.gather(table, labels[:, k])), axis=1)",
        ),
        Wrong.both(
            "the last table alone",
            "Only the last question is answered: the products of all tables add up.",
            ("logits = logits +", "logits = scores +"),
        ),
        product(
            "wrong sign",
            "These are exactly the numbers you get when the products are subtracted: a picture "
            "then loses by looking like what it is said to be.",
            "-(table[labels[:, k]] * features).sum(dim=1)",
            "-tf.reduce_sum(tf.gather(table, labels[:, k]) * features, axis=1)",
        ),
        product(
            "divided by the root of the size",
            "The products are divided by the root of the number of features, as in attention: here "
            "they count in full.",
            "(table[labels[:, k]] * features).sum(dim=1) / features.shape[1] ** 0.5",
            "tf.reduce_sum(tf.gather(table, labels[:, k]) * features, axis=1)"
            " / features.shape[1] ** 0.5",
        ),
        product(
            "tables cut off",
            CUT_TABLE,
            "(table.detach()[labels[:, k]] * features).sum(dim=1)",
            "tf.reduce_sum(tf.gather(tf.stop_gradient(table), labels[:, k]) * features, axis=1)",
        ),
        product(
            "features cut off",
            "The logits are right, but the features are cut off in the product: the generator "
            "learns to look real and never what was asked for.",
            "(table[labels[:, k]] * features.detach()).sum(dim=1)",
            "tf.reduce_sum(tf.gather(table, labels[:, k]) * tf.stop_gradient(features), axis=1)",
        ),
    ),
)

EXERCISES = (JOIN, PLANES, PROJECTION)
