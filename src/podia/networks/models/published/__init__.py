"""Reproductions of published networks."""
