"""`make mutants`: the answer key with one small fault at a time; nearly all must fail the check.

A survivor is either listed in `EQUIVALENT` with the reason why it is no fault, or is a hole in the
cases of its exercise.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodgen_lib.checking.check import Verdict, judge, make_cases, run
from prodgen_lib.checking.exercise import Exercise, Framework, load_exercises, topics
from prodgen_lib.checking.mutants import SAME, mutants

TOPICS = topics()
TARGET = 0.95
RECORD = Path(__file__).resolve().parents[2] / "benchmarks" / "mutants.json"

SAME_LENGTH = "both have the same length, and `strict` only says so"
ALIKE = "both sides count alike"
ORDER_OF_AXES = "the last two of four axes are the third and fourth"
LAST_AXIS = "the second of two axes is the last, which is the default"
NO_OTHER_SORT = "TensorFlow has no other sort yet: every one is stable"
BLACK = "what the range adds to both pictures falls out of their difference"
SETTLED = "Newton steps from anywhere near, however many, end at the one maximum"
LEFT = "docstring asks for unchanged weights; gradients left behind are cleared by the next step"
TENTH_DIGIT = "below -25 the last terms of the series count for less than 1e-8"
# Mutants that do what the docstring says: (exercise, framework, piece of what was changed).
EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("any", "any", "without strict"): SAME_LENGTH,
    ("any", "any", "strict = False"): SAME_LENGTH,
    ("any", "any", "max(classes, 1): arguments swapped"): "max does not mind the order",
    ("costs.operations", "any", "arguments swapped"): "a product does not mind the order",
    ("overview.memorised", "any", "arguments swapped"): "a minimum does not mind the order",
    ("overview.power_law", "any", "mean → "): "a sum is lowest where the mean is",
    ("gan.train_step", "torch", "without inputs"): LEFT,
    ("gan.review_step", "torch", "without detach"): "its docstring says nothing about a graph",
    ("vae.review_step", "torch", "without detach"): "its docstring says nothing about a graph",
    ("vae.negative_elbo", "tensorflow", "arguments swapped"): "a maximum does not mind the order",
    ("vae.gaussian_log_likelihood", "tensorflow", "convert_to_tensor"): "tf.exp takes floats too",
    ("vae.traverse", "tensorflow", "convert_to_tensor"): "values are a tensor already",
    ("autoencoder.build_encoder", "tensorflow", "32 → 33"): "Keras takes 32 pixels all the same",
    ("autoencoder.add_noise", "tensorflow", "line 8: 0 → 1"): "the seed's second half is free",
    ("autoencoder.masked_loss", "tensorflow", "arguments swapped"): (
        "a maximum does not mind the order"
    ),
    ("autoencoder.review_step", "torch", "without detach"): "nothing is said about a graph",
    ("autoencoder.review_step", "torch", "F.mse_loss(model"): "a squared difference has no order",
    ("autoencoder.add_noise", "any", "pictures + sigma * noise → Sub"): "noise is symmetric",
    ("any", "any", "min(len(a), len(b)): arguments swapped"): "min does not mind the order",
    ("any", "any", "min(len(features_a), len(features_b)): arguments swapped"): (
        "min does not mind the order"
    ),
    ("any", "any", "image_pair(images, targets, data_range=data_range): arguments sw"): ALIKE,
    ("any", "any", "local_moments(x, y, window=window, data_range=data_range): argum"): ALIKE,
    ("any", "any", "feature_pair(features_a, features_b): arguments swapped"): ALIKE,
    ("any", "any", "polynomial_mmd(a[part], b[part]): arguments swapped"): ALIKE,
    ("any", "any", "trace_of_root(a, b): arguments swapped"): ALIKE,
    ("any", "torch", "F.mse_loss(images, targets, reduction='none'): arguments swa"): ALIKE,
    ("any", "tensorflow", "squared_difference(images, targets): arguments swapped"): ALIKE,
    ("metrics.review_distance", "tensorflow", "transpose_a=True): arguments swapped"): ALIKE,
    ("metrics.review_distance", "tensorflow", "maximum(eigenvalues, 0): arguments swapped"): ALIKE,
    ("metrics.review_distance", "tensorflow", "x - mean → Add"): (
        "the other factor's columns sum to zero"
    ),
    ("metrics.kid", "any", "max(subsets, 2): arguments swapped"): "max does not mind the order",
    ("human.bradley_terry", "any", "without if np.abs(step).max()"): SETTLED,
    ("human.bradley_terry", "any", "np.abs(step).max() < 1e-09 → LtE"): SETTLED,
    ("human.bradley_terry", "any", "100 → 101"): SETTLED,
    ("human.bradley_terry", "any", ".zeros → .ones"): SETTLED,
    ("human.bradley_terry", "any", "line 24: 1 → 2"): SETTLED,
    ("human.bradley_terry", "any", "max(1, np.abs(step).max()): arguments swapped"): (
        "max does not mind the order"
    ),
    ("human.bradley_terry", "any", "strengths.mean() → Add"): "they sum to zero but for rounding",
    ("human.bradley_terry", "any", ".mean → .sum"): "they sum to zero but for rounding",
    ("human.bradley_terry", "any", "line 18: wins → votes"): "both are as long",
    ("human.bradley_terry", "any", "without hermitian"): "another way to the same inverse",
    ("human.bradley_terry", "any", "hermitian = False"): "another way to the same inverse",
    ("gan.gradient_penalty", "tensorflow", "watch_accessed_variables"): "the tape may watch more",
    (
        "cgan.build_patch_discriminator",
        "tensorflow",
        "32 → 33",
    ): "Keras takes 32 pixels all the same",
    ("cgan.review_step", "torch", "without detach"): "its docstring says nothing about a graph",
    ("cgan.add_planes", "torch", "expand(-1, -1, height, width): arguments swapped"): "-1 twice",
    ("cgan.condition_accuracy", "torch", "bincount(asked, minlength=categories): without min"): (
        "every category is asked for"
    ),
    ("any", "tensorflow", ".LeakyReLU → .ReLU"): "Keras's ReLU(negative_slope=0.2) is leaky too",
    ("superres.degrade", "torch", "-2 → without the minus"): ORDER_OF_AXES,
    ("superres.enlarge_tiled", "torch", "-2 → without the minus"): ORDER_OF_AXES,
    (
        "superres.pixel_shuffle",
        "torch",
        "arguments swapped",
    ): "pictures and colours come apart again",
    ("any", "torch", "nn.Conv2d(width, width, 3, padding=1): arguments swapped"): ALIKE,
    ("superres.luma_psnr", "any", "data_range = False"): BLACK,
    ("superres.luma_psnr", "any", "1.0 → 1.51"): BLACK,
    ("superres.perceptual_loss", "torch", "F.mse_loss(features(images), wanted): arg"): ALIKE,
    ("superres.enlarge_tiled", "any", "max(0, "): "max does not mind the order",
    ("superres.enlarge_tiled", "any", "min(tile, end): arguments"): "min does not mind the order",
    ("superres.enlarge_tiled", "any", "- top → Add"): "a slice ends with the picture",
    ("superres.enlarge_tiled", "any", "- left → Add"): "a slice ends with the picture",
    ("superres.review_optimizer", "torch", "without lr"): "it is the default",
    ("superres.review_optimizer", "torch", "without betas"): "they are the default",
    ("superres.review_optimizer", "tensorflow", "without beta_"): "it is the default",
    (
        "superres.review_optimizer",
        "tensorflow",
        "without optimizer.build",
    ): "the first step builds it",
    ("bayesopt.condition", "any", "kernel(points, points): arguments"): ALIKE,
    ("bayesopt.condition", "torch", "without dtype"): "float32 holds an identity exactly",
    ("bayesopt.predict", "any", "kernel(queries[:1], queries[:1]): arguments"): ALIKE,
    ("bayesopt.predict", "any", "1 → 2"): "the variance is the same at every query",
    ("bayesopt.predict", "tensorflow", "without lower"): "it is the default",
    ("bayesopt.log_expected_improvement", "any", "25 → 26"): "both branches are right there",
    ("bayesopt.log_expected_improvement", "any", "105 "): TENTH_DIGIT,
    ("bayesopt.log_expected_improvement", "any", "945 → 946"): TENTH_DIGIT,
    ("bayesopt.log_expected_improvement", "any", "4 → 5"): TENTH_DIGIT,
    ("bayesopt.log_expected_improvement", "any", "3 → 4"): TENTH_DIGIT,
    ("bayesopt.search_acquisition", "any", "8 → 9"): "a default",
    ("bayesopt.search_acquisition", "any", "20 → 21"): "a default",
    ("bayesopt.search_acquisition", "any", "without iterations"): "the climb ends before",
    ("bayesopt.search_acquisition", "any", ".sum → .mean"): "both are highest where each is",
    ("bayesopt.search_acquisition", "torch", "without detach"): "no gradient is asked for",
    ("bayesopt.optimise", "any", "without bar.close()"): "the bar alone",
    ("bayesopt.optimise", "any", "tqdm("): "the bar alone",
    ("bayesopt.optimise", "any", "bar.update()"): "the bar alone",
    ("bayesopt.review_posterior", "torch", "without dtype"): "float32 holds an identity exactly",
    ("bayesopt.review_posterior", "any", "kernel(points, points): arguments"): ALIKE,
    ("bayesopt.review_posterior", "tensorflow", "maximum(variance, 1e-12): arg"): (
        "a maximum does not mind the order"
    ),
    ("bayesopt.review_next_rate", "any", "linspace(0, 1, count): arg"): "turned round, no more",
    ("bayesopt.review_next_rate", "any", "(count - 1) → LtE"): "never exactly half a step",
    ("bayesopt.optimise", "any", "30 → 31"): "a default",
    ("bayesopt.optimise", "any", "0.001 → "): "a default",
    ("bayesopt.optimise", "any", "line 7: 0 → 1"): "a default",
    ("superres.review_step", "torch", "F.l1_loss(network(small), large): arg"): ALIKE,
    ("tokens.draw_token", "torch", "without dim"): LAST_AXIS,
    ("tokens.draw_token", "torch", "-1 → without the minus"): LAST_AXIS,
    ("tokens.unmask", "torch", "without dim"): LAST_AXIS,
    ("tokens.contrastive_loss", "torch", "dim=1): without dim"): "it is the default",
    ("tokens.review_drawing", "torch", "line 14: -1 → without the minus"): LAST_AXIS,
    ("superres.review_step", "torch", "without detach"): "its docstring says nothing about a graph",
    ("any", "tensorflow", "without stable"): NO_OTHER_SORT,
    ("any", "tensorflow", "stable = False"): NO_OTHER_SORT,
    ("tokens.causal_attention", "tensorflow", "without axis"): "it is the default",
    ("tokens.review_drawing", "tensorflow", "line 14: -1 → without the minus"): LAST_AXIS,
    ("tokens.perplexity", "any", "without minlength"): "codes that do not occur add nothing",
    ("tokens.perplexity", "any", "xlogy(shares, shares): arguments"): "both are the same",
    ("augment.turn_hue", "torch", "torch.ones(3, 3): arguments swapped"): "the matrix is square",
    ("augment.turn_hue", "any", "/ 3 * ones → Div"): "by ones, one divides or multiplies alike",
    ("augment.random_boxes", "tensorflow", "minimum(tf.sqrt(pixels"): (
        "a minimum does not mind the order"
    ),
    ("augment.next_probability", "tensorflow", "without stop_gradient"): (
        "no tape records it there, and no tensor holds a graph"
    ),
}


def check(exercise: Exercise, source: str, framework: Framework, reference) -> Verdict:
    """The verdict without looking for known wrong answers."""
    answer = exercise.compile(source, framework, "mutant")
    answer.__globals__[SAME] = lambda value: value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen = run(exercise, answer, framework)
    return judge(exercise, make_cases(exercise), seen, reference)


def work(topic: str, framework: str, start: int) -> Iterator[tuple[str, str, bool]]:
    """(exercise, what was changed, whether it was killed) for each mutant from number `start`."""
    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    fw, number = Framework(framework), 0
    for exercise in load_exercises(topic).values():
        reference = None
        for what, source in mutants(exercise.source(framework)):
            number += 1
            if number > start:
                reference = reference or run(exercise, exercise.solution(fw), fw)
                yield exercise.id, what, not check(exercise, source, fw, reference).correct


def results(topic: str, framework: str) -> list[tuple[str, str, bool]]:
    """As `work`, in a process of its own: a mutant that kills the interpreter is killed too."""
    every = [
        (exercise.id, what, True)
        for exercise in load_exercises(topic).values()
        for what, _ in mutants(exercise.source(framework))
    ]
    seen: list[tuple[str, str, bool]] = []
    while len(seen) < len(every):
        command = [sys.executable, __file__, topic, framework, str(len(seen))]
        done = subprocess.run(command, capture_output=True, text=True)
        new = [json.loads(row[3:]) for row in done.stdout.splitlines() if row.startswith("## ")]
        seen += [tuple(row) for row in new]
        if done.returncode > 0:
            raise AssertionError(done.stderr[-2000:])
        if done.returncode < 0 and len(seen) < len(every):  # else it died on its way out
            name, what, _ = every[len(seen)]
            seen.append((name, f"{what} (the interpreter died)", True))
    return seen


def reason(name: str, framework: str, what: str) -> str | None:
    for (exercise, where, piece), why in EQUIVALENT.items():
        if exercise in (name, "any") and where in (framework, "any") and piece in what:
            return why
    return None


def record(framework: str, rows: list[tuple[str, str, bool]]) -> None:
    """Note how many were killed, no faults left out, for the site's table of graders."""
    counted = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    faults = [row for row in rows if row[2] or not reason(row[0], framework, row[1])]
    for name in dict.fromkeys(row[0] for row in rows):
        killed = [row[2] for row in faults if row[0] == name]
        counted.setdefault(framework, {})[name] = [sum(killed), len(killed)]
    RECORD.write_text(json.dumps(counted, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@pytest.mark.mutants
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("topic", TOPICS)
def test_mutants_of_the_answer_key_fail_their_check(topic, framework, capsys):
    rows = results(topic, framework)
    record(framework, rows)
    alive = [(name, what) for name, what, killed in rows if not killed]
    excused = {row: why for row in alive if (why := reason(row[0], framework, row[1]))}
    dead, every = len(rows) - len(alive), len(rows)
    with capsys.disabled():
        print()
        for name in dict.fromkeys(row[0] for row in rows):
            ours = [killed for exercise, _, killed in rows if exercise == name]
            print(f"{framework:<11} {name:<34} {sum(ours):>4} of {len(ours):>4} killed")
        for name, what, _ in (row for row in rows if row[1].endswith("died)")):
            print(f"  died: {name}, {what}")
        for name, what in alive:
            why = excused.get((name, what))
            print(f"  {f'no fault ({why})' if why else 'SURVIVES'}: {name}, {what}")
        print(f"{framework}: {dead / every:.1%} of {every} killed; ", end="")
        print(f"{dead / (every - len(excused)):.1%} without the {len(excused)} that are no fault")
    assert dead / (every - len(excused)) >= TARGET


if __name__ == "__main__":
    for row in work(sys.argv[1], sys.argv[2], int(sys.argv[3])):
        print("##", json.dumps(row), flush=True)
