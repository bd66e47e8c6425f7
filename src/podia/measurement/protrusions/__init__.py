"""Protrusion tips of a cell, and protrusions through time."""
