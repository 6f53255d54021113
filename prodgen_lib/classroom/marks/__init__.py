"""What goes back: marks, sheets and reports."""
