"""Evaluation of results against ground truth with the standard scores of the field."""
