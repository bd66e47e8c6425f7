"""Declarations of tables: name, type, unit, meaning and source of every column.

Stages compute in pixels and frames under the *base* names; :meth:`TableSchema.conform` converts them to the calibrated
table, so that units are applied in exactly one place. ``area`` becomes ``area_um2`` in a calibrated movie and
``area_px2`` in one whose pixel size is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.references import REFERENCES

Quantity = Literal[
    "plain",
    "px",
    "length",
    "area",
    "time",
    "speed",
    "per_length",
    "msd",
    "angle_deg",
    "grey",
    "hours",
    "per_hour",
    "length_per_hour",
    "area_per_hour",
]
"""Quantity of a column. ``plain``, ``px``, ``angle_deg`` and ``grey`` do not depend on the calibration.

Cultures change over hours: the last four are in hours, or in frames if the frame interval is unknown.
"""

DType = Literal["int64", "Int64", "float64", "bool", "str"]
"""``Int64`` is an integer that may be undefined (empty in CSV)."""


@dataclass(frozen=True)
class Column:
    """One column of a table, under its base name.

    `source` is the source of the formula: a key of :data:`podia.references.REFERENCES`, optionally with a section
    (``gomez2021, section 4``), or text.
    """

    name: str
    dtype: DType
    quantity: Quantity
    meaning: str
    source: str = ""

    @property
    def citation(self) -> str:
        """The source as a citation, with its DOI or arXiv number."""
        key, comma, place = self.source.partition(",")
        return REFERENCES[key].brief + comma + place if key in REFERENCES else self.source

    def unit(self, calibration: Calibration) -> str:
        """Return the unit for documents, empty for plain numbers."""
        length, time, hour = calibration.length_unit, calibration.time_unit, calibration.long_time_unit
        per_hour = hour.removesuffix("s")
        return {
            "plain": "",
            "px": "px",
            "length": length,
            "area": f"{length}2",
            "time": time,
            "speed": f"{length}/{time.removesuffix('s')}",
            "per_length": f"1/{length}",
            "msd": f"{length}2",
            "angle_deg": "deg",
            "grey": "grey value",
            "hours": hour,
            "per_hour": f"1/{per_hour}",
            "length_per_hour": f"{length}/{per_hour}",
            "area_per_hour": f"{length}2/{per_hour}",
        }[self.quantity]

    def resolved_name(self, calibration: Calibration) -> str:
        """Return the name with its unit, such as ``speed_um_per_min``."""
        if self.quantity in ("plain", "grey"):
            return self.name
        unit = self.unit(calibration)
        suffix = "per_" + unit[2:] if unit.startswith("1/") else unit.replace("/", "_per_")
        return f"{self.name}_{suffix}"

    def factor(self, calibration: Calibration) -> float:
        """Return the factor that converts pixels and frames to the unit."""
        length, time = calibration.length_per_px, calibration.time_per_frame
        hours = calibration.long_time_per_frame
        return {
            "length": length,
            "area": length**2,
            "msd": length**2,
            "time": time,
            "speed": length / time,
            "per_length": 1.0 / length,
            "hours": hours,
            "per_hour": 1.0 / hours,
            "length_per_hour": length / hours,
            "area_per_hour": length**2 / hours,
        }.get(self.quantity, 1.0)


@dataclass(frozen=True)
class TableSchema:
    """A table, with its columns in order.

    Parameters
    ----------
    name Name of the table, and of its file without the suffix. row
        What each row describes, such as ``cell and frame``.
    about
        Content of the table, in one sentence.
    """

    name: str
    row: str
    about: str
    columns: tuple[Column, ...]

    @property
    def sentence(self) -> str:
        """Content of the table, and of a row."""
        return f"{self.about} One row per {self.row}."

    @property
    def base_names(self) -> list[str]:
        """Column names before units are added."""
        return [column.name for column in self.columns]

    def names(self, calibration: Calibration) -> list[str]:
        """Return the column names with their units."""
        return [column.resolved_name(calibration) for column in self.columns]

    def name_of(self, base_name: str, calibration: Calibration) -> str:
        """Return one column's name with its unit; KeyError if the table has no such column."""
        for column in self.columns:
            if column.name == base_name:
                return column.resolved_name(calibration)
        raise KeyError(f"Table '{self.name}' has no column '{base_name}'.")

    def empty(self) -> pd.DataFrame:
        """Return the table without rows, under base names with the declared types."""
        return pd.DataFrame({c.name: pd.Series([], dtype=c.dtype) for c in self.columns})

    def conform(self, table: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
        """Return `table` (pixels, frames, base names) with declared order, types, units and names.

        Raises
        ------
        InvalidInputError
            If a declared column is missing, or there is an undeclared one.
        """
        missing = [n for n in self.base_names if n not in table.columns]
        extra = [str(n) for n in table.columns if n not in self.base_names]
        if missing or extra:
            raise InvalidInputError(
                f"Table '{self.name}' lacks columns {missing} and has undeclared {extra}."
            )
        resolved = {}
        for column in self.columns:
            values = table[column.name]
            if column.dtype == "float64":
                values = values.astype(np.float64) * column.factor(calibration)
            resolved[column.resolved_name(calibration)] = values.astype(column.dtype)
        return pd.DataFrame(resolved).reset_index(drop=True)

    def to_base(self, table: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
        """Convert a conformed table back to pixels, frames and base names; the inverse of :meth:`conform`."""
        base = {}
        for column in self.columns:
            values = table[column.resolved_name(calibration)].astype(column.dtype)
            if column.dtype == "float64":
                values = values / column.factor(calibration)
            base[column.name] = values
        return pd.DataFrame(base)
