"""From chapters to notebooks: building, running, grading through nbval, drills, the lab."""
