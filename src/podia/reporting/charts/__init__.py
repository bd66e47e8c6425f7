"""Plots as inline SVG, reproducible byte for byte and styled by the page."""
