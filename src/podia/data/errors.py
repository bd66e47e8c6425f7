"""Exceptions raised by podia.

All derive from :class:`PodiaError`, and also from the matching builtin exception, so that ``except ValueError`` and
``except OSError`` work. Messages say what is wrong, what was found, what is allowed, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PodiaError(Exception):
    """Base class of all exceptions raised by podia."""


class InvalidInputError(PodiaError, ValueError):
    """An argument or array has an invalid value."""


class ConfigurationError(PodiaError, ValueError):
    """A configuration has an unknown key or a value out of bounds."""


class MovieReadError(PodiaError, OSError):
    """A file cannot be read as a movie, labels or tracks."""


class OutputError(PodiaError, OSError):
    """A result cannot be written: no space, no permission, or the folder belongs to another movie."""


class MissingDependencyError(PodiaError, ImportError):
    """A required optional package is not installed."""


def nearest_name_hint(name: str, allowed: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the allowed name nearest to `name`, or an empty string."""
    close = get_close_matches(name, list(allowed), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
