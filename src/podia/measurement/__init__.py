"""Movies, labels and lineage in, tables out."""
