"""``podia compare``: compare the conditions of an experiment and write page, tables and figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.arguments import settle_config
from podia.data.config import Settings
from podia.experiment.assignment import read_assignments
from podia.experiment.cells import gather_cells
from podia.experiment.comparison import compare_conditions, replicate_table
from podia.experiment.config import CompareConfig
from podia.experiment.measures import chosen_measures
from podia.experiment.page import write_comparison
from podia.io.analysis_folder import require_no_analysis
from podia.io.tables import write_table


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
        CSV file with the columns ``folder`` (an analysis folder of ``podia run``, relative to the table),
        ``condition`` and ``replicate``.
    output
        Folder for ``compare.html``, ``comparison``, ``replicates`` and ``cells`` (CSV and Parquet), ``figures``: each
        plot as SVG with its data as CSV. Created if it is missing.
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
    measures = chosen_measures(config.measures)
    gathered = gather_cells(read_assignments(Path(table)), measures, min_frames=config.min_frames)
    names = [measure.column_name(gathered.calibration) for measure in measures]
    pooling = {
        name: measure.pooling(gathered.calibration) for name, measure in zip(names, measures, strict=True)
    }
    comparison = compare_conditions(gathered.cells, names, config, pooling=pooling)
    replicates = replicate_table(gathered.cells, names, pooling=pooling)
    folder = Path(output)
    for name, rows in (("comparison", comparison), ("replicates", replicates), ("cells", gathered.cells)):
        write_table(rows, folder / name)
    write_comparison(gathered, measures, comparison, replicates, config, folder)
    # Set after writing, because files have no attributes.
    comparison.attrs["notes"] = gathered.notes
    return comparison


def comparison_json(comparison: pd.DataFrame) -> str:
    """Return the table as JSON, one object per row, with all digits of numbers; undefined values are null."""
    known = comparison.replace([np.inf, -np.inf], np.nan)
    rows = known.astype(object).where(known.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)
