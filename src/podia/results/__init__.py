"""Finished analyses: the one reader of analysis folders."""
