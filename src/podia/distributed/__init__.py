"""Many movies over Dask."""
