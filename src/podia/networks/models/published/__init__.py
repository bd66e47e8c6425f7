"""Faithful reproductions of published networks."""
