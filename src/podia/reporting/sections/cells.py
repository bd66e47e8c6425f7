"""How many cells there are, and their shapes."""

from __future__ import annotations

import math

import numpy as np

from podia.reporting.charts.histogram import histogram
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import count, share

_SHAPES: tuple[tuple[str, str, str, tuple[float, float] | None], ...] = (
    ("area", "Area", "How large cells are, seen from above.", None),
    (
        "aspect_ratio",
        "Elongation",
        "Length over width of the ellipse that fits the cell; 1 is round.",
        (1.0, math.inf),
    ),
    (
        "circularity",
        "Circularity",
        "1 for a disc; a ragged or stretched outline gives less.",
        (0.0, math.inf),
    ),
    (
        "solidity",
        "Solidity",
        "Share of its convex hull that the cell fills; arms make it smaller.",
        (0.0, 1.0),
    ),
)
"""Column, title, what it shows, and the bounds that it cannot leave."""


def cells_section(inputs: ReportInputs) -> Section:
    """Return cell count, confluence and shape distributions."""
    touching = inputs.column("cells", "touches_border").to_numpy(bool)
    if not len(touching):
        return Section("cells", "Cells", "No cell was found, so there are no shapes to show.")
    if inputs.positions_only:
        return _of_positions(inputs)
    # Where every cell is cut by the border, cut shapes are still better than none.
    keeps = ~touching if not touching.all() else np.ones_like(touching)
    left_out = int((~keeps).sum())
    intro = (
        f"{count(len(touching), 'cell', 'cells')} in all, each counted in every frame in which it is seen."
    )
    if left_out:
        intro += f" Shapes leave out {left_out:,} ({share(left_out / len(touching))}) that the edge of the field cuts."
    elif touching.all():
        intro += " Every one touches the edge of the field, so that shapes are cut."
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
    counted = count(len(inputs.tables["cells"]), "cell")
    intro = (
        f"{counted} in all, each counted in every frame in which it is seen. Only the positions of cells are known "
        f"here, not their outlines, so there is nothing to say of shapes, protrusions and edges."
    )
    over_time = _over_time(inputs)[:1] if inputs.movie.n_frames > 1 else ()
    return Section("cells", "Cells", intro, over_time)


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
        events=marks,
    )
    covered = series(
        time,
        {"covered": 100 * inputs.column("frames", "covered")},
        time_label=scale.label,
        label="covered by cells (%)",
        from_zero=True,
    )
    triangles = " Triangles mark divisions." if marks else ""
    return (
        Figure("Cells over time", counted, f"Cells found in each frame.{triangles}"),
        Figure("Confluence", covered, "Share of the field of view that cells cover."),
    )
