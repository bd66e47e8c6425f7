"""Preprocessing of movies: illumination correction and drift correction."""
