"""Annotated movies, their readers, and data lists."""
