"""podia in napari: review of an analysis, and the plugin with reader, writers, sample and segmentation widget.

Nothing is imported here, so that ``import podia`` needs no napari.
"""
