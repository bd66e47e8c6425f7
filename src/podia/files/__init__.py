"""General file operations, independent of formats."""
