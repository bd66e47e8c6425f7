"""Tables of a movie, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from podia.data.errors import nearest_name_hint


class Tables(Mapping[str, pd.DataFrame]):
    """Tables as items and as attributes: ``tables["cells"]`` is ``tables.cells``.

    :data:`podia.data.tables.FOLDER_TABLES` declares their columns.

    Examples
    --------
    >>> tables = Tables({"cells": pd.DataFrame({"area_px": [9.0]})})
    >>> tables.cells["area_px"].tolist()
    [9.0]
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self._tables = tables

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._tables:
            raise KeyError(self._unknown(name))
        return self._tables[name]

    def __getattr__(self, name: str) -> pd.DataFrame:
        # Private names are never tables; without this, copying and unpickling would recurse endlessly on `_tables`.
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._tables:
            raise AttributeError(self._unknown(name))
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._tables]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._tables)})"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def _unknown(self, name: Any) -> str:
        return (
            f"There is no table '{name}'.{nearest_name_hint(str(name), self._tables)} "
            f"Tables: {', '.join(self._tables)}."
        )
