"""Frames worth annotating: chosen, written for annotators' programs, and read back."""
