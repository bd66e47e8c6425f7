"""Measures to compare: one number per cell, from the tables of an analysis folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.data.migration_tables import MIGRATION
from podia.data.tables import CELLS, PROTRUSION_EVENTS, TRACKS
from podia.experiment.movie_measures import MOVIE_MEASURES, MovieMeasure
from podia.experiment.pooling import Pooling
from podia.experiment.table_measure import TableMeasure

Rows = Literal["all", "whole cells"]
OfCells = Literal["mean", "median", "time by ends"]


@dataclass(frozen=True)
class Measure(TableMeasure):
    """A measure: one number per cell, from its rows in a table, and its pooling over the cells of a replicate.

    Parameters
    ----------
    rows
        Rows to use: all, or those in which the frame edge does not cut the cell.
    of_cells
        Value of a replicate: the mean of its cells; their median, for fits that are unreliable for few frames; or, for
        lifetimes, the total observed time divided by the number of observed ends, over all cells.
    follows_duration
        Whether longer tracks of the same cells give another value.
    """

    rows: Rows = "all"
    of_cells: OfCells = "mean"
    follows_duration: bool = False

    def pooling(self, calibration: Calibration) -> Pooling:
        """Return how the value of a replicate is computed from the columns of :meth:`of_each_cell`."""
        if self.of_cells == "time by ends":
            return Pooling("ratio of sums", *self._sums(calibration))
        return Pooling(self.of_cells)

    def of_each_cell(self, table: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
        """Return the measure by ``track_id``; NaN, or no row, if it is undefined.

        It is the mean over the rows of the cell. A lifetime is the observed time divided by the number of ends, which
        are returned as ``NAME_observed`` with its unit and ``NAME_ends``; NaN if no end is observed.
        """
        column, own = self.table.name_of(self.column, calibration), self.column_name(calibration)
        if self.of_cells == "time by ends":
            observed, ends = self._sums(calibration)
            seen = pd.DataFrame({observed: _observed_time(table, column), ends: table["died_in_movie"]})
            sums = seen.astype(np.float64).groupby(table["track_id"]).sum()
            return pd.concat([(sums[observed] / sums[ends].where(sums[ends] > 0)).rename(own), sums], axis=1)
        if self.rows == "whole cells":
            table = table[~table["touches_border"]]
        return table.groupby("track_id")[column].mean().rename(own).to_frame()

    def _sums(self, calibration: Calibration) -> tuple[str, str]:
        return self.with_unit(f"{self.name}_observed", calibration), f"{self.name}_ends"


def _observed_time(events: pd.DataFrame, lifetime: str) -> pd.Series:
    """Return the time over which each life was observed for its end.

    Observed time per observed end is the maximum-likelihood mean lifetime if the hazard is constant (Lawless,
    Statistical Models and Methods for Lifetime Data, 2003), with late entry of lives whose start was not observed. If
    births are steady, it is correct for any distribution (Little, Operations Research 9, 383, 1961). The mean over
    lives observed from birth to death excludes long ones, more of them in short tracks.

    The last frame of a life whose end is not observed does not count, because its state in the next frame is unknown.
    """
    frames = events["last_frame"] - events["first_frame"] + 1
    return events[lifetime] * (frames - ~events["died_in_movie"]) / frames


MEASURES: tuple[Measure, ...] = (
    Measure("area", "Area", CELLS, "area", "whole cells"),
    Measure("aspect_ratio", "Elongation", CELLS, "aspect_ratio", "whole cells"),
    Measure("circularity", "Circularity", CELLS, "circularity", "whole cells"),
    Measure("solidity", "Solidity", CELLS, "solidity", "whole cells"),
    Measure("n_protrusions", "Protrusions of a cell", CELLS, "n_protrusions", "whole cells"),
    Measure(
        "protrusion_length_total",
        "Total length of protrusions",
        CELLS,
        "protrusion_length_total",
        "whole cells",
    ),
    Measure(
        "protrusion_lifetime",
        "Lifetime of a protrusion",
        PROTRUSION_EVENTS,
        "lifetime",
        of_cells="time by ends",
    ),
    Measure(
        "protrusion_length_max",
        "Maximum length of a protrusion",
        PROTRUSION_EVENTS,
        "length_max",
        follows_duration=True,
    ),
    Measure("extension_speed", "Extension speed", PROTRUSION_EVENTS, "extension_speed"),
    Measure("retraction_speed", "Retraction speed", PROTRUSION_EVENTS, "retraction_speed"),
    Measure("mean_speed", "Mean speed", TRACKS, "mean_speed"),
    Measure("directionality_ratio", "Directionality", TRACKS, "directionality_ratio", follows_duration=True),
    Measure("turning_angle", "Turning angle", TRACKS, "turning_angle_mean"),
    Measure("persistent_speed", "Speed of the persistent random walk", MIGRATION, "persistent_speed"),
    Measure(
        "persistence", "Persistence time", MIGRATION, "persistence", of_cells="median", follows_duration=True
    ),
    Measure("msd_exponent", "MSD exponent", MIGRATION, "msd_exponent", follows_duration=True),
    Measure("outreach_ratio", "Outreach ratio", MIGRATION, "outreach_ratio", follows_duration=True),
    Measure("meandering_index", "Meandering index", MIGRATION, "meandering_index", follows_duration=True),
)
"""All measures that can be compared. Shape modes are excluded, because each movie has its own."""

_NAMES = (*(measure.name for measure in MOVIE_MEASURES), *(measure.name for measure in MEASURES))


def chosen_movie_measures(names: Sequence[str]) -> list[MovieMeasure]:
    """Return the measures of cultures with these names, in declaration order; all if no name is given."""
    return [measure for measure in MOVIE_MEASURES if not names or measure.name in names]


def chosen_measures(names: Sequence[str]) -> list[Measure]:
    """Return the measures of cells with these names, in declaration order; all if no name is given.

    Raises
    ------
    InvalidInputError
        If a name is unknown, as a measure of cells and of cultures.
    """
    for name in names:
        if name not in _NAMES:
            raise InvalidInputError(
                f"There is no measure '{name}'.{nearest_name_hint(name, _NAMES)} Measures: "
                f"{', '.join(_NAMES)}."
            )
    return [measure for measure in MEASURES if not names or measure.name in names]
