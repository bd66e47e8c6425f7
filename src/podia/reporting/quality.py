"""Quality checks of a movie and its results."""

from __future__ import annotations

from collections.abc import Callable

from podia.reporting.checks import recording, scale, segmentation, tracking
from podia.reporting.checks.warning import QualityWarning, Severity
from podia.reporting.inputs import ReportInputs

Check = Callable[[ReportInputs], QualityWarning | None]

# The limits are rules of thumb, our own unless a source is named.
_CHECKS: tuple[tuple[str, Check], ...] = (
    ("pixel size and frame interval known", recording.calibration),
    ("cells that the network knows", segmentation.unknown_cells),
    ("scale plausible", scale.scale_of_microscope),
    ("cells of a plausible size and speed", scale.scale_of_cells),
    ("cells found", segmentation.no_cells),
    ("a picture in every frame", scale.blank_frames),
    ("every frame in focus", scale.unclear_frames),
    ("more than one frame", recording.one_frame),
    ("outlines steady in time", segmentation.area_flicker),
    ("number of cells steady", segmentation.count_jump),
    ("few tracks lost in the field", tracking.lost_tracks),
    ("few tracks of one frame", tracking.one_frame_tracks),
    ("no implausible steps", tracking.implausible_jumps),
    ("frame interval short enough", tracking.coarse_sampling),
    ("drift small", recording.large_drift),
    ("no sudden shift of the field", recording.stage_jump),
    ("focus and contrast steady", recording.focus),
    ("brightness steady", recording.brightness),
    ("few cells at the border", segmentation.border_cells),
    ("few cells leaving the field", tracking.leaving_tracks),
    ("nothing assumed in reading", scale.reading_notes),
)
"""Every check, with what it means if it passes."""

_NEED_OUTLINES = (
    scale.scale_of_cells,
    segmentation.area_flicker,
    segmentation.border_cells,
    tracking.implausible_jumps,
    tracking.coarse_sampling,
)
"""Checks that need the size of cells."""


def quality_warnings(inputs: ReportInputs) -> list[QualityWarning]:
    """Return the warnings, most serious first; empty if all checks passed."""
    found = [warning for _, check in _checks_of(inputs) if (warning := check(inputs)) is not None]
    order: tuple[Severity, ...] = ("problem", "check", "note")
    return sorted(found, key=lambda warning: order.index(warning.severity))


def checked_and_fine(inputs: ReportInputs) -> list[str]:
    """Return the names of the checks that passed."""
    return [name for name, check in _checks_of(inputs) if check(inputs) is None]


def _checks_of(inputs: ReportInputs) -> list[tuple[str, Check]]:
    left_out = [*(_NEED_OUTLINES if inputs.positions_only else ())]
    left_out += [segmentation.unknown_cells] if inputs.trust is None else []
    return [row for row in _CHECKS if row[1] not in left_out]
