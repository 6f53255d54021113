"""The exercises on autoencoders: what each is checked on, its hints, its known wrong answers."""

from prodgen_lib.exercises.autoencoder import networks, review, uses

EXERCISES = (  # in the order of the chapter
    *networks.EXERCISES,
    *uses.EXERCISES,
    *review.EXERCISES,
)
