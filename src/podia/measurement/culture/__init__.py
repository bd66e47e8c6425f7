"""Measures of a culture: growth, divisions, wound closure."""
