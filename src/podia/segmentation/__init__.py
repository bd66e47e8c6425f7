"""Movies in, labels out."""
