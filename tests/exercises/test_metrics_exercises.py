"""Answers of the chapter on metrics that no edit of the answer key shows."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.checking.check import check_answer
from prodgen_lib.checking.exercise import Framework, find_exercise

FRAMEWORKS = ("torch", "tensorflow")


def message(name, framework, answer):
    result = check_answer(find_exercise(name), answer, Framework(framework))
    assert not result.correct
    return result.message


def constant(value, framework):
    """The same numbers, cut off from what they were computed from."""
    numbers = np.asarray(value.detach() if framework == "torch" else value)
    if framework == "torch":
        import torch

        return torch.tensor(numbers)
    import tensorflow as tf

    return tf.constant(numbers)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["metrics.psnr", "metrics.ssim", "metrics.frechet_distance"])
def test_lost_gradients_are_named(name, framework):
    right = find_exercise(name).solution(Framework(framework))

    def answer(*args, **options):
        return constant(right(*args, **options), framework)

    assert message(name, framework, answer).startswith("The numbers are right and their gradients")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("metrics.frechet_distance", "The answer is of type float; expected a"),
        ("metrics.kid", "The value is of type float; expected a"),
        ("metrics.precision_recall", "Precision is of type float; expected a"),
        ("metrics.review_distance", "The answer is of type float; expected a"),
    ],
)
def test_plain_numbers_are_asked_to_be_tensors(name, words, framework):
    right = find_exercise(name).solution(Framework(framework))

    def answer(*args, **options):
        found = right(*args, **options)
        return tuple(map(float, found)) if isinstance(found, tuple) else float(found.detach_())

    def tensorflow_answer(*args, **options):
        found = right(*args, **options)
        return tuple(map(float, found)) if isinstance(found, tuple) else float(found)

    chosen = answer if framework == "torch" else tensorflow_answer
    assert message(name, framework, chosen).startswith(words)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["metrics.kid", "metrics.precision_recall", "human.bradley_terry"])
def test_one_number_where_two_are_asked_for(name, framework):
    right = find_exercise(name).solution(Framework(framework))

    def answer(*args, **options):
        return right(*args, **options)[0]

    assert "expected a pair" in message(name, framework, answer)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_votes_are_left_as_they_are(framework):
    right = find_exercise("human.bradley_terry").solution(Framework(framework))

    def bradley_terry(wins, *, regularisation=0.0):
        found = right(wins, regularisation=regularisation)
        wins += 1
        return found

    assert "changes the votes" in message("human.bradley_terry", framework, bradley_terry)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_winning_share_by_itself_is_not_enough(framework):
    """Who met weak opponents only must not come out as strong: Elo and shares are no likelihood."""

    def bradley_terry(wins, *, regularisation=0.0):
        strengths = np.zeros(len(wins))
        for i, j in np.argwhere(wins):
            for _ in range(int(wins[i, j])):
                expected = 1 / (1 + np.exp(strengths[j] - strengths[i]))
                strengths[i] += 0.1 * (1 - expected)
                strengths[j] -= 0.1 * (1 - expected)
        return strengths, np.full(len(wins), 0.1)

    assert "worked by hand" in message("human.bradley_terry", framework, bradley_terry)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["metrics.psnr", "metrics.ssim"])
def test_pictures_in_the_other_layout_are_no_answer(name, framework):
    """An answer that averages over the axes of the other framework."""
    right = find_exercise(name).solution(Framework(framework))

    def turn(pictures):
        if framework == "torch":
            return pictures.movedim(-3, -1)
        import tensorflow as tf

        order = [*range(len(pictures.shape) - 3), -1, -3, -2]
        return tf.transpose(pictures, [axis % len(pictures.shape) for axis in order])

    def answer(images, targets, **options):
        return right(turn(images), turn(targets), **options)

    assert "stops with ValueError" in message(name, framework, answer)
