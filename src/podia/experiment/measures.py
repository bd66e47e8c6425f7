"""What is compared: one number a cell, from the tables of an analysis folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.data.schema import TableSchema
from podia.data.tables import CELLS, MIGRATION, PROTRUSION_EVENTS, TRACKS

Rows = Literal["all", "whole cells", "whole lives"]


@dataclass(frozen=True)
class Measure:
    """One number a cell: the mean of a column over the cell's rows in a table.

    Parameters
    ----------
    name
        As in ``--measures``.
    words
        What it is, for a reader.
    table, column
        Where it comes from.
    rows
        Which rows count: all; those in which the frame's edge does not cut the cell; or protrusions whose birth and
        death are both seen.
    """

    name: str
    words: str
    table: TableSchema
    column: str
    rows: Rows = "all"

    def column_name(self, calibration: Calibration) -> str:
        """Return the name with its unit."""
        unit = self.table.name_of(self.column, calibration).removeprefix(self.column)
        return f"{self.name}{unit}"

    def unit(self, calibration: Calibration) -> str:
        """Return the unit, empty for a plain number."""
        return next(c.unit(calibration) for c in self.table.columns if c.name == self.column)

    def of_each_cell(self, table: pd.DataFrame, calibration: Calibration) -> pd.Series:
        """Return the measure by ``track_id``; NaN, or no row, where it is not defined."""
        if self.rows == "whole cells":
            table = table[~table["touches_border"]]
        elif self.rows == "whole lives":
            table = table[table["born_in_movie"] & table["died_in_movie"]]
        return table.groupby("track_id")[self.table.name_of(self.column, calibration)].mean()


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
    Measure("protrusion_lifetime", "Lifetime of a protrusion", PROTRUSION_EVENTS, "lifetime", "whole lives"),
    Measure("protrusion_length_max", "Greatest length of a protrusion", PROTRUSION_EVENTS, "length_max"),
    Measure("extension_speed", "Extension speed", PROTRUSION_EVENTS, "extension_speed"),
    Measure("retraction_speed", "Retraction speed", PROTRUSION_EVENTS, "retraction_speed"),
    Measure("mean_speed", "Mean speed", TRACKS, "mean_speed"),
    Measure("directionality_ratio", "Directionality", TRACKS, "directionality_ratio"),
    Measure("turning_angle", "Turning angle", TRACKS, "turning_angle_mean"),
    Measure("persistent_speed", "Speed of the persistent walk", MIGRATION, "persistent_speed"),
    Measure("persistence", "Persistence time", MIGRATION, "persistence"),
    Measure("hurst", "Hurst exponent", MIGRATION, "hurst"),
    Measure("outreach_ratio", "Outreach ratio", MIGRATION, "outreach_ratio"),
    Measure("meandering_index", "Meandering index", MIGRATION, "meandering_index"),
)
"""Every measure that can be compared. Shape modes are not among them: each movie has its own."""

_BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}


def chosen_measures(names: Sequence[str]) -> list[Measure]:
    """Return the measures of those names, in their own order; all without a name.

    Raises
    ------
    InvalidInputError
        If a name is unknown.
    """
    for name in names:
        if name not in _BY_NAME:
            raise InvalidInputError(
                f"There is no measure '{name}'.{nearest_name_hint(name, _BY_NAME)} Known: {', '.join(_BY_NAME)}."
            )
    return [measure for measure in MEASURES if not names or measure.name in names]
