"""Section of the report on cell shape: principal modes, clusters, transitions, rounding before division."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from podia.reporting.charts.matrix import share_matrix
from podia.reporting.charts.outline_gallery import OutlineRow, outline_rows
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, TimeScale, time_scale
from podia.reporting.wording import count, number, share

_MIN_FOR_QUARTILES = 4
_IN_A_ROW = 4
"""Clusters drawn side by side."""


def shapes_section(inputs: ReportInputs) -> Section:
    """Return the principal modes of outlines, their clusters and transitions, and rounding before division."""
    modes = inputs.tables["shape_modes"]
    if not len(modes):
        return Section(
            "shapes", "Shapes", "Too few cells lie entirely within the frame to compare their outlines."
        )
    n = int(inputs.column("shapes", "cluster").notna().sum())
    held = float(inputs.column("shape_modes", "variance_share_total").iloc[-1])
    intro = (
        f"{count(n, 'outline')}, aligned along the longest direction and scaled to one size. "
        f"{count(len(modes), 'principal mode explains', 'principal modes explain')} {share(held)} of the variance. "
        f"Clusters are a way to count shapes: k-means also divides a continuum."
    )
    scale = time_scale(inputs)
    return Section(
        "shapes",
        "Shapes",
        intro,
        (
            Figure(
                "Principal shape modes",
                _modes(inputs),
                "The mean outline in the middle, and one and two standard deviations to either side.",
            ),
            Figure(
                "Shape clusters",
                _clusters(inputs),
                "The mean outline of each cluster, and its fraction of the outlines.",
            ),
            Figure(
                "Shape transitions",
                _transitions(inputs),
                "Probability that a cell in one cluster (row) is in another (column) in the next frame.",
                "No cell was tracked over two consecutive frames.",
            ),
            Figure(
                "Rounding before division",
                _rounding(inputs, scale),
                _rounding_caption(inputs),
                "No mother cell was tracked over two frames or more.",
            ),
        ),
    )


def _modes(inputs: ReportInputs) -> Markup | None:
    pictures = _pictures(inputs, "mode")
    rows = []
    for mode in inputs.tables["shape_modes"].itertuples():
        along = pictures[pictures["number"] == mode.mode]
        outlines = [
            (float(str(d)), points[["outline_y", "outline_x"]].to_numpy(np.float64))
            for d, points in along.groupby("deviation")
        ]
        captions = tuple(f"{number(d)} sd" if d else "mean" for d, _ in outlines)
        rows.append(
            OutlineRow(
                f"mode {mode.mode}", share(mode.variance_share), tuple(o for _, o in outlines), captions
            )
        )
    return outline_rows(rows, description="Outlines along the principal shape modes")


def _clusters(inputs: ReportInputs) -> Markup | None:
    shares = inputs.column("shapes", "cluster").dropna().astype(int).value_counts(normalize=True)
    found = [
        (int(str(cluster)), points[["outline_y", "outline_x"]].to_numpy(np.float64))
        for cluster, points in _pictures(inputs, "cluster").groupby("number")
    ]
    rows = []
    for first in range(0, len(found), _IN_A_ROW):
        part = found[first : first + _IN_A_ROW]
        captions = tuple(f"{number_}: {share(float(shares.get(number_, 0.0)))}" for number_, _ in part)
        rows.append(OutlineRow("" if first else "clusters", "", tuple(o for _, o in part), captions))
    return outline_rows(rows, description="Mean outlines of the shape clusters")


def _pictures(inputs: ReportInputs, of: str) -> pd.DataFrame:
    pictures = inputs.tables["shape_outlines"]
    return pictures[pictures["of"] == of]


def _transitions(inputs: ReportInputs) -> Markup | None:
    table = inputs.tables["shape_transitions"]
    square = table.pivot_table(
        index="from_cluster", columns="to_cluster", values="probability", dropna=False
    ).to_numpy(np.float64)
    counts = table.pivot_table(index="from_cluster", columns="to_cluster", values="n", dropna=False).to_numpy(
        int
    )
    size = len(square)
    titles = [[f"{i + 1} to {j + 1}: {counts[i, j]} times" for j in range(size)] for i in range(size)]
    names = [str(i + 1) for i in range(size)]
    return share_matrix(square, names, rows="shape", columns="shape in the next frame", titles=titles)


def _rounding(inputs: ReportInputs, scale: TimeScale) -> Markup | None:
    table = inputs.tables["division_rounding"].sort_values("frames_before", ascending=False)
    if len(table) < 2:
        return None
    time = -table["frames_before"].to_numpy(np.float64) * scale.per_frame
    middle, low, high = (
        table[name].to_numpy(np.float64) for name in ("circularity", "circularity_low", "circularity_high")
    )
    has_quartiles = _n_mothers(inputs) >= _MIN_FOR_QUARTILES
    return series(
        time,
        {"circularity": middle},
        band=(low, high) if has_quartiles else None,
        time_label=f"time before the last frame ({scale.unit})",
        label="circularity",
        whole=(scale.is_whole, False),
    )


def _rounding_caption(inputs: ReportInputs) -> str:
    n = _n_mothers(inputs)
    statistic = "median and quartiles" if n >= _MIN_FOR_QUARTILES else "median" if n > 1 else "single values"
    return (
        f"Circularity of mother cells before division, {statistic} (n = {count(n, 'division')}); 1 is a disc."
    )


def _n_mothers(inputs: ReportInputs) -> int:
    return (
        int(inputs.tables["division_rounding"]["n_mothers"].max())
        if len(inputs.tables["division_rounding"])
        else 0
    )
