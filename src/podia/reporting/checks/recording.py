"""Whether the recording was calm: calibration, drift, focus, light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.reporting.checks.warning import QualityWarning
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import listing, number, share

_LARGE_DRIFT = 0.05
"""Share of the shorter side of the frame."""
_STAGE_JUMP_PX = 5.0
_STAGE_JUMP_FACTOR = 8.0
"""Against the median step of the drift."""
_FOCUS_JUMP = 0.2
"""Change of a frame's grey-value spread from the frame before, against the movie's median."""
_BRIGHTNESS_JUMP = 0.15


def calibration(inputs: ReportInputs) -> QualityWarning | None:
    """Tell what of the scale is not known."""
    unknown = []
    if inputs.calibration.pixel_size_um is None:
        unknown.append(("pixel size", "lengths are in pixels", "--pixel-size-um"))
    if inputs.calibration.frame_interval_s is None:
        unknown.append(("frame interval", "times are in frames", "--frame-interval-s"))
    if not unknown:
        return None
    names, effects, options = zip(*unknown, strict=True)
    return QualityWarning(
        "note",
        f"The {' and the '.join(names)} {'is' if len(names) == 1 else 'are'} not known",
        f"The file does not say, so {' and '.join(effects)}. They cannot be compared with other movies.",
        f"Run again with {' and '.join(options)} from your microscope's settings.",
    )


def one_frame(inputs: ReportInputs) -> QualityWarning | None:
    """Tell that nothing can be said of motion."""
    if inputs.movie.n_frames > 1:
        return None
    return QualityWarning(
        "note",
        "There is one frame only",
        "Shapes and protrusions are measured; speed, tracks and lifetimes need at least two frames.",
        "If this should be a movie, check that the file's frames are stored as time, not as depth or channels.",
        {"n_frames": 1},
    )


def large_drift(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the field moved by a fair part of its size."""
    shifts = inputs.drift.shifts
    furthest = float(np.hypot(*shifts.T).max())
    side = min(inputs.movie.frame_shape)
    if furthest <= _LARGE_DRIFT * side:
        return None
    return QualityWarning(
        "check",
        "The field of view drifted far",
        f"It moved by up to {number(furthest)} px, {share(furthest / side)} of the shorter side of the frame. Motion "
        f"is measured with the drift taken out, but cells near the edges came into view or left because of it.",
        "See the drift plot: a smooth curve is fine. Take care with counts and with tracks that end at the border.",
        {"drift_px": furthest, "limit_px": _LARGE_DRIFT * side},
    )


def stage_jump(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the field moved much further in one step than it usually does."""
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
        f"{listing(frames)}), much more than usual: the stage was bumped or the dish touched.",
        "Look at these frames. If the images do not line up there, split the movie at the jump.",
        {"largest_step_px": float(steps.max()), "limit_px": limit},
        tuple(frames),
    )


def focus(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the spread of grey values changes from one frame to the next."""
    largest, frames = _sudden_changes(
        inputs.column("frames", "intensity_std").to_numpy(np.float64), _FOCUS_JUMP
    )
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The focus or contrast changes suddenly",
        f"The contrast of the image changes by up to {share(largest)} from one frame to the next (before frame "
        f"{listing(frames)}), as it does when the focus is lost or found again.",
        "Look at these frames. Areas and protrusions in blurred frames are not reliable.",
        {"largest_change": largest, "limit": _FOCUS_JUMP},
        tuple(frames),
    )


def brightness(inputs: ReportInputs) -> QualityWarning | None:
    """Tell if the mean grey value changes from one frame to the next."""
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
    """Return the largest change from frame to frame against the median, and the frames that `limit` is passed in."""
    defined = values[np.isfinite(values)]
    median = abs(float(np.median(defined))) if len(defined) else 0.0
    if median == 0 or len(values) < 2:
        return 0.0, []
    change = np.nan_to_num(np.abs(np.diff(values)) / median)
    return float(change.max()), [int(frame) + 1 for frame in np.flatnonzero(change > limit)]
