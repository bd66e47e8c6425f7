"""What can be set about comparing conditions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig

Correction = Literal["benjamini-hochberg", "holm", "none"]


class CompareConfig(FrozenConfig):
    """How conditions are compared."""

    control: str | None = Field(
        None,
        description="Condition that each other one is compared with; the first of the table if left out.",
    )
    measures: tuple[str, ...] = Field(
        (), description="Measures to compare, by name; all that podia knows if left out."
    )
    paired: bool = Field(
        False,
        description="Whether replicates of one name in several conditions were done together (same day, same cells).",
    )
    correction: Correction = Field(
        "benjamini-hochberg",
        description=(
            "Correction of p-values for the number of comparisons: benjamini-hochberg bounds the share of false "
            "findings, holm the chance of any."
        ),
    )
    min_frames: int = Field(
        5, ge=1, description="Shortest track that counts as a cell, in frames in which it is seen."
    )
