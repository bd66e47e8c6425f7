"""Section of the report on protrusions."""

from __future__ import annotations

import numpy as np

from podia.reporting.charts.histogram import compared_histograms, histogram, whole_number_histogram
from podia.reporting.charts.polar import direction_histogram
from podia.reporting.charts.series import series
from podia.reporting.charts.shares import shares
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import count, number

_ENDS = {
    "death": "retracted",
    "merge": "merged",
    "division": "to a daughter",
    "unseen": "end not seen",
}


def protrusions_section(inputs: ReportInputs) -> Section:
    """Return numbers, lengths, directions, lifetimes and growth of protrusions."""
    lengths = inputs.column("protrusions", "length_beyond_body")
    if not len(lengths):
        return Section("protrusions", "Protrusions", "No protrusions were found.")
    per_cell = inputs.column("cells", "n_protrusions").to_numpy(np.int64)
    unit = inputs.unit("protrusions", "length_beyond_body")
    n_events = len(inputs.tables["protrusion_events"])
    intro = (
        f"{count(len(lengths), 'tip')} in all frames; the longest extends {number(lengths.max(), unit)} beyond the "
        f"cell body (the largest inscribed circle)."
    )
    error = inputs.column("protrusions", "length_error").median()
    if np.isfinite(error):
        intro += (
            f" The standard error of a length is {number(error, unit, digits=2)}, from their fluctuation."
        )
    if inputs.movie.n_frames > 1:
        intro += f" Linked over time, they form {count(n_events, 'protrusion')}."
    still = (
        Figure(
            "Protrusions per cell",
            whole_number_histogram(per_cell, label="tips of a cell", counted="cells × frames"),
            "Number of tips per cell and frame.",
        ),
        Figure(
            "Length",
            histogram(
                lengths,
                label="length beyond the body",
                unit=unit,
                counted="tips × frames",
                limits=(0.0, np.inf),
            ),
            "From the body circle to the tip, along the shortest path inside the cell.",
        ),
        Figure(
            "Direction",
            direction_histogram(inputs.column("protrusions", "angle"), counted="tips"),
            "Direction from the body centre to the tips; the area of a sector is its count. Dashed: no preferred "
            "direction.",
        ),
    )
    over_time = (*_over_time(inputs), *_of_events(inputs)) if inputs.movie.n_frames > 1 else ()
    return Section("protrusions", "Protrusions", intro, (*still, *over_time))


def _over_time(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    frames = inputs.column("cells", "frame").to_numpy(np.int64)
    tips = np.bincount(frames, inputs.column("cells", "n_protrusions"), inputs.movie.n_frames)
    cells = np.bincount(frames, minlength=inputs.movie.n_frames)
    mean = np.divide(tips, cells, out=np.full(len(tips), np.nan), where=cells > 0)
    lifetime = inputs.column("protrusion_events", "lifetime").to_numpy(np.float64)
    unit = inputs.unit("protrusion_events", "extension_speed")
    return (
        Figure(
            "Protrusions over time",
            series(
                scale.times(inputs.movie.n_frames),
                {"mean": mean},
                time_label=scale.label,
                label="tips per cell",
                from_zero=True,
                whole=(scale.is_whole, False),
            ),
            "Mean over the cells in each frame.",
        ),
        Figure(
            "Lifetime",
            histogram(
                scale.from_table(lifetime, inputs.calibration),
                label="lifetime",
                unit=scale.unit,
                counted="protrusions",
                grain=scale.per_frame,
            ),
            "From the first frame to the last. Protrusions cut by the start or end of the movie count with the time "
            "observed, so true lifetimes are longer.",
        ),
        Figure(
            "Growing and shrinking",
            compared_histograms(
                {
                    "growing": inputs.column("protrusion_events", "extension_speed"),
                    "shrinking": inputs.column("protrusion_events", "retraction_speed"),
                },
                label="change of length",
                unit=unit,
                counted="protrusions",
            ),
            "Speed at which protrusions grow and shrink, in phases of steady growth or shrinking.",
            "No protrusion grows or shrinks by more than the error of its length.",
        ),
    )


def _of_events(inputs: ReportInputs) -> tuple[Figure, ...]:
    sides = inputs.column("protrusion_events", "side").value_counts()
    known = {side: int(sides.get(side, 0)) for side in ("leading", "lateral", "trailing")}
    ends = inputs.column("protrusion_events", "ends_by").value_counts()
    return (
        Figure(
            "Sides",
            shares(known, description="Sides of protrusions"),
            "Relative to the direction of migration: leading within 60°, trailing beyond 120°, lateral in between. "
            "One third each by chance.",
            "No cell moves far enough to have a direction.",
        ),
        Figure(
            "Polarity",
            histogram(
                inputs.column("cells", "protrusion_polarity"),
                label="polarity",
                unit="",
                counted="cells × frames",
                limits=(0.0, 1.0),
            ),
            "1 if all protrusions of a cell point in one direction (also if there is only one), 0 if they cancel.",
        ),
        Figure(
            "How protrusions end",
            shares(
                {words: int(ends.get(name, 0)) for name, words in _ENDS.items()},
                description="How protrusions end",
            ),
            "'End not seen': the cell is missing or cut in the next frame.",
        ),
    )
