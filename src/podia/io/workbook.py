"""Writer for Excel workbooks: tables as sheets, with a first sheet that explains their columns."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.data.glossary import glossary_table
from podia.data.migration_tables import MIGRATION, MIGRATION_MOVIE
from podia.data.schema import TableSchema
from podia.data.tables import CELLS, EVENTS, FRAMES, PROTRUSION_EVENTS, PROTRUSIONS, TRACKS
from podia.files.atomic import atomic_path
from podia.files.printable import printable

MAX_ROWS = 1_048_575
"""Maximum number of rows of an Excel sheet, without the header."""

SHEETS: tuple[TableSchema, ...] = (
    CULTURE,
    FRAMES,
    TRACKS,
    CELLS,
    MIGRATION_MOVIE,
    MIGRATION,
    PROTRUSIONS,
    PROTRUSION_EVENTS,
    EVENTS,
)
"""Tables of a movie for most users; the others are CSV and Parquet files."""

_GUIDE = "columns"
_DAY = (1980, 1, 1, 0, 0, 0)
"""Fixed date of all parts, so that the same tables give the same bytes."""


def write_workbook(
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    calibration: Calibration,
    schemas: Sequence[TableSchema] = SHEETS,
) -> Path:
    """Write one sheet per table and a first sheet that explains the columns, atomically; return the path.

    Undefined values are empty cells. Text is never interpreted as a formula. A table that is too long for a sheet is
    omitted, and the first sheet says so. The same tables give the same bytes.

    Parameters
    ----------
    tables
        Tables by name, conformed under `calibration`.
    path
        File to write, ``.xlsx``.
    schemas
        Declarations; tables without one are written after the declared ones, without explanation.

    Raises
    ------
    OutputError
        If there is no space or no permission to write.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    declared = [schema for schema in schemas if schema.name in tables]
    others = [name for name in tables if name not in {schema.name for schema in declared}]
    too_long = [name for name, table in tables.items() if len(table) > MAX_ROWS]
    _write_guide(book, declared, calibration, {name: len(tables[name]) for name in too_long})
    for name in (*(schema.name for schema in declared), *others):
        if name not in too_long:
            _write_sheet(book, name, tables[name])
    # In memory: an archive that a full disk interrupts prints an error when it is deleted.
    content = io.BytesIO()
    book.save(content)
    with atomic_path(path) as temporary:
        temporary.write_bytes(_without_dates(content))
    return path


def _write_guide(
    book: Any, schemas: Iterable[TableSchema], calibration: Calibration, too_long: Mapping[str, int]
) -> None:
    sheet = _sheet(book, _GUIDE, (18, 34, 14, 100, 44))
    sheet.append(_bold(sheet, ("table", "column", "unit", "meaning", "source")))
    for schema in schemas:
        table = glossary_table(schema, calibration)
        note = f"{table.about} One row per {table.row}."
        if schema.name in too_long:
            note += (
                f" It has {too_long[schema.name]:,} rows, more than Excel supports: use {schema.name}.csv."
            )
        sheet.append(_bold(sheet, (table.name, "", "", note, "")))
        for column in table.columns:
            row = (table.name, column.name, column.unit, column.meaning, column.source)
            sheet.append([_cell(sheet, value) for value in row])


def _write_sheet(book: Any, name: str, table: pd.DataFrame) -> None:
    columns = [str(column) for column in table.columns]
    sheet = _sheet(book, name[:31], tuple(max(10, min(len(column) + 2, 30)) for column in columns))
    sheet.append(_bold(sheet, columns))
    values = [
        table[column].astype(object).where(table[column].notna(), None).tolist() for column in table.columns
    ]
    for row in zip(*values, strict=True):
        sheet.append([_cell(sheet, value) for value in row])


def _sheet(book: Any, title: str, widths: Sequence[int]) -> Any:
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    return sheet


def _cell(sheet: Any, value: Any) -> Any:
    """Return the content of a cell: a plain value, or a text that Excel does not interpret as a formula."""
    if isinstance(value, str):
        from openpyxl.cell import WriteOnlyCell

        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", printable(value))
        if not text.startswith("="):
            return text
        cell = WriteOnlyCell(sheet, value=text)
        cell.data_type = "s"
        return cell
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _bold(sheet: Any, texts: Sequence[str]) -> list[Any]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells = []
    for text in texts:
        cell = WriteOnlyCell(sheet, value=printable(text))
        cell.font = Font(bold=True)
        cells.append(cell)
    return cells


def _without_dates(workbook: io.BytesIO) -> bytes:
    """Return the workbook with a fixed date for all parts, because the library writes the current time."""
    dated = io.BytesIO()
    with zipfile.ZipFile(workbook) as archive, zipfile.ZipFile(dated, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            content = archive.read(name)
            plain = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            copy.writestr(
                zipfile.ZipInfo(name, _DAY),
                plain if name == "docProps/core.xml" else content,
                zipfile.ZIP_DEFLATED,
            )
    return dated.getvalue()
