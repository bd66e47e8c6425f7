"""Annotated movies: reading them, and lists of them."""
