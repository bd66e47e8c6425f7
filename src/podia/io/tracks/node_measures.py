"""Measures of each cell and frame, for track files of other programs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.lineage import Lineage
from podia.data.schema import Column
from podia.data.tables import CELLS

_NOT_MEASURED = ("frame", "time", "track_id", "segmentation_label", "y", "x")
"""Columns of the table of cells that track files store in their own form."""


@dataclass(frozen=True)
class NodeMeasure:
    """One column of the table of cells, with a value for each row of a lineage's nodes; NaN if undefined."""

    column: Column
    name: str
    unit: str
    per_node: NDArray[np.float64]


def measures_of_nodes(
    lineage: Lineage, cells: pd.DataFrame, calibration: Calibration
) -> tuple[NodeMeasure, ...]:
    """Return the measures of `cells`, a table under ``CELLS``, in the order of the nodes of `lineage`."""
    keys = ["frame", "track_id"]
    rows = pd.MultiIndex.from_frame(cells[keys]).get_indexer(pd.MultiIndex.from_frame(lineage.nodes[keys]))
    measures = []
    for column in CELLS.columns:
        if column.name in _NOT_MEASURED:
            continue
        name = column.resolved_name(calibration)
        values = cells[name].to_numpy(np.float64, na_value=np.nan)
        at_nodes = np.where(rows >= 0, values[rows], np.nan) if len(values) else np.full(len(rows), np.nan)
        measures.append(NodeMeasure(column, name, column.unit(calibration), at_nodes))
    return tuple(measures)
