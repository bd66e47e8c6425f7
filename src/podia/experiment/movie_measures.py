"""Measures of a culture to compare: one number per movie, from the tables of an analysis folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.data.migration_tables import MIGRATION_MOVIE
from podia.data.tables import FRAMES
from podia.experiment.assignment import Assignment
from podia.experiment.pooling import Pooling
from podia.experiment.table_measure import TableMeasure
from podia.results.results import Results


@dataclass(frozen=True)
class MovieMeasure(TableMeasure):
    """A measure of a culture: one number per movie, the mean over the rows of its table.

    Parameters
    ----------
    events, exposure
        Columns of a rate: a replicate has the sum of its events over the sum of its exposures, as if its movies were
        one.
    """

    events: str = ""
    exposure: str = ""

    @property
    def pooling(self) -> Pooling:
        """Return how the value of a replicate is computed from the columns of :meth:`of_movie`."""
        if not self.events:
            return Pooling("mean")
        return Pooling("ratio of sums", *(f"{self.name}_{name}" for name in ("events", "exposure")))

    def of_movie(self, tables: Mapping[str, pd.DataFrame], calibration: Calibration) -> dict[str, float]:
        """Return the value under :meth:`column_name`, and what :attr:`pooling` needs."""
        table = tables[self.table.name]
        values = table[self.table.name_of(self.column, calibration)].astype("float64")
        found = {self.column_name(calibration): float(values.mean())}
        for place, column in (("events", self.events), ("exposure", self.exposure)):
            if column:
                found[f"{self.name}_{place}"] = float(table[self.table.name_of(column, calibration)].sum())
        return found


MOVIE_MEASURES: tuple[MovieMeasure, ...] = (
    MovieMeasure("n_cells", "Cells in the field", FRAMES, "n_cells"),
    MovieMeasure("confluence", "Confluence", FRAMES, "confluence"),
    MovieMeasure("growth_rate", "Growth rate", CULTURE, "growth_rate"),
    MovieMeasure("area_growth_rate", "Growth rate of the covered area", CULTURE, "area_growth_rate"),
    MovieMeasure("division_rate", "Division rate", CULTURE, "division_rate", "n_divisions", "cell_time"),
    MovieMeasure("generation_time", "Generation time", CULTURE, "generation_time_median"),
    MovieMeasure("wound_closed", "Closed part of the wound", CULTURE, "wound_closed"),
    MovieMeasure("closure_rate", "Closure rate of the wound", CULTURE, "closure_rate"),
    MovieMeasure("front_speed", "Front speed of the wound", CULTURE, "front_speed"),
    MovieMeasure("shared_speed", "Speed of the common motion", MIGRATION_MOVIE, "shared_speed"),
)
"""All measures of cultures that can be compared."""


def gather_movies(
    assignments: Sequence[Assignment],
    names: Sequence[str],
    analyses: Sequence[Results],
    measures: Sequence[MovieMeasure],
) -> pd.DataFrame:
    """Return one row per movie: ``condition``, ``replicate``, ``movie`` and the columns of each measure."""
    rows = []
    for row, name, results in zip(assignments, names, analyses, strict=True):
        found: dict[str, object] = {"condition": row.condition, "replicate": row.replicate, "movie": name}
        for measure in measures:
            found |= measure.of_movie(results.tables, results.calibration)
        rows.append(found)
    return pd.DataFrame(rows)
