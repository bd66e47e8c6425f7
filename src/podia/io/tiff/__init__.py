"""TIFF files: reader for movies, writers for movies and labels."""
