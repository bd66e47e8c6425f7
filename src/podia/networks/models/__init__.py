"""Networks, one architecture per file, and their registry."""
