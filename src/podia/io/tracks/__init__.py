"""Track files: GEFF, Cell Tracking Challenge, TrackMate."""
