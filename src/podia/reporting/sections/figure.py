"""Figures and sections of the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.reporting.inputs import ReportInputs


@dataclass(frozen=True)
class Figure:
    """A plot with title and caption, and the text in its place if there is no plot; `is_wide`: as wide as the page."""

    title: str
    plot: Markup | None
    caption: str
    instead: str = "Nothing to show: no value is defined."
    is_wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page; without figures, only `intro`."""

    anchor: str
    title: str
    intro: str
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class TimeScale:
    """The time unit that suits the length of a movie, and how many of them a frame lasts."""

    label: str
    unit: str
    per_frame: float

    @classmethod
    def of(cls, calibration: Calibration, n_frames: int) -> TimeScale:
        """Return hours, minutes or seconds; frames if the interval is unknown."""
        if calibration.frame_interval_s is None:
            return cls("frame", "frames", 1.0)
        duration = calibration.frame_interval_s * max(n_frames - 1, 1)
        for unit, seconds in (("h", 3600.0), ("min", 60.0)):
            if duration >= 3 * seconds:
                return cls(f"time ({unit})", unit, calibration.frame_interval_s / seconds)
        return cls("time (s)", "s", calibration.frame_interval_s)

    @property
    def is_whole(self) -> bool:
        """Whether times are whole numbers of frames."""
        return self.unit == "frames"

    def times(self, n_frames: int) -> NDArray[np.float64]:
        """Return the time of each frame."""
        return np.arange(n_frames, dtype=np.float64) * self.per_frame

    def from_table(self, values: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
        """Return times of a calibrated table in this unit."""
        return values / calibration.time_per_frame * self.per_frame


def time_scale(inputs: ReportInputs) -> TimeScale:
    """Return the time scale that suits a report's movie."""
    return TimeScale.of(inputs.calibration, inputs.movie.n_frames)


def quartiles_by_frame(
    frames: NDArray[np.int64], values: NDArray[np.float64], n_frames: int
) -> NDArray[np.float64]:
    """Return the quartiles of `values` in each frame, ``(3, n_frames)``; NaN in frames without a defined value."""
    quartiles = np.full((3, n_frames), np.nan)
    defined = np.isfinite(values)
    order = np.argsort(frames[defined], kind="stable")
    ordered_frames, ordered = frames[defined][order], values[defined][order]
    present, begins = np.unique(ordered_frames, return_index=True)
    if not len(present):
        return quartiles
    for frame, part in zip(present.tolist(), np.split(ordered, begins[1:]), strict=True):
        quartiles[:, frame] = np.percentile(part, [25, 50, 75])
    return quartiles
