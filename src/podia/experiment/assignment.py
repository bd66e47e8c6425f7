"""Experiment table: assignment of analysis folders to conditions and replicates."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.io.any_table import read_any_table
from podia.io.plate_map import PLATE_TABLE, parse_dose

COLUMNS = ("folder", "condition", "replicate")
_ALLOWED = (*COLUMNS, "dose", "dose_unit", "compound", "well", "note")

MIN_REPLICATES = 2


@dataclass(frozen=True)
class Assignment:
    """An analysis folder with its condition and replicate.

    `name` is the folder as written in the table. `dose` is None if the table has none, and `compound` is empty.
    """

    folder: Path
    condition: str
    replicate: str
    name: str
    dose: float | None = None
    dose_unit: str = ""
    compound: str = ""


def read_assignments(path: Path) -> list[Assignment]:
    """Return the rows of a table with the columns ``folder``, ``condition`` and ``replicate``.

    Optional columns are ``dose`` (a number), ``dose_unit``, ``compound``, ``well`` and ``note``. Relative folders start
    at the folder of the table. Folders with the same condition and replicate are pooled. A folder stands for the
    table ``experiment.csv`` in it, which ``podia run --plate-map`` writes.

    Raises
    ------
    InvalidInputError
        If the table cannot be read, lacks a column or has an unknown one, a field is empty, a folder is missing or
        listed twice, there is only one condition, or a condition has only one replicate.
    """
    if path.is_dir():
        path = path / PLATE_TABLE
    table, line_of = _read(path)
    _require_columns(table, path)
    for name in COLUMNS:
        empty = table.index[table[name] == ""]
        if len(empty):
            raise InvalidInputError(
                f"'{path}', row {line_of[empty[0]]}: {name} is empty. Every row needs folder, condition and replicate."
            )
    table = table.reindex(columns=list(_ALLOWED), fill_value="")
    rows = [
        Assignment(
            path.parent / row.folder,
            row.condition,
            row.replicate,
            row.folder,
            parse_dose(row.dose, f"'{path}', row {line_of[place]}"),
            row.dose_unit,
            row.compound,
        )
        for place, row in enumerate(_with_one_spelling(table, path).itertuples())
    ]
    _require_one_dose(rows, path)
    _require_folders(rows, path)
    _require_replicates(rows, path)
    return rows


def _read(path: Path) -> tuple[pd.DataFrame, tuple[int, ...]]:
    if not path.is_file():
        raise InvalidInputError(
            f"There is no table '{path}'. Give a CSV file with the columns {', '.join(COLUMNS)} and one row per movie, "
            f"or the folder of podia run --plate-map."
        )
    try:
        found = read_any_table(path)
    except MovieReadError as error:
        raise InvalidInputError(str(error)) from None
    table = found.frame().rename(columns=lambda name: name.lower() if name.lower() in _ALLOWED else name)
    return table, found.line_of


def _with_one_spelling(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the table with conditions and replicates that differ only in case, blanks or decimals spelled alike.

    Warns
    -----
    UserWarning
        Where spellings differ: the first one of each counts.
    """
    table = table.copy()
    for name in ("condition", "replicate"):
        first: dict[str, str] = {}
        for text in table[name]:
            first.setdefault(_as_compared(text), text)
        joined = {
            text: first[_as_compared(text)] for text in table[name] if text != first[_as_compared(text)]
        }
        if joined:
            pairs = ", ".join(f"'{text}' is '{kept}'" for text, kept in joined.items())
            warnings.warn(
                f"'{path}' contains different spellings of a {name}: {pairs}.", UserWarning, stacklevel=3
            )
            table[name] = table[name].replace(joined)
    return table


def _as_compared(text: str) -> str:
    """Return a name without case, double blanks and decimals of whole numbers (``1.0``, ``1``)."""
    plain = " ".join(text.split()).casefold()
    return re.sub(r"^(-?\d+)[.,]0+$", r"\1", plain)


def _require_columns(table: pd.DataFrame, path: Path) -> None:
    found = [str(name) for name in table.columns]
    missing = [name for name in COLUMNS if name not in found]
    unknown = [name for name in found if name not in _ALLOWED]
    if unknown:
        hint = nearest_name_hint(unknown[0], missing or _ALLOWED)
        raise InvalidInputError(
            f"'{path}' has an unknown column '{unknown[0]}'.{hint} Allowed: {', '.join(_ALLOWED)}."
        )
    if missing:
        raise InvalidInputError(f"'{path}' lacks the column '{missing[0]}'; it has {', '.join(found)}.")


def _require_one_dose(rows: list[Assignment], path: Path) -> None:
    first: dict[str, tuple[float | None, str]] = {}
    for row in rows:
        known = first.setdefault(row.condition, (row.dose, row.compound))
        if known != (row.dose, row.compound):
            raise InvalidInputError(
                f"'{path}' has several doses or compounds for condition '{row.condition}'. A condition is "
                "one dose of one compound: give each dose its own condition."
            )


def _require_folders(rows: list[Assignment], path: Path) -> None:
    missing = [str(row.folder) for row in rows if not _is_folder(row.folder)]
    if missing:
        raise InvalidInputError(
            f"'{path}' lists a folder that does not exist: '{missing[0]}'. Give analysis folders of podia run, "
            f"relative to the table or as absolute paths."
        )
    repeated = [name for name, n in Counter(row.folder.resolve() for row in rows).items() if n > 1]
    if repeated:
        raise InvalidInputError(
            f"'{path}' lists '{repeated[0]}' more than once, so its cells would count twice."
        )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that is too long, or has a zero in it
        return False


def _require_replicates(rows: list[Assignment], path: Path) -> None:
    replicates: dict[str, set[str]] = {}
    for row in rows:
        replicates.setdefault(row.condition, set()).add(row.replicate)
    if len(replicates) < 2:
        raise InvalidInputError(
            f"'{path}' has {'only one condition' if replicates else 'no rows'}, so there is nothing to compare."
        )
    single = [condition for condition, found in replicates.items() if len(found) < MIN_REPLICATES]
    if single:
        raise InvalidInputError(
            f"Condition '{single[0]}' has one replicate. The variation of replicates cannot be estimated from one. "
            f"Give each condition at least {MIN_REPLICATES} replicates, better 3 or more."
        )
