"""Reports, plots and films from tables."""
