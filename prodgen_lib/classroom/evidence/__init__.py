"""What a class shows about the course: which exercises separate, and which faults have no name."""
