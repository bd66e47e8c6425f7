"""Results and truth in, the field's scores out."""
