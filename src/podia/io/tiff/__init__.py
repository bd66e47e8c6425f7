"""TIFF files: movies in, movies and labels out."""
