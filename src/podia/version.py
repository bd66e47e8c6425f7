"""Version of podia, as its records and caches name it."""

__version__ = "0.1.0"
