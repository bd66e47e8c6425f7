"""Options for reading annotated movies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.training.data.annotated import Coverage

Annotation = Literal["auto", "gold", "silver", "both"]
"""Labels of a Cell Tracking Challenge sequence."""


class ReadingOptions(FrozenConfig):
    """Calibration of annotated movies, and the kind of their annotation."""

    pixel_size_um: float | None = Field(None, gt=0, description="Pixel size, um. Default: as in the file.")
    frame_interval_s: float | None = Field(
        None, gt=0, description="Time between frames, s. Default: as in the file."
    )
    annotation: Annotation = Field("auto", description="Labels of a Cell Tracking Challenge folder.")
    coverage: Coverage = Field(
        "dense",
        description="Annotation of all cells (dense: 0 is background) or some (partial: 0 is unlabelled).",
    )
    all_frames: bool = Field(
        False, description="Analysis folders: use all frames, not only those whose masks were corrected."
    )
    background_value: int | None = Field(
        None, ge=1, description="Partial annotation: label of pixels known to be background."
    )
