"""Wrong answers of the VAE chapter that must never pass, on many seeds."""

from __future__ import annotations

import pytest

from prodgen_lib.checking.check import check_answer
from prodgen_lib.checking.exercise import Framework, find_exercise

FRAMEWORKS = ("torch", "tensorflow")
CUT = ("mean cut off", "log-variance cut off", "both cut off")


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["reparameterise", "sample_codes"])
@pytest.mark.parametrize("fault", CUT)
def test_a_code_without_gradients_never_passes(framework, name, fault):
    exercise, fw = find_exercise(f"vae.{name}"), Framework(framework)
    wrong = next(wrong for wrong in exercise.wrong if wrong.name == fault)
    answer = exercise.wrong_answer(wrong, fw)
    for seed in range(40 if name == "reparameterise" else 10):
        verdict = check_answer(exercise, answer, fw, seed=seed)
        assert verdict.wrong == fault


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_right_codes_pass_whatever_the_seed(framework):
    exercise, fw = find_exercise("vae.sample_codes"), Framework(framework)
    for seed in range(40):
        verdict = check_answer(exercise, exercise.solution(fw), fw, seed=seed)
        assert verdict.correct, verdict.message


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_noise_that_is_shared_or_not_normal_never_passes(framework):
    exercise, fw = find_exercise("vae.sample_codes"), Framework(framework)
    faults = [wrong for wrong in exercise.wrong if "noise" in wrong.name or "one " in wrong.name]
    assert len(faults) >= 7
    for wrong in faults:
        answer = exercise.wrong_answer(wrong, fw)
        for seed in range(3):
            assert check_answer(exercise, answer, fw, seed=seed).wrong == wrong.name


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_codes_of_another_shape_are_told_which_is_expected(framework):
    exercise, fw = find_exercise("vae.sample_codes"), Framework(framework)
    right = exercise.solution(fw)

    def sample_codes(mean, log_variance, *, samples, seed):
        return right(mean, log_variance, samples=samples, seed=seed)[0]

    assert "expected (samples, N, latents)" in check_answer(exercise, sample_codes, fw).message
