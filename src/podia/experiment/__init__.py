"""Experiments: analysis folders assigned to conditions and replicates in, comparisons out."""
