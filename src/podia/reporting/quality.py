"""What a careful reader should know before trusting the numbers of a movie."""

from __future__ import annotations

from collections.abc import Callable

from podia.reporting.checks import cells, recording, tracks
from podia.reporting.checks.warning import QualityWarning, Severity
from podia.reporting.inputs import ReportInputs

Check = Callable[[ReportInputs], QualityWarning | None]

# The limits in the checks are rules of thumb, ours where no source is named. They ask for a look; they do not judge.
_CHECKS: tuple[tuple[str, Check], ...] = (
    ("cells found", cells.no_cells),
    ("more than one frame", recording.one_frame),
    ("outlines steady in time", cells.area_flicker),
    ("number of cells steady", cells.count_jump),
    ("tracks not lost in the field", tracks.lost_tracks),
    ("few tracks of one frame", tracks.one_frame_tracks),
    ("no implausible jumps", tracks.implausible_jumps),
    ("frames close enough in time", tracks.coarse_sampling),
    ("drift small", recording.large_drift),
    ("no sudden shift of the field", recording.stage_jump),
    ("focus and contrast steady", recording.focus),
    ("brightness steady", recording.brightness),
    ("few cells at the border", cells.border_cells),
    ("few cells leaving the field", tracks.leaving_tracks),
    ("calibrated", recording.calibration),
)
"""Every check with what it means if nothing is found."""

_NEED_OUTLINES = (cells.area_flicker, cells.border_cells, tracks.implausible_jumps, tracks.coarse_sampling)
"""Checks that go by the size of cells."""


def quality_warnings(inputs: ReportInputs) -> list[QualityWarning]:
    """Return what to know about the movie and its results, the most serious first; empty if nothing stands out."""
    found = [warning for _, check in _checks_of(inputs) if (warning := check(inputs)) is not None]
    order: tuple[Severity, ...] = ("problem", "check", "note")
    return sorted(found, key=lambda warning: order.index(warning.severity))


def checked_and_fine(inputs: ReportInputs) -> list[str]:
    """Return the names of the checks that found nothing."""
    return [name for name, check in _checks_of(inputs) if check(inputs) is None]


def _checks_of(inputs: ReportInputs) -> list[tuple[str, Check]]:
    return [row for row in _CHECKS if not (inputs.positions_only and row[1] in _NEED_OUTLINES)]
