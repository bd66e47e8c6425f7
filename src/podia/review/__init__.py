"""Look at an analysis, correct it, and have it measured again: in the browser or in napari."""
