"""Run a movie through all steps: configuration, resuming, records."""
