"""How an answer is judged: exercises, checks, and the four verbs of a notebook."""
