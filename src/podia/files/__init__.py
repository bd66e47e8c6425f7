"""Files in general: atomic writes. Nothing of formats."""
