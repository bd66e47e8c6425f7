"""Pipeline: runs a movie through all steps, resumes interrupted runs, and records them."""
