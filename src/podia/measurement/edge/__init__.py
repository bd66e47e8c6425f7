"""The cell edge in time: outlines, point matching, velocity, kymographs."""
