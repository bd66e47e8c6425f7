"""Every error that podia raises on purpose.

One root, :class:`PodiaError`; each child is also the builtin that a caller would expect, so that
``except ValueError`` and ``except OSError`` keep working. A message says what is wrong, what was found,
what is allowed, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PodiaError(Exception):
    """Root of all errors that podia raises on purpose."""


class InvalidInputError(PodiaError, ValueError):
    """An argument, or an array handed over, is outside what is allowed."""


class ConfigurationError(PodiaError, ValueError):
    """A configuration has an unknown key or a value out of bounds."""


class MovieReadError(PodiaError, OSError):
    """A file cannot be read as a movie, labels or tracks."""


class OutputError(PodiaError, OSError):
    """A result cannot be written: no space, no permission, or the folder belongs to another movie."""


class MissingDependencyError(PodiaError, ImportError):
    """An optional package is needed for what was asked."""


def nearest_name_hint(name: str, allowed: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the allowed name nearest to `name`, or an empty string."""
    close = get_close_matches(name, list(allowed), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
