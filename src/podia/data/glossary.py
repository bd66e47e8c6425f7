"""Glossary of tables: unit, meaning and source of each column, as text, JSON or a section of the report."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.data.schema import TableSchema
from podia.data.tables import FOLDER_TABLES, SUMMARY

CALIBRATED = Calibration(pixel_size_um=1.0, frame_interval_s=60.0)
"""Column names are those of calibrated movies: um and min."""

_WIDTH = 100


@dataclass(frozen=True)
class GlossaryColumn:
    """A column: its name with the unit, and its meaning."""

    name: str
    unit: str
    meaning: str
    source: str


@dataclass(frozen=True)
class GlossaryTable:
    """A table with its columns."""

    name: str
    row: str
    about: str
    columns: tuple[GlossaryColumn, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain values."""
        return asdict(self)


def glossary_table(schema: TableSchema, calibration: Calibration = CALIBRATED) -> GlossaryTable:
    """Return the glossary of `schema`, with column names for this calibration."""
    columns = tuple(
        GlossaryColumn(
            column.resolved_name(calibration), column.unit(calibration), column.meaning, column.citation
        )
        for column in schema.columns
    )
    return GlossaryTable(schema.name, schema.row, schema.about, columns)


def matching_tables(name: str | None) -> list[GlossaryTable]:
    """Return all tables (None), the table called `name`, or all tables reduced to columns that contain it.

    Raises
    ------
    InvalidInputError
        If nothing matches.
    """
    tables = [glossary_table(schema) for schema in (*FOLDER_TABLES, SUMMARY)]
    if name is None:
        return tables
    wanted = name.lower().removesuffix(".csv")
    exact = [table for table in tables if table.name == wanted]
    if exact:
        return exact
    kept = [
        replace(table, columns=tuple(c for c in table.columns if wanted in c.name.lower()))
        for table in tables
    ]
    found = [table for table in kept if table.columns]
    if not found:
        known = {table.name for table in tables} | {c.name for table in tables for c in table.columns}
        raise InvalidInputError(
            f"There is no table or column '{name}'.{nearest_name_hint(wanted, sorted(known))} "
            f"podia tables lists all tables."
        )
    return found


def glossary_text(tables: Sequence[GlossaryTable], *, columns: bool) -> str:
    """Return the tables as text, one line each, or with all their `columns`."""
    if not columns:
        width = max(len(table.name) for table in tables)
        lines = [f"{table.name:<{width}}  {table.about} One row per {table.row}." for table in tables]
        filled = [textwrap.fill(line, _WIDTH, subsequent_indent=" " * (width + 2)) for line in lines]
        hint = (
            "podia tables TABLE explains its columns. Lengths are in um and times in min, "
            "or in px and frames if the pixel size or the frame interval is unknown."
        )
        return "\n".join([*filled, "", *textwrap.wrap(hint, _WIDTH), ""])
    return "\n".join(part for table in tables for part in _table_text(table))


def _table_text(table: GlossaryTable) -> list[str]:
    lines = [f"{table.name}: {table.about} One row per {table.row}.", ""]
    for column in table.columns:
        lines.append(f"  {column.name}")
        text = f"{column.meaning} Source: {column.source}." if column.source else column.meaning
        lines += textwrap.wrap(
            text,
            _WIDTH,
            initial_indent="      ",
            subsequent_indent="      ",
            break_on_hyphens=False,
            break_long_words=False,
        )
    return [*lines, ""]
