"""What a check reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
