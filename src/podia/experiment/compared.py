"""An experiment with the comparison of its conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from podia.experiment.assignment import Assignment
from podia.experiment.cells import ExperimentCells
from podia.experiment.measures import Measure
from podia.experiment.movie_measures import MovieMeasure


@dataclass(frozen=True)
class Compared:
    """An experiment with its comparison.

    Parameters
    ----------
    gathered
        Cells, movies and curves.
    measures, movie_measures
        What was compared: of cells, and of cultures.
    comparison, replicates
        The tables :data:`~podia.experiment.tables.COMPARISON` and :data:`~podia.experiment.tables.COMPARED_REPLICATES`.
    curves, curve_comparison
        Means of conditions over time, and their comparison.
    dose_response
        The table :data:`~podia.experiment.tables.DOSE_RESPONSE`.
    assignments
        The folders with their conditions, replicates and doses.
    """

    gathered: ExperimentCells
    measures: Sequence[Measure]
    movie_measures: Sequence[MovieMeasure]
    comparison: pd.DataFrame
    replicates: pd.DataFrame
    curves: pd.DataFrame
    curve_comparison: pd.DataFrame
    dose_response: pd.DataFrame
    assignments: Sequence[Assignment]
