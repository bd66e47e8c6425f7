"""Measure movies, labels and lineage: tables of shape, motion, protrusions, edges and migration."""
