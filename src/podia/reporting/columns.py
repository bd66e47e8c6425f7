"""Columns of calibrated tables by base name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from podia.data.calibration import Calibration
from podia.data.schema import TableSchema
from podia.data.tables import ALL_TABLES
from podia.reporting.wording import pretty_unit

SCHEMAS: Mapping[str, TableSchema] = {schema.name: schema for schema in ALL_TABLES}
"""Every declared table by its name."""


def column(
    tables: Mapping[str, pd.DataFrame], calibration: Calibration, table: str, name: str
) -> pd.Series[Any]:
    """Return column `name` (base name) of a table conformed under `calibration`, in calibrated units."""
    found: pd.Series[Any] = tables[table][SCHEMAS[table].name_of(name, calibration)]
    return found


def unit_of(calibration: Calibration, table: str, name: str) -> str:
    """Return the unit of a column as a reader writes it (``µm²``), empty for plain numbers."""
    unit = next(c.unit(calibration) for c in SCHEMAS[table].columns if c.name == name)
    return pretty_unit(unit)
