"""Review and correction of an analysis in the browser or in napari."""
