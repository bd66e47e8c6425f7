"""Checks of the tracking."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.reporting.checks.warning import QualityWarning
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import count, number, share

_LOST_TRACKS = 0.2
_LEAVING_TRACKS = 0.3
_ONE_FRAME_TRACKS = 0.1
_JUMP_DIAMETERS = 1.5
"""Displacement in one frame, in diameters of the cell."""
_MANY_JUMPS = 0.005
_COARSE_STEP = 0.5
"""Median step in diameters beyond which neighbouring cells can be confused."""


def lost_tracks(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if many tracks end in the middle of the field."""
    lost, n_tracks = _share_ending(inputs, "lost")
    if lost <= _LOST_TRACKS * n_tracks:
        return None
    return QualityWarning(
        "check",
        "Many cells are lost",
        f"{count(lost, 'track')} of {n_tracks:,} ({share(lost / n_tracks)}) end within the field without a "
        f"division: the cell was not detected, or not linked. Durations and displacements are then too short, and one "
        f"cell counts as several tracks.",
        "Watch some of them in the movie. Improve the segmentation, or allow longer gaps "
        "(tracking.gap_max_frames).",
        {"lost": lost, "tracks": n_tracks, "limit": _LOST_TRACKS},
    )


def leaving_tracks(inputs: ReportInputs) -> QualityWarning | None:
    """Note if many tracks end at the border."""
    leaving, n_tracks = _share_ending(inputs, "border")
    if leaving <= _LEAVING_TRACKS * n_tracks:
        return None
    return QualityWarning(
        "note",
        "Many cells leave the field",
        f"{count(leaving, 'track')} of {n_tracks:,} ({share(leaving / n_tracks)}) end at the border. Fast cells leave "
        f"first, so long tracks are mostly of slow cells.",
        "Compare speeds rather than displacements, or image a larger field.",
        {"leaving": leaving, "tracks": n_tracks, "limit": _LEAVING_TRACKS},
    )


def one_frame_tracks(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if many tracks last one frame only."""
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
        f"These are mostly debris, or cells that were split in one frame.",
        "Raise the minimum area, or omit rows with n_frames = 1 when you use tracks.csv.",
        {"single": single, "tracks": len(n_frames), "limit": _ONE_FRAME_TRACKS},
    )


def implausible_jumps(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if cells move farther than their own size in one frame."""
    steps = _steps_in_diameters(inputs)
    jumps = steps[steps["diameters"] > _JUMP_DIAMETERS].sort_values(
        "diameters", ascending=False, kind="stable"
    )
    if not len(jumps):
        return None
    examples = [f"track {int(r.track_id)} in frame {int(r.frame)}" for r in jumps.head(3).itertuples()]
    return QualityWarning(
        "check" if len(jumps) > _MANY_JUMPS * len(steps) else "note",
        "Some cells jump",
        f"{len(jumps):,} of {count(len(steps), 'step')} exceed {_JUMP_DIAMETERS:g} times the cell's own diameter "
        f"(for example {', '.join(examples)}). Usually two cells were confused, or a cell was split.",
        "Look at these tracks. A smaller maximum linking distance excludes such steps.",
        {"jumps": len(jumps), "steps": len(steps), "largest_diameters": float(jumps["diameters"].iloc[0])},
        tuple(sorted({int(f) for f in jumps["frame"].head(3)})),
    )


def coarse_sampling(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if typical steps are so long that neighbouring cells can be confused."""
    steps = _steps_in_diameters(inputs)
    if not len(steps) or steps["diameters"].median() <= _COARSE_STEP:
        return None
    median = float(steps["diameters"].median())
    return QualityWarning(
        "check",
        "Cells move far between frames",
        f"A typical step is {number(median, digits=2)} cell diameters. Beyond about {_COARSE_STEP:g}, neighbouring "
        f"cells "
        f"are easily confused.",
        "Check identities in the movie below, and use a shorter frame interval in the next experiment.",
        {"median_diameters": median, "limit": _COARSE_STEP},
    )


def _share_ending(inputs: ReportInputs, how: str) -> tuple[int, int]:
    """Return how many tracks end in one way, and how many there are."""
    ends = inputs.column("tracks", "ends_by")
    return int((ends == how).sum()), len(ends)


def _steps_in_diameters(inputs: ReportInputs) -> pd.DataFrame:
    """Return ``track_id``, ``frame`` and ``diameters`` (moved in one frame), one row per cell with a speed."""
    diameter = 2 * np.sqrt(inputs.column("cells", "area") / np.pi)
    step = inputs.column("cells", "speed") * inputs.calibration.time_per_frame
    steps = pd.DataFrame(
        {
            "track_id": inputs.column("cells", "track_id"),
            "frame": inputs.column("cells", "frame"),
            "diameters": step / diameter,
        }
    )
    return steps[steps["diameters"].notna()]
