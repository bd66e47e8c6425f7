"""Readers and writers for tables: CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.data.schema import DType, TableSchema
from podia.files.atomic import atomic_path
from podia.io.damaged import unreadable_file


def write_table(table: pd.DataFrame, path_without_suffix: str | Path) -> None:
    """Write ``<path>.csv`` and ``<path>.parquet``; see :func:`write_csv` and :func:`write_parquet`."""
    base = Path(path_without_suffix)
    write_csv(table, base.with_name(base.name + ".csv"))
    write_parquet(table, base.with_name(base.name + ".parquet"))


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, atomically.

    Floats have enough digits for an exact round trip, undefined values are empty, and lines end with a line feed. A
    table without rows has a header.

    Raises
    ------
    OutputError
        If there is no space or no permission to write.
    """
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, atomically; errors as for :func:`write_csv`."""
    with atomic_path(path) as temporary:
        table.to_parquet(temporary, index=False, engine="pyarrow")


def read_table(path: str | Path, schema: TableSchema, calibration: Calibration) -> pd.DataFrame:
    """Return the table in a ``.csv`` or ``.parquet`` file, with the types that `schema` declares.

    Parameters
    ----------
    calibration
        Calibration of the movie; column names contain its units.

    Raises
    ------
    MovieReadError
        If it cannot be read, or its columns do not match `schema` with this calibration.
    """
    path = Path(path)
    types: dict[str, DType] = {c.resolved_name(calibration): c.dtype for c in schema.columns}
    if not path.is_file():
        raise MovieReadError(f"There is no file '{path}'.")
    try:
        table = _read_csv(path, types) if path.suffix == ".csv" else pd.read_parquet(path, engine="pyarrow")
    except Exception as error:  # parsers raise arbitrary exceptions
        raise unreadable_file(path, f"table of {schema.name}", error) from error
    if list(table.columns) != list(types):
        raise MovieReadError(
            f"'{path}' is not the table '{schema.name}': it lacks the columns "
            f"{[name for name in types if name not in table.columns]} and has undeclared "
            f"{[str(name) for name in table.columns if name not in types]}. It may have another calibration."
        )
    return table.astype(types)


def _read_csv(path: Path, types: dict[str, DType]) -> pd.DataFrame:
    # Read as text and converted here: only empty fields are undefined, "NA" is ordinary text, and Python's float() is
    # exact, unlike pandas' parsers in some versions.
    text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return pd.DataFrame({name: _convert(text[name], types.get(name, "str")) for name in text.columns})


def _convert(words: pd.Series, dtype: DType) -> pd.Series:
    if dtype == "float64":
        return pd.Series([float(word) if word else np.nan for word in words], dtype=dtype)
    if dtype == "bool":
        return pd.Series([{"True": True, "False": False}[word] for word in words], dtype=dtype)
    if dtype in ("int64", "Int64"):
        return pd.Series([int(word) if word else pd.NA for word in words], dtype="Int64").astype(dtype)
    return words
