"""``podia compare``: a table of analysis folders in; one page, tidy tables and figures out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from podia.experiment.assignment import read_assignments
from podia.experiment.cells import gather_cells
from podia.experiment.comparison import compare_conditions, replicate_table
from podia.experiment.config import CompareConfig
from podia.experiment.measures import chosen_measures
from podia.experiment.page import write_comparison
from podia.io.analysis_folder import require_no_analysis
from podia.io.tables import write_table


def compare(table: str | Path, output: str | Path, config: CompareConfig | None = None) -> pd.DataFrame:
    """Compare the conditions of an experiment, write page, tables and figures into `output`, return the comparison.

    Parameters
    ----------
    table
        CSV with the columns ``folder`` (an analysis folder of ``podia run``, from where the table lies),
        ``condition`` and ``replicate``.
    output
        Folder for ``compare.html``, ``comparison``, ``replicates`` and ``cells`` (CSV and Parquet), ``figures``: each
        plot as SVG with its data as CSV. Made where it is missing.
    config
        What is compared and how.

    Returns
    -------
    DataFrame
        The table :data:`~podia.experiment.tables.COMPARISON`, a row a measure and condition. Its ``attrs["notes"]``
        are sentences on how movies differ in what measures depend on.

    Raises
    ------
    InvalidInputError
        If the table is no such table, a folder holds no finished analysis, units are mixed, a condition has one
        replicate, or a measure or the control is unknown.
    OutputError
        If `output` is an analysis folder, or a file cannot be written.

    Examples
    --------
    >>> import podia
    >>> podia.compare("experiment.csv", "comparison")  # doctest: +SKIP
    """
    require_no_analysis(output)
    config = config or CompareConfig()
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
    # Only now: what is written carries no attributes.
    comparison.attrs["notes"] = gathered.notes
    return comparison


def comparison_json(comparison: pd.DataFrame) -> str:
    """Return the table as JSON, an object a row, numbers with all their digits; what is not defined is null."""
    known = comparison.replace([np.inf, -np.inf], np.nan)
    rows = known.astype(object).where(known.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)
