"""Temporal corrections of label movies, based on neighbouring frames."""
