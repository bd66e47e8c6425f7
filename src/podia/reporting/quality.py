"""What a careful reader should know before trusting the numbers of a movie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from podia.reporting.columns import SCHEMAS
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import count, listing, number, share

Severity = Literal["problem", "check", "note"]
"""``problem``: numbers are probably wrong. ``check``: look at the movie. ``note``: good to know when reading."""


@dataclass(frozen=True)
class QualityWarning:
    """One thing that a reader should know, in words a biologist understands.

    Parameters
    ----------
    severity
        How serious it is.
    title
        The finding in a few words.
    text
        The finding with its numbers.
    advice
        What to do about it.
    numbers
        The measured values and the limits they were held against.
    frames
        Frames in which to look.
    """

    severity: Severity
    title: str
    text: str
    advice: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    frames: tuple[int, ...] = ()


# Limits. They ask for a look; they do not judge. Where no source is named, they were set so that
# the movies podia is developed on (see docs) stay silent unless a look at them finds something.
_LARGE_DRIFT = 0.05
"""Share of the shorter side of the frame."""
_STAGE_JUMP_PX = 5.0
_FLICKER = 0.1
"""A steady segmentation stays below; see the column ``area_flicker``."""
_STRONG_FLICKER = 0.25
_LOST_TRACKS = 0.2
_LEAVING_TRACKS = 0.3
_ONE_FRAME_TRACKS = 0.1
_BORDER_CELLS = 0.25
_FOCUS_JUMP = 0.2
"""Change of a frame's grey-value spread against the frame before."""
_BRIGHTNESS_JUMP = 0.15
_COUNT_JUMP = 0.3
_COUNT_JUMP_CELLS = 4
_JUMP_DIAMETERS = 1.5
"""Diameters of the cell itself that it moves in one frame."""
_COARSE_STEP = 0.5
"""Median step in diameters beyond which neighbours can be taken for each other."""


def quality_warnings(inputs: ReportInputs) -> list[QualityWarning]:
    """Return what to know about the movie and its results, the most serious first; empty if nothing stands out."""
    found = [warning for _, check in _CHECKS if (warning := check(inputs)) is not None]
    order: tuple[Severity, ...] = ("problem", "check", "note")
    return sorted(found, key=lambda warning: order.index(warning.severity))


def checked_and_fine(inputs: ReportInputs) -> list[str]:
    """Return the names of the checks that found nothing."""
    return [name for name, check in _CHECKS if check(inputs) is None]


def _no_cells(inputs: ReportInputs) -> QualityWarning | None:
    if len(inputs.column("cells", "frame")):
        return None
    return QualityWarning(
        "problem",
        "No cells were found",
        "Not one cell was found in any frame, so there is nothing to measure.",
        "Look at the movie below. If you see cells, try the other segmentation method, a lower threshold or a "
        "smaller minimum area, or give your own masks with --labels.",
        {"n_cells": 0},
    )


def _calibration(inputs: ReportInputs) -> QualityWarning | None:
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


def _one_frame(inputs: ReportInputs) -> QualityWarning | None:
    if inputs.movie.n_frames > 1:
        return None
    return QualityWarning(
        "note",
        "There is one frame only",
        "Shapes and protrusions are measured; speed, tracks and lifetimes need at least two frames.",
        "If this should be a movie, check that the file's frames are stored as time, not as depth or channels.",
        {"n_frames": 1},
    )


def _large_drift(inputs: ReportInputs) -> QualityWarning | None:
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


def _stage_jump(inputs: ReportInputs) -> QualityWarning | None:
    steps = np.hypot(*np.diff(inputs.drift.shifts, axis=0).T)
    if not len(steps):
        return None
    limit = max(_STAGE_JUMP_PX, 8 * float(np.median(steps)))
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


def _area_flicker(inputs: ReportInputs) -> QualityWarning | None:
    flicker = inputs.column("frames", "area_flicker").to_numpy(np.float64)
    if not np.isfinite(flicker).any():
        return None
    median = float(np.nanmedian(flicker))
    if median <= _FLICKER:
        return None
    worst = [int(f) for f in np.argsort(-np.nan_to_num(flicker), kind="stable")[:3]]
    return QualityWarning(
        "problem" if median > _STRONG_FLICKER else "check",
        "Outlines flicker",
        f"A cell's area typically jumps by {share(median)} from frame to frame and back, where a steady "
        f"segmentation stays below {share(_FLICKER)}. Protrusions may come and go without being real.",
        "Play the movie below and watch the outlines. Another segmentation method, or masks from a trained network "
        "given with --labels, will help.",
        {"median_flicker": median, "limit": _FLICKER},
        tuple(sorted(worst)),
    )


