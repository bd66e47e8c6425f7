"""Shape tables: modes, clusters and transitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from podia.data.shape_tables import SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS, SHAPES
from podia.measurement.config import ShapeConfig
from podia.measurement.shapes.clusters import cluster_shapes, count_transitions
from podia.measurement.shapes.fourier import COLUMNS, outline_of, turned_alike
from podia.measurement.shapes.modes import MIN_SHAPES, N_MODES, Array, ShapeModes, find_modes

_CLUSTERED_MODES = 8
"""Number of modes used for clustering; the others are small, and mostly noise of the pixel grid."""

PICTURED_DEVIATIONS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Positions of the drawn shapes along a mode, in standard deviations."""

_N_POINTS = 96
_SCORES = [f"mode_{number}" for number in range(1, N_MODES + 1)]


@dataclass(frozen=True)
class ShapeTables:
    """The tables SHAPES, SHAPE_MODES, SHAPE_OUTLINES and SHAPE_TRANSITIONS."""

    cells: pd.DataFrame
    modes: pd.DataFrame
    outlines: pd.DataFrame
    transitions: pd.DataFrame


def summarise_shapes(cells: pd.DataFrame, descriptors: pd.DataFrame, config: ShapeConfig) -> ShapeTables:
    """Return the shape tables of a movie.

    Parameters
    ----------
    cells
        Sorted by frame, with ``frame``, ``time``, ``label``, ``track_id`` and ``touches_border``.
    descriptors
        ``frame``, ``label`` and the descriptors :data:`~podia.measurement.shapes.fourier.COLUMNS`.
    config
        Number of clusters.

    Returns
    -------
    ShapeTables
        Cells cut by the edge of the frame have no scores and no cluster; with fewer than ten other cells, none have.
    """
    keys = ["frame", "label"]
    joined = cells[[*keys, "time", "track_id", "touches_border"]].merge(descriptors, on=keys, how="left")
    values = joined[list(COLUMNS)].to_numpy(np.float64)
    whole = ~joined["touches_border"].to_numpy(np.bool_) & np.isfinite(values).all(axis=1)
    shapes = joined[["frame", "time", "track_id"]].assign(
        **dict.fromkeys(_SCORES, np.nan), cluster=pd.array([pd.NA] * len(joined), dtype="Int64")
    )
    if whole.sum() < MIN_SHAPES:
        empty = [schema.empty() for schema in (SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS)]
        return ShapeTables(shapes[SHAPES.base_names], *empty)
    outlines = turned_alike(np.ascontiguousarray(values[whole]).view(np.complex128)).view(np.float64)
    modes = find_modes(outlines)
    scores = modes.scores(outlines, _CLUSTERED_MODES)
    with np.errstate(invalid="ignore", divide="ignore"):
        shapes.loc[whole, _SCORES] = scores[:, :N_MODES] / modes.deviations[:N_MODES]
    cluster = cluster_shapes(scores, config.n_clusters)
    shapes.loc[whole, "cluster"] = cluster
    shares = modes.variance_shares
    return ShapeTables(
        shapes[SHAPES.base_names],
        pd.DataFrame(
            {
                "mode": np.arange(1, N_MODES + 1),
                "variance_share": shares[:N_MODES],
                "variance_share_total": np.cumsum(shares)[:N_MODES],
            }
        ),
        _pictures(modes, outlines, cluster),
        count_transitions(shapes, config.n_clusters),
    )


def _pictures(modes: ShapeModes, descriptors: Array, cluster: np.ndarray) -> pd.DataFrame:
    drawn = [
        ("mode", mode + 1, deviation, modes.at(mode, deviation))
        for mode in range(N_MODES)
        for deviation in PICTURED_DEVIATIONS
    ]
    drawn += [
        ("cluster", int(number), 0.0, descriptors[cluster == number].mean(axis=0))
        for number in np.unique(cluster)
    ]
    tables = []
    for of, number, deviation, values in drawn:
        outline = outline_of(values.view(np.complex128), _N_POINTS)
        # y points up in the descriptors, and down in the picture.
        points = {"point": np.arange(_N_POINTS), "outline_y": -outline.imag, "outline_x": outline.real}
        tables.append(pd.DataFrame({"of": of, "number": number, "deviation": deviation, **points}))
    return pd.concat(tables, ignore_index=True)
