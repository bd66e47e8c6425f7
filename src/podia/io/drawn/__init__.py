"""Outlines drawn in other programs."""
