"""How steady the recording and the segmentation are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale


def stability_section(inputs: ReportInputs) -> Section:
    """Return drift, area flicker and contrast over time."""
    if inputs.movie.n_frames == 1:
        return Section(
            "stability", "Stability", "The movie has one frame: there is nothing to compare it with."
        )
    scale = time_scale(inputs)
    time = scale.times(inputs.movie.n_frames)
    shifts = inputs.drift.shifts
    drift = (
        series(
            time,
            {"down": shifts[:, 0], "right": shifts[:, 1]},
            time_label=scale.label,
            label="drift since frame 0 (px)",
        )
        if np.any(shifts != 0)
        else None
    )
    flicker = series(
        time,
        {"flicker": 100 * inputs.column("frames", "area_flicker").to_numpy(np.float64)},
        time_label=scale.label,
        label="area flicker (%)",
        from_zero=True,
        limit=(10.0, "steady below 10 %"),
    )
    mean = inputs.column("frames", "intensity_mean").to_numpy(np.float64)
    spread = inputs.column("frames", "intensity_std").to_numpy(np.float64)
    light = series(
        time,
        {"brightness": _against_median(mean), "contrast": _against_median(spread)},
        time_label=scale.label,
        label="against the movie's median (%)",
    )
    return Section(
        "stability",
        "Stability",
        "Whether the microscope and the segmentation held still.",
        (
            Figure(
                "Drift",
                drift,
                "How far the field of view moved.",
                "The field did not move, or drift was not corrected.",
            ),
            Figure(
                "Flicker of area",
                flicker,
                "How much a typical cell's area jumps from frame to frame and back.",
                "Only positions are known: cells have no area."
                if inputs.positions_only
                else "No cell was followed over three frames or more.",
            ),
            Figure("Brightness and contrast", light, "A sudden step is a change of lamp, exposure or focus."),
        ),
    )


def _against_median(
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return `values` as per cent of their median; NaN where that is zero or undefined."""
    median = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    return 100 * values / median if median else np.full_like(values, np.nan)
