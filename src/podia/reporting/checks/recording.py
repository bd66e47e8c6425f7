"""Checks of the recording: calibration, drift, focus, illumination."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.data.plausibility import WIDTHS_UM, likely_pixel_sizes_um
from podia.reporting.checks.warning import QualityWarning
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import listing, number, share

_LARGE_DRIFT = 0.05
"""Share of the shorter side of the frame."""
_STAGE_JUMP_PX = 5.0
_STAGE_JUMP_FACTOR = 8.0
"""Relative to the median step of the drift."""
_FOCUS_JUMP = 0.2
"""Change of the standard deviation of grey values since the previous frame, relative to the median of the movie."""
_BRIGHTNESS_JUMP = 0.15


def calibration(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if pixel size or frame interval is unknown; suggest a pixel size from the width of the cells."""
    unknown = []
    if inputs.calibration.pixel_size_um is None:
        unknown.append(("pixel size", "lengths are in pixels", "--pixel-size-um"))
    if inputs.calibration.frame_interval_s is None:
        unknown.append(("frame interval", "times are in frames", "--frame-interval-s"))
    if not unknown:
        return None
    names, effects, options = zip(*unknown, strict=True)
    text = (
        f"The file does not contain {'it' if len(names) == 1 else 'them'}, so {' and '.join(effects)} and cannot be "
        f"compared with other movies."
    )
    without_pixel_size = inputs.calibration.pixel_size_um is None
    goes_by_scale = without_pixel_size and any(model.cell_diameter_px is None for model in inputs.models)
    if goes_by_scale:
        text += (
            " The network searches for cells of the size it was trained on: without the pixel size, "
            "cells may be missed, split or merged."
        )
    if without_pixel_size:
        text += _suggested_pixel_size(inputs)
    return QualityWarning(
        "problem" if goes_by_scale else "check" if without_pixel_size else "note",
        f"The {' and the '.join(names)} {'is' if len(names) == 1 else 'are'} unknown",
        text,
        f"Run again with {' and '.join(options)} from the settings of your microscope.",
    )


def _suggested_pixel_size(inputs: ReportInputs) -> str:
    """Return a sentence with the pixel size that the width of the cells speaks for; empty if no width is known."""
    area = inputs.column("cells", "area").dropna()
    if not len(area) or inputs.positions_only:
        return ""
    width = 2 * float(np.sqrt(area.median() / np.pi))
    low, middle, high = likely_pixel_sizes_um(width)
    return (
        f" The median cell is {number(width)} px wide. Cells in culture are mostly {WIDTHS_UM[0]:g} to "
        f"{WIDTHS_UM[1]:g} um wide, so a pixel is probably {low:.2g} to {high:.2g} um (try {middle:.2g}) if "
        f"the outlines are right."
    )


def one_frame(inputs: ReportInputs) -> QualityWarning | None:
    """Note that motion is not measured."""
    if inputs.movie.n_frames > 1:
        return None
    return QualityWarning(
        "note",
        "The movie has only one frame",
        "Shapes and protrusions are measured. Speed, tracks and lifetimes need at least two frames.",
        "If this should be a movie, check that the frames are stored as time points, not as z slices or channels.",
        {"n_frames": 1},
    )


def large_drift(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the field drifted by a considerable part of its size."""
    shifts = inputs.drift.shifts
    furthest = float(np.hypot(*shifts.T).max())
    side = min(inputs.movie.frame_shape)
    if furthest <= _LARGE_DRIFT * side:
        return None
    return QualityWarning(
        "check",
        "The field of view drifted far",
        f"It moved by up to {number(furthest)} px, {share(furthest / side)} of the shorter side of the frame. Motion "
        f"is measured after drift correction, but cells near the edges entered or left the field because of it.",
        "See the drift plot: a smooth curve is fine. Interpret counts and tracks that end at the border with care.",
        {"drift_px": furthest, "limit_px": _LARGE_DRIFT * side},
    )


def stage_jump(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the field moved much farther in one step than usual."""
    steps = np.hypot(*np.diff(inputs.drift.shifts, axis=0).T)
    if not len(steps):
        return None
    limit = max(_STAGE_JUMP_PX, _STAGE_JUMP_FACTOR * float(np.median(steps)))
    frames = [int(f) + 1 for f in np.flatnonzero(steps > limit)]
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The field of view jumped",
        f"Between one frame and the next it moved by up to {number(float(steps.max()))} px (before frame "
        f"{listing(frames)}), much more than usual, for example because the stage or the dish was touched.",
        "Look at these frames. If the images are not aligned there, split the movie at the jump.",
        {"largest_step_px": float(steps.max()), "limit_px": limit},
        tuple(frames),
    )


def focus(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the contrast changes suddenly."""
    largest, frames = _sudden_changes(
        inputs.column("frames", "intensity_std").to_numpy(np.float64), _FOCUS_JUMP
    )
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The focus or contrast changes suddenly",
        f"The contrast of the image changes by up to {share(largest)} from one frame to the next (before frame "
        f"{listing(frames)}), as it does when the focus is lost or regained.",
        "Look at these frames. Areas and protrusions in blurred frames are not reliable.",
        {"largest_change": largest, "limit": _FOCUS_JUMP},
        tuple(frames),
    )


def brightness(inputs: ReportInputs) -> QualityWarning | None:
    """Note if the mean grey value changes suddenly."""
    means = inputs.column("frames", "intensity_mean").to_numpy(np.float64)
    largest, frames = _sudden_changes(means, _BRIGHTNESS_JUMP)
    if not frames:
        return None
    return QualityWarning(
        "note",
        "The brightness jumps",
        f"The mean grey value changes by up to {share(largest)} from one frame to the next (before frame "
        f"{listing(frames)}): the lamp, the exposure or the room light changed.",
        "Do not compare intensities across these frames. Shapes are usually not affected.",
        {"largest_change": largest, "limit": _BRIGHTNESS_JUMP},
        tuple(frames),
    )


def _sudden_changes(values: NDArray[np.float64], limit: float) -> tuple[float, list[int]]:
    """Return the largest change between frames relative to the median, and the frames in which it exceeds `limit`."""
    defined = values[np.isfinite(values)]
    median = abs(float(np.median(defined))) if len(defined) else 0.0
    if median == 0 or len(values) < 2:
        return 0.0, []
    change = np.nan_to_num(np.abs(np.diff(values)) / median)
    return float(change.max()), [int(frame) + 1 for frame in np.flatnonzero(change > limit)]
