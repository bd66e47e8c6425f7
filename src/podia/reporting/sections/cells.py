"""Section of the report on cell numbers, confluence and shape."""

from __future__ import annotations

import math

import numpy as np

from podia.reporting.charts.histogram import histogram
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import count, share

_SHAPES: tuple[tuple[str, str, str, tuple[float, float] | None], ...] = (
    ("area", "Area", "Projected area of the cell.", None),
    (
        "aspect_ratio",
        "Elongation",
        "Length over width of the fitted ellipse; 1 is round.",
        (1.0, math.inf),
    ),
    (
        "circularity",
        "Circularity",
        "1 for a disc; lower for ragged or elongated outlines.",
        (0.0, math.inf),
    ),
    (
        "solidity",
        "Solidity",
        "Fraction of the convex hull filled by the cell; protrusions lower it.",
        (0.0, 1.0),
    ),
)
"""Column, title, caption, and the bounds of the measure."""


def cells_section(inputs: ReportInputs) -> Section:
    """Return cell count, confluence and shape distributions."""
    touching = inputs.column("cells", "touches_border").to_numpy(bool)
    if not len(touching):
        return Section("cells", "Cells", "No cells were found.")
    if inputs.positions_only:
        return _of_positions(inputs)
    # Where every cell is cut by the border, cut shapes are still better than none.
    keeps = ~touching if not touching.all() else np.ones_like(touching)
    left_out = int((~keeps).sum())
    intro = f"{_seen(inputs, 'outline')}."
    if left_out:
        intro += f" Shape plots omit {left_out:,} ({share(left_out / len(touching))}) that the edge of the field cuts."
    elif touching.all():
        intro += " All of them touch the edge of the field, so their shapes are cut."
    shapes = [
        Figure(
            title,
            histogram(
                inputs.column("cells", name).to_numpy(np.float64)[keeps],
                label=name.replace("_", " "),
                unit=inputs.unit("cells", name),
                counted="cells × frames",
                limits=limits,
            ),
            caption,
        )
        for name, title, caption, limits in _SHAPES
    ]
    over_time = _over_time(inputs) if inputs.movie.n_frames > 1 else ()
    return Section("cells", "Cells", intro, (*over_time, *shapes))


def _of_positions(inputs: ReportInputs) -> Section:
    intro = f"{_seen(inputs, 'position')}. Only positions are known, so shapes, protrusions and edges are not measured."
    over_time = _over_time(inputs)[:1] if inputs.movie.n_frames > 1 else ()
    return Section("cells", "Cells", intro, over_time)


def _seen(inputs: ReportInputs, what: str) -> str:
    n_seen, n_tracks = len(inputs.tables["cells"]), len(inputs.tables["tracks"])
    frames = count(inputs.movie.n_frames, "frame")
    return f"{count(n_seen, what)} of {count(n_tracks, 'tracked cell')} in {frames}"


def _over_time(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    time = scale.times(inputs.movie.n_frames)
    events = inputs.tables["events"]
    divisions = events[events["event"] == "division"].drop_duplicates(["frame", "track_id"])
    marks = [
        (float(r.frame) * scale.per_frame, f"track {int(r.track_id)} divides before frame {int(r.frame)}")
        for r in divisions.itertuples()
    ]
    counted = series(
        time,
        {"cells": inputs.column("frames", "n_cells")},
        time_label=scale.label,
        label="cells in the frame",
        from_zero=True,
        whole=(scale.is_whole, True),
        events=marks,
    )
    confluence = series(
        time,
        {"confluence": 100 * inputs.column("frames", "confluence")},
        time_label=scale.label,
        label="confluence (%)",
        from_zero=True,
        whole=(scale.is_whole, False),
    )
    triangles = " Triangles mark divisions." if marks else ""
    return (
        Figure("Cells over time", counted, f"Number of cells in each frame.{triangles}"),
        Figure("Confluence", confluence, "Fraction of the field of view covered by cells."),
    )