def _track_ends(inputs: ReportInputs) -> pd.Series[str] | None:
    """Return how tracks end, those that reach the movie's end left out; None where none is left."""
    ends = inputs.column("tracks", "ends_by")
    ends = ends[ends != "movie_end"]
    return ends if len(ends) else None


def _lost_tracks(inputs: ReportInputs) -> QualityWarning | None:
    n_tracks = len(inputs.column("tracks", "track_id"))
    ends = _track_ends(inputs)
    if ends is None or inputs.movie.n_frames < 2:
        return None
    lost = int((ends == "lost").sum())
    if lost / n_tracks <= _LOST_TRACKS:
        return None
    return QualityWarning(
        "check",
        "Many cells are lost",
        f"{count(lost, 'track')} of {n_tracks:,} ({share(lost / n_tracks)}) end in the middle of the field without a "
        f"division: the cell was not found there, or not recognised again. Durations and displacements come out too "
        f"short, and one cell counts as several tracks.",
        "Watch a few of them in the movie. Let tracking bridge longer gaps, or improve the segmentation.",
        {"lost": lost, "tracks": n_tracks, "limit": _LOST_TRACKS},
    )


def _leaving_tracks(inputs: ReportInputs) -> QualityWarning | None:
    n_tracks = len(inputs.column("tracks", "track_id"))
    ends = _track_ends(inputs)
    if ends is None or inputs.movie.n_frames < 2:
        return None
    leaving = int((ends == "border").sum())
    if leaving / n_tracks <= _LEAVING_TRACKS:
        return None
    return QualityWarning(
        "note",
        "Many cells leave the field",
        f"{count(leaving, 'track')} of {n_tracks:,} ({share(leaving / n_tracks)}) end at the border. Fast cells leave "
        f"soonest, so long tracks are those of slow cells.",
        "Compare speeds rather than displacements, or record a larger field.",
        {"leaving": leaving, "tracks": n_tracks, "limit": _LEAVING_TRACKS},
    )


def _one_frame_tracks(inputs: ReportInputs) -> QualityWarning | None:
    n_frames = inputs.column("tracks", "n_frames")
    if inputs.movie.n_frames < 3 or not len(n_frames):
        return None
    single = int((n_frames == 1).sum())
    if single / len(n_frames) <= _ONE_FRAME_TRACKS:
        return None
    return QualityWarning(
        "check",
        "Many tracks last one frame only",
        f"{single:,} of {count(len(n_frames), 'track')} ({share(single / len(n_frames))}) are seen in a single frame. "
        f"These are mostly debris, or pieces of cells that were cut apart for a moment.",
        "Raise the minimum area, or leave tracks of one frame out when you work with tracks.csv (n_frames = 1).",
        {"single": single, "tracks": len(n_frames), "limit": _ONE_FRAME_TRACKS},
    )


def _border_cells(inputs: ReportInputs) -> QualityWarning | None:
    touching = inputs.column("cells", "touches_border")
    if not len(touching) or touching.mean() <= _BORDER_CELLS:
        return None
    part = float(touching.mean())
    return QualityWarning(
        "note",
        "Many cells touch the border",
        f"{share(part)} of all cells and frames touch the edge of the frame, where the cell is cut. They count, but "
        f"the shape plots below leave them out.",
        "Filter by touches_border when you work with cells.csv.",
        {"share": part, "limit": _BORDER_CELLS},
    )


def _focus(inputs: ReportInputs) -> QualityWarning | None:
    spread = inputs.column("frames", "intensity_std").to_numpy(np.float64)
    change = np.abs(np.diff(spread)) / max(float(np.nanmedian(spread)), 1e-9)
    frames = [int(f) + 1 for f in np.flatnonzero(change > _FOCUS_JUMP)]
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The focus or contrast changes suddenly",
        f"The contrast of the image changes by up to {share(float(np.nanmax(change)))} from one frame to the next "
        f"(before frame {listing(frames)}), as it does when the focus is lost or found again.",
        "Look at these frames. Areas and protrusions in blurred frames are not reliable.",
        {"largest_change": float(np.nanmax(change)), "limit": _FOCUS_JUMP},
        tuple(frames),
    )


