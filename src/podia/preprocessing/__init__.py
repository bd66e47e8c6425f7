"""Intensity, illumination and drift: movies in, better movies out."""
