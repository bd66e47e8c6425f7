"""Analysis of several movies in parallel with Dask."""
