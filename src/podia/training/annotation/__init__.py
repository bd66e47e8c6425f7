"""Annotation folders: selection of frames, files for annotation programs, and reading of annotations."""
