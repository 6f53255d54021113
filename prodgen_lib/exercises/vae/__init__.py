"""The exercises of the VAE chapter: what each is checked on, its hints, its known wrong answers."""

from prodgen_lib.exercises.vae import bound, codes, latent, review

EXERCISES = (  # in the order of the chapter
    *codes.EXERCISES,
    *bound.EXERCISES,
    *latent.EXERCISES,
    *review.EXERCISES,
)
