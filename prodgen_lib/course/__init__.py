"""The machinery of the course: exercises, checks, notebooks and the command line."""
