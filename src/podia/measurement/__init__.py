"""Measurement of shape, motion, protrusions, cell edges and migration."""
