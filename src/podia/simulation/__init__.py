"""Movies with exact ground truth: masks, tracks, divisions and protrusion tips."""
