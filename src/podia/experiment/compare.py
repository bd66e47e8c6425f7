"""``podia compare``: compare the conditions of an experiment and write page, tables and figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.arguments import settle_config
from podia.data.calibration import Calibration
from podia.data.config import Settings
from podia.experiment.assignment import Assignment, read_assignments
from podia.experiment.cells import gather_cells
from podia.experiment.compared import Compared
from podia.experiment.comparison import compare_conditions, replicate_table, with_correction
from podia.experiment.config import CompareConfig
from podia.experiment.curves import chosen_curves, compare_curves, condition_curves
from podia.experiment.dose_response import dose_responses
from podia.experiment.measures import Measure, chosen_measures, chosen_movie_measures
from podia.experiment.movie_measures import MovieMeasure
from podia.experiment.page import write_comparison
from podia.experiment.pooling import Pooling
from podia.experiment.tables import COMPARED_REPLICATES, COMPARISON, DOSE_RESPONSE
from podia.io.analysis_folder import require_no_analysis
from podia.io.tables import write_table
from podia.io.workbook import write_workbook


def compare(
    table: str | Path,
    output: str | Path,
    config: CompareConfig | None = None,
    *,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Compare the conditions of an experiment, and write page, tables and figures to `output`.

    Parameters
    ----------
    table
        CSV file or Excel workbook with the columns ``folder`` (an analysis folder of ``podia run``, relative to the
        table), ``condition``, ``replicate`` and, optionally, ``dose``; or the folder in which ``podia run --plate-map``
        wrote its results.
    output
        Folder for ``compare.html``, ``comparison``, ``replicates``, ``cells``, ``movies``, ``curves``,
        ``curve_comparison`` and ``dose_response`` (CSV, Parquet, and together ``comparison.xlsx``), and ``figures``:
        each plot as SVG with its data as CSV. Created if it is missing.
    config
        Measures, pairing and correction.
    settings
        In place of `config`: single settings, named as the options of ``podia compare``, such as
        ``{"control": "DMSO", "paired": True}``.

    Returns
    -------
    DataFrame
        The table :data:`~podia.experiment.tables.COMPARISON`, one row per measure and condition. Its ``attrs["notes"]``
        are sentences on differences between movies that affect measures.

    Raises
    ------
    InvalidInputError
        If the table is invalid, a folder does not contain a finished analysis, units are mixed, a condition has one
        replicate, or a measure or the control is unknown.
    ConfigurationError
        If a setting is unknown or out of bounds.
    OutputError
        If `output` is an analysis folder, or a file cannot be written.

    Examples
    --------
    >>> import podia
    >>> podia.compare("experiment.csv", "comparison")  # doctest: +SKIP
    """
    require_no_analysis(output)
    config = settle_config(CompareConfig, config, settings)
    compared = compared_experiment(read_assignments(Path(table)), config)
    folder = Path(output)
    for name, rows in (
        ("comparison", compared.comparison),
        ("replicates", compared.replicates),
        ("cells", compared.gathered.cells),
        ("movies", compared.gathered.movies),
        ("curves", compared.curves),
        ("curve_comparison", compared.curve_comparison),
        ("dose_response", compared.dose_response),
    ):
        write_table(rows, folder / name)
    calibration = compared.gathered.calibration
    write_workbook(
        {
            "comparison": compared.comparison,
            "replicates": compared.replicates,
            "dose_response": compared.dose_response,
            "curves": compared.curves,
            "curve_comparison": compared.curve_comparison,
            "movies": compared.gathered.movies,
            "cells": compared.gathered.cells,
        },
        folder / "comparison.xlsx",
        calibration,
        (COMPARISON, COMPARED_REPLICATES, DOSE_RESPONSE),
    )
    write_comparison(compared, config, folder)
    # Set after writing, because files have no attributes.
    compared.comparison.attrs["notes"] = compared.gathered.notes
    return compared.comparison


def compared_experiment(assignments: Sequence[Assignment], config: CompareConfig) -> Compared:
    """Return the comparison of an experiment, without writing anything."""
    measures, movie_measures = chosen_measures(config.measures), chosen_movie_measures(config.measures)
    curves = chosen_curves(config.measures)
    gathered = gather_cells(assignments, measures, movie_measures, curves, min_frames=config.min_frames)
    calibration = gathered.calibration
    if not config.measures:
        movie_measures = [
            m for m in movie_measures if gathered.movies[m.column_name(calibration)].notna().any()
        ]
    comparisons, replicates = [], []
    every: list[tuple[pd.DataFrame, Sequence[Measure | MovieMeasure]]] = [
        (gathered.movies, movie_measures),
        (gathered.cells, measures),
    ]
    for rows, chosen in every:
        names = [measure.column_name(calibration) for measure in chosen]
        pooling = {m.column_name(calibration): _pooling(m, calibration) for m in chosen}
        if names:
            comparisons.append(compare_conditions(rows, names, config, pooling=pooling))
            replicates.append(replicate_table(rows, names, pooling=pooling))
    comparison = with_correction(pd.concat(comparisons, ignore_index=True), config.correction)
    of_replicates = pd.concat(replicates, ignore_index=True)
    return Compared(
        gathered,
        measures,
        movie_measures,
        comparison,
        of_replicates,
        condition_curves(gathered.curves),
        compare_curves(gathered.curves, config, str(comparison["control"].iloc[0])),
        dose_responses(assignments, of_replicates),
        assignments,
    )


def _pooling(measure: Measure | MovieMeasure, calibration: Calibration) -> Pooling:
    return measure.pooling if isinstance(measure, MovieMeasure) else measure.pooling(calibration)


def comparison_json(comparison: pd.DataFrame) -> str:
    """Return the table as JSON, one object per row, with all digits of numbers; undefined values are null."""
    known = comparison.replace([np.inf, -np.inf], np.nan)
    rows = known.astype(object).where(known.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)
