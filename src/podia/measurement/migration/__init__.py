"""How cells migrate: persistent random walks, correlations in time, the shape of paths, drift."""
