"""Tracking of labelled cells into a lineage."""