def _brightness(inputs: ReportInputs) -> QualityWarning | None:
    mean = inputs.column("frames", "intensity_mean").to_numpy(np.float64)
    change = np.abs(np.diff(mean)) / max(abs(float(np.nanmedian(mean))), 1e-9)
    frames = [int(f) + 1 for f in np.flatnonzero(change > _BRIGHTNESS_JUMP)]
    if not frames:
        return None
    return QualityWarning(
        "note",
        "The brightness jumps",
        f"The mean grey value changes by up to {share(float(np.nanmax(change)))} from one frame to the next (before "
        f"frame {listing(frames)}): the lamp, the exposure or the room light changed.",
        "Do not compare intensities across these frames. Shapes are usually not affected.",
        {"largest_change": float(np.nanmax(change)), "limit": _BRIGHTNESS_JUMP},
        tuple(frames),
    )


def _count_jump(inputs: ReportInputs) -> QualityWarning | None:
    n_cells = inputs.column("frames", "n_cells").to_numpy(np.float64)
    change = np.abs(np.diff(n_cells))
    larger = np.maximum(n_cells[1:], n_cells[:-1])
    frames = [int(f) + 1 for f in np.flatnonzero((change > _COUNT_JUMP * larger) & (change >= _COUNT_JUMP_CELLS))]
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The number of cells jumps",
        f"It changes by up to {int(change.max())} cells from one frame to the next (before frame {listing(frames)}). "
        f"Cells do not appear or vanish that fast: the segmentation fails in some frames.",
        "Look at these frames. Bubbles, focus loss or a moved dish are the usual reasons.",
        {"largest_change": float(change.max()), "limit_share": _COUNT_JUMP},
        tuple(frames),
    )


def _steps_in_diameters(inputs: ReportInputs) -> pd.DataFrame:
    """Return ``track_id``, ``frame`` and ``diameters`` (moved in one frame), a row a cell that has a speed."""
    calibration = inputs.calibration
    cells = SCHEMAS["cells"].to_base(inputs.tables["cells"], calibration)
    diameter = 2 * np.sqrt(cells["area"] / np.pi)
    steps = cells.loc[:, ["track_id", "frame"]].assign(diameters=cells["speed"] / diameter)
    return steps[steps["diameters"].notna()]


def _implausible_jumps(inputs: ReportInputs) -> QualityWarning | None:
    steps = _steps_in_diameters(inputs)
    jumps = steps[steps["diameters"] > _JUMP_DIAMETERS].sort_values("diameters", ascending=False, kind="stable")
    if not len(jumps):
        return None
    examples = [f"track {int(r.track_id)} in frame {int(r.frame)}" for r in jumps.head(3).itertuples()]
    return QualityWarning(
        "check" if len(jumps) > 0.005 * len(steps) else "note",
        "Some cells jump",
        f"{count(len(jumps), 'step')} of {len(steps):,} are longer than {_JUMP_DIAMETERS:g} times the cell's own diameter "
        f"(such as {', '.join(examples)}). Most often two cells were mistaken for each other, or a cell was cut in two.",
        "Look at these tracks. A smaller maximum linking distance forbids such steps.",
        {"jumps": len(jumps), "steps": len(steps), "largest_diameters": float(jumps["diameters"].iloc[0])},
        tuple(sorted({int(f) for f in jumps["frame"].head(3)})),
    )


def _coarse_sampling(inputs: ReportInputs) -> QualityWarning | None:
    steps = _steps_in_diameters(inputs)
    if not len(steps) or steps["diameters"].median() <= _COARSE_STEP:
        return None
    median = float(steps["diameters"].median())
    return QualityWarning(
        "check",
        "Cells move far between frames",
        f"A typical step is {number(median, digits=2)} cell diameters. Beyond about {_COARSE_STEP:g}, neighbours are "
        f"easily taken for each other.",
        "Check identities in the movie below, and take frames more often next time.",
        {"median_diameters": median, "limit": _COARSE_STEP},
    )


_CHECKS: tuple[tuple[str, Callable[[ReportInputs], QualityWarning | None]], ...] = (
    ("cells found", _no_cells),
    ("more than one frame", _one_frame),
    ("outlines steady in time", _area_flicker),
    ("number of cells steady", _count_jump),
    ("tracks not lost in the field", _lost_tracks),
    ("few tracks of one frame", _one_frame_tracks),
    ("no implausible jumps", _implausible_jumps),
    ("frames close enough in time", _coarse_sampling),
    ("drift small", _large_drift),
    ("no sudden shift of the field", _stage_jump),
    ("focus and contrast steady", _focus),
    ("brightness steady", _brightness),
    ("few cells at the border", _border_cells),
    ("few cells leaving the field", _leaving_tracks),
    ("calibrated", _calibration),
)
"""Every check with what it means if nothing is found."""
