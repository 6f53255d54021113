"""Figures and widgets: what a notebook shows, with words for whoever cannot see it."""
