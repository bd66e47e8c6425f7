"""Segmentation of movies into label images."""
