"""The exercises for which a test can be written: one line each, one a chapter.

Any exercise can be chosen whose function takes and gives tensors, arrays and numbers, draws nothing
at random, and has honest alternatives among the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

from prodgen_lib.checking.exercise import Exercise, find_exercise

CHOSEN = (
    "augment.turn_hue",
    "metrics.psnr",
    "autoencoder.auroc",
    "vae.kl_divergence",
    "gan.discriminator_loss",
    "cgan.join_labels",
    "superres.pixel_shuffle",
    "bayesopt.expected_improvement",
    "diffusion.split",
    "tokens.causal_attention",
)
NAME = "properties"  # of the function that a learner writes
CHAPTER = "test_"  # what stands before the exercise where other notebooks name their chapter


@dataclass(frozen=True)
class Trial:
    """A test to be written for one exercise, and by what name it is graded."""

    exercise: Exercise

    @property
    def stem(self) -> str:
        """What stands where other notebooks name their chapter, as ``test_vae_kl_divergence``."""
        return CHAPTER + self.exercise.id.replace(".", "_")

    @property
    def id(self) -> str:
        """As other exercises have one: after the dot stands the function to write."""
        return f"{self.stem}.{NAME}"


def find_trial(name: str) -> Trial:
    """By the exercise's id, by `Trial.stem` or by `Trial.id`. Raises ``ValueError``."""
    wanted = name.removesuffix(f".{NAME}")
    for identity in CHOSEN:
        trial = Trial(find_exercise(identity))
        if wanted in (identity, trial.stem):
            return trial
    raise ValueError(f"No test is asked for {name!r}. Choose from: {', '.join(CHOSEN)}.")


def is_trial(chapter: str) -> bool:
    """Whether a notebook that names this as its chapter asks for a test."""
    return any(chapter == CHAPTER + one.replace(".", "_") for one in CHOSEN)
