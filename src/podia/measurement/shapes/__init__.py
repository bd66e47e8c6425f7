"""Outlines as numbers: Fourier descriptors, principal modes, clusters, how cells go from one shape to another."""
