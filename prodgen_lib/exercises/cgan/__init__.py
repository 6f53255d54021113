"""The exercises of the conditional GAN: what each is checked on, hints, known wrong answers."""

from prodgen_lib.exercises.cgan import losses, measure, pairs, review, wishes

EXERCISES = (  # in the order of the chapter
    *wishes.EXERCISES,
    losses.D_LOSS,
    losses.G_LOSS,
    measure.ACCURACY,
    losses.TRANSLATION,
    pairs.PATCH,
    pairs.COMPOSE,
    *review.EXERCISES,
)
