"""Protrusion tips of cells, and protrusions over time."""
