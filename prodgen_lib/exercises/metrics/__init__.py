"""The exercises of the chapter on metrics: what they are checked on, hints, known wrong answers."""

from prodgen_lib.exercises.metrics import cover, distances, pixels, review, structure

EXERCISES = (  # in the order of the chapter
    *pixels.EXERCISES,
    *structure.EXERCISES,
    *distances.EXERCISES,
    *cover.EXERCISES,
    *review.EXERCISES,
)
