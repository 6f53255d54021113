"""The exercises of the GAN chapter: what each is checked on, its hints, its known wrong answers."""

from prodgen_lib.exercises.gan import collapse, losses, networks, review, stability, step

EXERCISES = (  # in the order of the chapter
    *losses.EXERCISES,
    *networks.EXERCISES,
    *stability.EXERCISES,
    *step.EXERCISES,
    *collapse.EXERCISES,
    *review.EXERCISES,
)
