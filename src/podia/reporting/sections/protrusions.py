"""How cells protrude."""

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
    "unseen": "not known",
}


def protrusions_section(inputs: ReportInputs) -> Section:
    """Return numbers, lengths, directions, lifetimes and growth of protrusions."""
    lengths = inputs.column("protrusions", "length_beyond_body")
    if not len(lengths):
        return Section("protrusions", "Protrusions", "No protrusion was found.")
    per_cell = inputs.column("cells", "n_protrusions").to_numpy(np.int64)
    unit = inputs.unit("protrusions", "length_beyond_body")
    n_events = len(inputs.tables["protrusion_events"])
    intro = (
        f"{count(len(lengths), 'tip')} in all; the longest reaches {number(lengths.max(), unit)} beyond its cell's "
        f"body, the largest circle that fits into the cell."
    )
    error = inputs.column("protrusions", "length_error").median()
    if np.isfinite(error):
        intro += f" A length is uncertain by {number(error, unit, digits=2)}, the flicker of its outline."
    if inputs.movie.n_frames > 1:
        intro += f" Followed through time they are {count(n_events, 'protrusion')}."
    still = (
        Figure(
            "Protrusions per cell",
            whole_number_histogram(per_cell, label="tips of a cell", counted="cells × frames"),
            "How many tips a cell has in a frame.",
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
            "From the edge of the body circle to the tip, along the inside of the cell.",
        ),
        Figure(
            "Direction",
            direction_histogram(inputs.column("protrusions", "angle"), counted="tips"),
            "Where tips point, seen from the body; a sector's area is its count. Dashed: no preferred direction.",
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
            "From a protrusion's first frame to its last. Those cut by the start or end of the movie count as seen.",
        ),
        Figure(
            "Growing and shrinking",
            compared_histograms(
                {
                    "growing": inputs.column("protrusion_events", "extension_speed"),
                    "shrinking": inputs.column("protrusion_events", "retraction_speed"),
                },
                label="speed of the length",
                unit=unit,
                counted="protrusions",
            ),
            "How fast a protrusion's length grows and shrinks, in phases in which it does so steadily.",
            "No protrusion grows or shrinks by more than its length is uncertain.",
        ),
    )


def _of_events(inputs: ReportInputs) -> tuple[Figure, ...]:
    sides = inputs.column("protrusion_events", "side").value_counts()
    known = {side: int(sides.get(side, 0)) for side in ("leading", "lateral", "trailing")}
    ends = inputs.column("protrusion_events", "ends_by").value_counts()
    return (
        Figure(
            "Sides",
            shares(known, description="Sides on which protrusions are"),
            "Against the direction in which the cell migrates: within 60° of it, beyond 120°, or between. By chance "
            "they are a third each.",
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
            "1 where all of a cell's protrusions point one way (one alone always does), 0 where they cancel.",
        ),
        Figure(
            "How protrusions end",
            shares(
                {words: int(ends.get(name, 0)) for name, words in _ENDS.items()},
                description="How protrusions end",
            ),
            "Where the cell is not seen whole in the frame after, nobody knows.",
        ),
    )
