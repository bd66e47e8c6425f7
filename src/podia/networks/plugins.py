"""Plugins: output heads and networks from other packages, found by entry points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from podia.data.errors import ConfigurationError, nearest_name_hint


class Plugins:
    """Objects of one kind by name, podia's own and those of installed packages; imported when loaded.

    Parameters
    ----------
    group
        Name of the entry point group.
    kind
        Name of the kind, for messages.
    own
        podia's own objects: name to ``module:object``.
    """

    def __init__(self, group: str, kind: str, own: Mapping[str, str]) -> None:
        self.group = group
        self.kind = kind
        self._own = {name: EntryPoint(name, value, group) for name, value in own.items()}

    @cached_property
    def entries(self) -> dict[str, EntryPoint]:
        """Entry points by name: podia's own first; other packages cannot replace them."""
        others = {entry.name: entry for entry in sorted(entry_points(group=self.group))}
        return self._own | {name: others[name] for name in others if name not in self._own}

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def load(self, name: str) -> Any:
        """Import and return the object of this name.

        Raises
        ------
        ConfigurationError
            If there is none (the message suggests the closest name), or its import fails.
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
        except Exception as error:  # the import of another package may raise anything
            package = entry.dist.name if entry.dist is not None else entry.module
            raise ConfigurationError(
                f"The {self.kind} '{name}' of the package '{package}' cannot be loaded ({error}). Update "
                "or uninstall this package."
            ) from error
