"""Section of the report on drift, flicker and illumination."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale


def stability_section(inputs: ReportInputs) -> Section:
    """Return drift, area flicker and contrast over time."""
    if inputs.movie.n_frames == 1:
        return Section("stability", "Stability", "The movie has one frame, so stability is not measured.")
    scale = time_scale(inputs)
    time = scale.times(inputs.movie.n_frames)
    shifts = inputs.drift.shifts
    drift = (
        series(
            time,
            {"down": shifts[:, 0], "right": shifts[:, 1]},
            time_label=scale.label,
            label="drift since frame 0 (px)",
            whole=(scale.is_whole, False),
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
        whole=(scale.is_whole, False),
        limit=(10.0, "limit: 10 %"),
    )
    mean = inputs.column("frames", "intensity_mean").to_numpy(np.float64)
    spread = inputs.column("frames", "intensity_std").to_numpy(np.float64)
    light = series(
        time,
        {"brightness": _against_median(mean), "contrast": _against_median(spread)},
        time_label=scale.label,
        label="relative to the median (%)",
        whole=(scale.is_whole, False),
    )
    return Section(
        "stability",
        "Stability",
        "Stability of the recording and of the segmentation." + _contacts(inputs),
        (
            Figure(
                "Drift",
                drift,
                "Shift of the field of view.",
                "The field did not move, or drift correction was off.",
            ),
            Figure(
                "Flicker of area",
                flicker,
                "Median frame-to-frame fluctuation of cell area.",
                "Only positions are known, so area is not measured."
                if inputs.positions_only
                else "No cell was tracked over three frames or more.",
            ),
            Figure("Brightness and contrast", light, "A sudden step is a change of lamp, exposure or focus."),
        ),
    )


def _against_median(
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return `values` in per cent of their median; NaN if that is zero or undefined."""
    median = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    return 100 * values / median if median else np.full_like(values, np.nan)


def _contacts(inputs: ReportInputs) -> str:
    """Return a sentence with the number of contacts, cuts and joins; empty without any."""
    kinds = inputs.column("events", "event").value_counts()
    words = {"contact": "kept apart in contact", "cut": "cut out of a region", "join": "joined from pieces"}
    counted = [f"{kinds[kind]} {word}" for kind, word in words.items() if kind in kinds.index]
    return f" Cells that tracking corrected: {', '.join(counted)} (see events.csv)." if counted else ""
