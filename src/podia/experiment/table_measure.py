"""Base class of the measures to compare: a column of a table, and its unit."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.calibration import Calibration
from podia.data.schema import TableSchema


@dataclass(frozen=True)
class TableMeasure:
    """A measure to compare, from a column of a table.

    Parameters
    ----------
    name
        As in ``--measures``.
    words
        Title for readers.
    table, column
        Source of the values.
    """

    name: str
    words: str
    table: TableSchema
    column: str

    def column_name(self, calibration: Calibration) -> str:
        """Return the name with its unit."""
        return self.with_unit(self.name, calibration)

    def unit(self, calibration: Calibration) -> str:
        """Return the unit, empty for dimensionless numbers."""
        return next(c.unit(calibration) for c in self.table.columns if c.name == self.column)

    def with_unit(self, name: str, calibration: Calibration) -> str:
        """Return `name` with the unit of the column."""
        return name + self.table.name_of(self.column, calibration).removeprefix(self.column)
