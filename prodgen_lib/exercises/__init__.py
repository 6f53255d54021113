"""What each exercise is checked on: one module a chapter, one list for both frameworks."""
