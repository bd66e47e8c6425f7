"""``summary.html``: the results of many movies on one page, with pictures and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.tables import SUMMARY
from podia.io.layout import FILM, REPORT
from podia.reporting.film import film_thumbnail
from podia.reporting.page import write_page
from podia.reporting.plate import PlateWell, plate_view
from podia.reporting.wording import count, elapsed, number, pretty_unit
from podia.version import __version__

_COLUMNS = (
    ("n_frames", "Frames"),
    ("cells_per_frame", "Cells per frame"),
    ("confluence_last", "Confluence at the end"),
    ("growth_rate", "Growth rate"),
    ("division_rate", "Division rate"),
    ("n_tracks", "Tracks"),
    ("n_divisions", "Divisions"),
    ("area_median", "Median area"),
    ("speed_median", "Median speed"),
    ("protrusions_per_cell", "Protrusions per cell"),
    ("protrusion_length_median", "Protrusion length"),
    ("n_warnings", "Warnings"),
)
"""Columns of the summary that the page shows, and their words."""


@dataclass(frozen=True)
class Cell:
    """A number in the table: as text, as sort key, and as a fraction of the largest in its column."""

    text: str
    value: float | None
    part: float


@dataclass(frozen=True)
class MovieRow:
    """A finished movie, with the link to its report and a picture as a ``data:`` address, empty without one."""

    name: str
    link: str
    thumbnail: str
    scale: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Failure:
    """A movie that failed, and why."""

    name: str
    error: str


def summarise(rows: pd.DataFrame, path: Path, wells: Mapping[str, PlateWell] | None = None) -> Path:
    """Write the page over many movies and return its path.

    Parameters
    ----------
    rows
        The table ``SUMMARY``, conformed: one row per movie, done or failed.
    path
        Where the page goes. Beside it, ``<movie>/report.html`` is linked and a frame of ``<movie>/overlay.mp4`` shown.
    wells
        Well of each movie, by name: the page then begins with a view of the plate.

    Raises
    ------
    InvalidInputError
        If `rows` are not the table ``SUMMARY`` under any calibration.
    OutputError
        If the page cannot be written.
    """
    calibration = _calibration(rows)
    table = rows.rename(columns=dict(zip(SUMMARY.names(calibration), SUMMARY.base_names, strict=True)))
    done, failed = table[table["status"] != "failed"], table[table["status"] == "failed"]
    units = {column.name: pretty_unit(column.unit(calibration)) for column in SUMMARY.columns}
    return write_page(
        "summary.html.j2",
        Path(path),
        version=__version__,
        plate=plate_view(table, wells or {}, units, dict(_COLUMNS[1:]), Path(path).parent),
        headings=[(words, units[name]) for name, words in _COLUMNS],
        movies=_movie_rows(done, Path(path).parent),
        failures=[Failure(str(row.movie), str(row.error)) for row in failed.itertuples()],
        totals=_totals(done, len(failed)),
        mixed=_is_mixed(done, calibration),
    )


def _calibration(rows: pd.DataFrame) -> Calibration:
    """Return a calibration with the units that the columns of `rows` have; its values do not matter."""
    for pixel in (1.0, None):
        for interval in (60.0, None):
            calibration = Calibration(pixel, interval)
            if set(SUMMARY.names(calibration)) <= set(rows.columns):
                return calibration
    raise InvalidInputError(
        f"A summary needs the columns {SUMMARY.names(Calibration())} or the same in um and min, "
        f"not {[str(name) for name in rows.columns]}."
    )


def _is_mixed(done: pd.DataFrame, calibration: Calibration) -> bool:
    """Return whether the table is in pixels or frames although some of its movies are calibrated."""
    px_only = calibration.pixel_size_um is None and done["pixel_size_um"].notna().any()
    frames_only = calibration.frame_interval_s is None and done["frame_interval_s"].notna().any()
    return bool(px_only or frames_only)


def _movie_rows(done: pd.DataFrame, folder: Path) -> list[MovieRow]:
    values = (
        done.loc[:, [name for name, _ in _COLUMNS]].astype("Float64").to_numpy(float, na_value=float("nan"))
    )
    largest = pd.DataFrame(values).max().fillna(0.0).tolist()
    rows = []
    for row, numbers in zip(done.itertuples(), values.tolist(), strict=True):
        cells = tuple(_cell(value, top) for value, top in zip(numbers, largest, strict=True))
        name = str(row.movie)
        picture = film_thumbnail(folder / name / FILM)
        rows.append(MovieRow(name, f"{quote(name)}/{REPORT}", picture, _scale(row), cells))
    return rows


def _cell(value: float, largest: float) -> Cell:
    defined = value == value
    return Cell(
        number(value), value if defined else None, max(value, 0) / largest if defined and largest > 0 else 0.0
    )


def _scale(row: Any) -> str:
    pixel, interval = float(row.pixel_size_um), float(row.frame_interval_s)
    size = f"{number(pixel, digits=4)} µm/px" if pd.notna(pixel) else "pixel size unknown"
    return f"{size}, {f'every {elapsed(interval)}' if pd.notna(interval) else 'interval unknown'}"


def _totals(done: pd.DataFrame, n_failed: int) -> list[str]:
    totals = [count(len(done) + n_failed, "movie")]
    if n_failed:
        totals.append(f"{len(done)} done, {n_failed} failed")
    for name, word in (("n_frames", "frame"), ("n_tracks", "track"), ("n_divisions", "division")):
        totals.append(count(int(done[name].sum()) if len(done) else 0, word))
    return totals
