"""The part of the answer key that needs no framework: NumPy alone, or nothing."""
