"""Annotated movies in, trained networks out."""
