"""Quality checks, one function per check."""
