"""Files of tracks: GEFF, Cell Tracking Challenge, TrackMate."""
