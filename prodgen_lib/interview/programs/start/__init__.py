"""Where a candidate starts: programs that run and don't reach the figure."""
