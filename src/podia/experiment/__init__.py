"""Comparison of experimental conditions over analysis folders."""
