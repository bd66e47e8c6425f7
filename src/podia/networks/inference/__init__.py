"""Trained networks run over movies: streaming, tiles, backends."""
