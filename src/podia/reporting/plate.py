"""View of a plate: a grid of wells, coloured by a measure, with thumbnails and problems."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.io.layout import FILM, REPORT
from podia.reporting.film import film_thumbnail
from podia.reporting.wording import count, number

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlateWell:
    """Where a movie comes from: a well such as ``A1``, its condition and its replicate."""

    well: str
    condition: str
    replicate: str


@dataclass(frozen=True)
class ShownWell:
    """A square of the grid: without a name, nothing was recorded there.

    `values` has the text of each measure, and `shades` how strongly it colours the square, from 0 to 1.
    """

    name: str = ""
    link: str = ""
    thumbnail: str = ""
    condition: str = ""
    problem: str = ""
    values: Mapping[str, str] | None = None
    shades: Mapping[str, float] | None = None


@dataclass(frozen=True)
class PlateView:
    """The grid with the names of its rows and columns, the measures with their words, and wells with problems."""

    rows: tuple[tuple[str, tuple[ShownWell, ...]], ...]
    columns: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def plate_view(
    table: pd.DataFrame,
    wells: Mapping[str, PlateWell],
    units: Mapping[str, str],
    words: Mapping[str, str],
    folder: Path,
) -> PlateView | None:
    """Return the view of a plate, or None if no movie comes from a well.

    A well of several positions shows the mean of its movies, and links the first.

    Parameters
    ----------
    table
        ``SUMMARY`` under base names.
    wells
        Well of each movie.
    units, words
        Unit and name of each measure that is shown.
    folder
        Where the analysis folders lie.
    """
    grid: dict[tuple[str, int], list[int]] = {}
    for place, movie in enumerate(table["movie"].tolist()):
        found = re.fullmatch(r"([A-P])(\d+)", wells[movie].well) if movie in wells else None
        if found:
            grid.setdefault((found[1], int(found[2])), []).append(place)
    if not grid:
        return None
    letters = [chr(code) for code in range(ord("A"), ord(max(letter for letter, _ in grid)) + 1)]
    columns = range(1, max(column for _, column in grid) + 1)
    numbers = table[list(words)].astype("Float64").to_numpy(float, na_value=math.nan)
    with np.errstate(all="ignore"):
        means = {at: _mean(numbers[places]) for at, places in grid.items()}
    every = np.array(list(means.values()))
    ranges = [_range(every[:, index]) for index in range(len(words))]
    usual = float(table["n_warnings"].dropna().median()) if table["n_warnings"].notna().any() else 0.0
    shown = {
        at: _well(table.iloc[places], wells, means[at], ranges, list(words), units, folder, usual)
        for at, places in grid.items()
    }
    problems = tuple(
        f"{letter}{column}: {well.problem}"
        for (letter, column), well in sorted(shown.items())
        if well.problem
    )
    return PlateView(
        tuple(
            (letter, tuple(shown.get((letter, column), ShownWell()) for column in columns))
            for letter in letters
        ),
        tuple(str(column) for column in columns),
        tuple((name, f"{text} ({units[name]})" if units[name] else text) for name, text in words.items()),
        problems,
    )


def _well(
    rows: pd.DataFrame,
    wells: Mapping[str, PlateWell],
    means: Array,
    ranges: list[tuple[float, float]],
    names: list[str],
    units: Mapping[str, str],
    folder: Path,
    usual: float,
) -> ShownWell:
    first = rows.iloc[0]
    well = wells[str(first["movie"])]
    return ShownWell(
        well.well,
        f"{quote(str(first['movie']))}/{REPORT}",
        film_thumbnail(folder / str(first["movie"]) / FILM),
        f"{well.condition}, replicate {well.replicate}",
        _problem(rows, usual),
        {name: number(value, units[name]) for name, value in zip(names, means.tolist(), strict=True)},
        {name: _shade(value, *ends) for name, value, ends in zip(names, means.tolist(), ranges, strict=True)},
    )


def _problem(rows: pd.DataFrame, usual: float) -> str:
    """Return what is wrong with a well; warnings count if there are more than in the median well."""
    if (rows["status"] == "failed").any():
        return "failed"
    if (rows["cells_per_frame"].fillna(0) == 0).any():
        return "no cells found"
    problems = int(rows["n_problems"].fillna(0).max())
    if problems:
        return count(problems, "problem")
    warnings = int(rows["n_warnings"].fillna(0).max())
    return count(warnings, "warning") if warnings > usual else ""


def _mean(values: Array) -> Array:
    known = np.isfinite(values)
    return np.where(known.any(axis=0), np.where(known, values, 0).sum(axis=0) / known.sum(axis=0), math.nan)


def _range(values: Array) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def _shade(value: float, low: float, high: float) -> float:
    if not math.isfinite(value):
        return 0.0
    return 0.5 if high <= low else (value - low) / (high - low)
