"""Labels in, lineage out."""
