"""Wrong answers of the GAN chapter that no edit of the answer key shows."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from prodgen_lib.checking.check import check_answer, concluded, make_cases, run
from prodgen_lib.checking.exercise import Framework, find_exercise, load_exercises

FRAMEWORKS = ("torch", "tensorflow")


def test_numpy_in_a_compiled_step_is_explained():
    def update_average(average, model, decay):
        mixture = [
            decay * kept + (1 - decay) * new if variable.trainable else new
            for variable, kept, new in zip(
                model.weights, average.get_weights(), model.get_weights(), strict=True
            )
        ]
        average.set_weights(mixture)

    exercise = find_exercise("gan.update_average")
    message = check_answer(exercise, update_average, Framework("tensorflow")).message
    assert "compiled by `tf.function`" in message


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda found, tensor: tensor(found), "give a plain list"),
        (lambda found, tensor: [tensor(i) for i in found], "elements of type"),
        (lambda found, tensor: [float(i) for i in found], "elements of type float"),
        (lambda found, tensor: found[0] if len(found) == 1 else found, "bare number"),
    ],
)
def test_missing_categories_must_be_a_list_of_whole_numbers(framework, spoil, words):
    exercise, fw = find_exercise("gan.missing_categories"), Framework(framework)
    tensor, right = fw.bridge.to_tensor, exercise.solution(fw)

    def missing_categories(shares, **options):
        return spoil(right(shares, **options), tensor)

    assert words in check_answer(exercise, missing_categories, fw).message


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_batch_norm_in_the_discriminator_is_named_wherever_it_is(framework):
    module = Framework(framework).module("gan")

    def build_discriminator(*, width=24, channels=3, classes=0):
        return module.build_dcgan_discriminator(width=width, channels=channels)

    exercise = find_exercise("gan.build_discriminator")
    message = check_answer(exercise, build_discriminator, Framework(framework)).message
    assert message.startswith("There is batch norm in it")


@pytest.mark.parametrize("name", load_exercises("gan"))
def test_hints_do_not_name_the_function_that_does_it(name):
    assert not any("softplus" in hint.en + hint.zh for hint in find_exercise(f"gan.{name}").hints)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["build_generator", "build_discriminator"])
def test_random_kernels_are_seen_as_numbers_and_judged_elsewhere(name, framework):
    exercise, fw = find_exercise(f"gan.{name}"), Framework(framework)
    seen = run(exercise, exercise.solution(fw), fw)
    compared = concluded(exercise, make_cases(exercise), seen)
    (before, after) = next(
        (before, after)
        for before, after in zip(seen, compared, strict=True)
        if "invariant kernels from N(0, 0.02²)" in before
    )
    for observation in ("invariant kernels from N(0, 0.02²)", "invariant other kernels each time"):
        assert before[observation].dtype.kind == "f"
        assert (after[observation] == 1).all()


@pytest.mark.parametrize("topic", ["gan", "cgan", "human"])
def test_nothing_that_decides_is_computed_where_an_answer_runs(topic):
    for exercise in load_exercises(topic).values():
        source = Path(sys.modules[exercise.observe.__module__].__file__).read_text()
        assert not re.search(r"\b(yes|near|refuses|in_float64)\(", source)
