"""Corrections of label movies that use the neighbouring frames."""
