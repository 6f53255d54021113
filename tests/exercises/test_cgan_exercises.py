"""Wrong answers of the conditional GAN chapter that no edit of the answer key shows."""

from __future__ import annotations

import pytest

from prodgen_lib.checking.check import check_answer
from prodgen_lib.checking.exercise import Framework, find_exercise

FRAMEWORKS = ("torch", "tensorflow")


def message(name, answer, framework):
    verdict = check_answer(find_exercise(f"cgan.{name}"), answer, framework)
    assert not verdict.correct
    return verdict.message


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_discriminator_left_frozen_after_the_step_is_named(framework):
    fw = Framework(framework)
    right = find_exercise("cgan.review_step").solution(fw)

    def review_step(generator, discriminator, *rest, **options):
        losses = right(generator, discriminator, *rest, **options)
        if framework == "torch":
            discriminator.requires_grad_(False)
        else:
            discriminator.trainable = False
        return losses

    assert "frozen" in message("review_step", review_step, fw)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["join_labels", "add_planes", "review_inputs", "review_planes"])
def test_float64_is_not_what_the_next_layer_takes(name, framework):
    fw = Framework(framework)
    right = find_exercise(f"cgan.{name}").solution(fw)

    def double(*inputs, **options):
        value = right(*inputs, **options)
        return value.double() if framework == "torch" else _cast(value)

    def _cast(value):
        import tensorflow as tf

        return tf.cast(value, tf.float64)

    assert "float32" in message(name, double, fw)


@pytest.mark.parametrize("name", ["join_labels", "projection_logit", "compose"])
def test_numpy_in_a_compiled_step_is_explained(name):
    fw = Framework("tensorflow")
    right = find_exercise(f"cgan.{name}").solution(fw)

    def by_way_of_numpy(first, *rest):
        first.numpy()
        return right(first, *rest)

    assert "compiled by `tf.function`" in message(name, by_way_of_numpy, fw)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_labels_drawn_afresh_for_the_fakes_are_found(framework):
    fw = Framework(framework)
    right = find_exercise("cgan.conditional_discriminator_loss").solution(fw)

    def conditional_discriminator_loss(judged, real, fake, labels):
        def with_others(images, told):
            return judged(images, told if images is real else 1 - told % 2)

        return right(with_others, real, fake, labels)

    found = message("conditional_discriminator_loss", conditional_discriminator_loss, fw)
    assert "loss" in found


def test_an_answer_that_paints_into_the_known_picture_is_told():
    def compose(output, known, mask):
        known *= 1 - mask
        return known + mask * output

    assert "what was given has changed" in message("compose", compose, Framework("torch"))


def test_a_mask_can_not_be_read_as_numpy_in_a_compiled_step():
    import tensorflow as tf

    def compose(output, known, mask):
        return tf.where(mask.numpy() > 0.5, output, known)

    assert "compiled" in message("compose", compose, Framework("tensorflow"))
