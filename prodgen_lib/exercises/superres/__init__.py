"""The exercises on super-resolution: what they are checked on, hints, known wrong answers."""

from prodgen_lib.exercises.superres import losses, networks, resizing, review, tiling

EXERCISES = (  # in the order of the chapter
    *resizing.EXERCISES,
    *networks.EXERCISES,
    *losses.EXERCISES,
    *tiling.EXERCISES,
    *review.EXERCISES,
)
