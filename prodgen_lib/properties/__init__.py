"""Write the test, not the function: a learner's ``properties(answer)`` and how it is judged."""

from prodgen_lib.properties.verb import check_test

__all__ = ["check_test"]
