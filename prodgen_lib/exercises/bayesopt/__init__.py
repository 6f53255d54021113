"""The exercises of the chapter on Bayesian optimisation: cases, hints, known wrong answers."""

from prodgen_lib.exercises.bayesopt import loop, process, review, worth

EXERCISES = (  # in the order of the chapter
    *process.EXERCISES,
    *worth.EXERCISES,
    *loop.EXERCISES,
    *review.EXERCISES,
)
