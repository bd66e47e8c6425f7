"""Settings for the comparison of conditions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig

Correction = Literal["benjamini-hochberg", "holm", "none"]


class CompareConfig(FrozenConfig):
    """Measures, pairing and correction of a comparison."""

    control: str | None = Field(
        None,
        description="Control condition, with which all others are compared. Default: the first condition of the table.",
    )
    measures: tuple[str, ...] = Field((), description="Names of the measures to compare. Default: all.")
    paired: bool = Field(
        False,
        description="Whether replicates with the same name in several conditions are pairs (same day, same cells).",
    )
    correction: Correction = Field(
        "benjamini-hochberg",
        description=(
            "Correction for multiple testing: benjamini-hochberg controls the false discovery rate, holm the "
            "family-wise error rate."
        ),
    )
    min_frames: int = Field(
        5, ge=1, description="Minimum track length of a cell, in frames in which it is detected."
    )
