"""Experiment table: assignment of analysis folders to conditions and replicates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from podia.data.errors import InvalidInputError, nearest_name_hint

COLUMNS = ("folder", "condition", "replicate")
_ALLOWED = (*COLUMNS, "note")

MIN_REPLICATES = 2


@dataclass(frozen=True)
class Assignment:
    """An analysis folder with its condition and replicate; `name` is the folder as written in the table."""

    folder: Path
    condition: str
    replicate: str
    name: str


def read_assignments(path: Path) -> list[Assignment]:
    """Return the rows of a CSV table with the columns ``folder``, ``condition``, ``replicate`` and optionally ``note``.

    Relative folders start at the folder of the table. Folders with the same condition and replicate are pooled.

    Raises
    ------
    InvalidInputError
        If the table cannot be read, lacks a column or has an unknown one, a field is empty, a folder is missing or
        listed twice, there is only one condition, or a condition has only one replicate.
    """
    table = _read(path)
    _require_columns(table, path)
    for name in COLUMNS:
        empty = table.index[table[name].str.strip() == ""]
        if len(empty):
            raise InvalidInputError(
                f"'{path}', row {empty[0] + 2}: {name} is empty. Every row needs folder, condition and replicate."
            )
    rows = [
        Assignment(
            path.parent / row.folder.strip(), row.condition.strip(), row.replicate.strip(), row.folder.strip()
        )
        for row in table.itertuples()
    ]
    _require_folders(rows, path)
    _require_replicates(rows, path)
    return rows


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InvalidInputError(
            f"There is no table '{path}'. Give a CSV file with the columns {', '.join(COLUMNS)} and one row per movie."
        )
    try:
        return pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"'{path}' is not a CSV table: {error}.") from None


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


def _require_folders(rows: list[Assignment], path: Path) -> None:
    missing = [str(row.folder) for row in rows if not row.folder.is_dir()]
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
