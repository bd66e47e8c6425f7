"""Inference of trained networks on movies: streaming, tiles, backends."""
