"""Plugins: heads and networks that other packages add, found by entry points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from podia.data.errors import ConfigurationError, nearest_name_hint


class Plugins:
    """podia's own objects of a kind, and those of other installed packages, by name; each is imported when loaded.

    Parameters
    ----------
    group
        Group of entry points.
    kind
        What they are, for messages.
    own
        podia's own: name to ``module:object``.
    """

    def __init__(self, group: str, kind: str, own: Mapping[str, str]) -> None:
        self.group = group
        self.kind = kind
        self._own = {name: EntryPoint(name, value, group) for name, value in own.items()}

    @cached_property
    def entries(self) -> dict[str, EntryPoint]:
        """Entry points by name: podia's own, then those of other packages, which cannot replace podia's own."""
        others = {entry.name: entry for entry in sorted(entry_points(group=self.group))}
        return self._own | {name: others[name] for name in others if name not in self._own}

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def load(self, name: str) -> Any:
        """Return the object of that name.

        Raises
        ------
        ConfigurationError
            If there is none (the message names the nearest), or importing it fails.
        """
        if name not in self.entries:
            raise ConfigurationError(
                f"Unknown {self.kind} '{name}'.{nearest_name_hint(name, self.entries)} "
                f"There are: {', '.join(self.entries)}."
            )
        entry = self.entries[name]
        if name in self._own:
            return entry.load()
        try:
            return entry.load()
        except Exception as error:  # whatever another package's import raises
            package = entry.dist.name if entry.dist is not None else entry.module
            raise ConfigurationError(
                f"The {self.kind} '{name}' of the package '{package}' cannot be loaded ({error}). "
                "Update or uninstall that package."
            ) from error
