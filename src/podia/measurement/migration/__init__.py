"""Cell migration: persistent random walk, correlations in time, path shape, shared motion."""
