"""The cell edge in time: outlines, which point goes where, velocity, kymographs."""
