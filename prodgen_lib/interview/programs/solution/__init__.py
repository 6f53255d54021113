"""One way for each program to reach its figure in a fraction of the time."""
