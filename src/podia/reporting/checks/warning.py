"""Quality warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["problem", "check", "note"]
"""``problem``: numbers are probably wrong. ``check``: look at the movie. ``note``: for interpretation."""


@dataclass(frozen=True)
class QualityWarning:
    """A finding about the quality of the results, in the words of a biologist.

    Parameters
    ----------
    severity
        Severity.
    title
        The finding in a few words.
    text
        The finding with its numbers.
    advice
        What to do about it.
    numbers
        Measured values and their limits.
    frames
        Frames in which to look.
    """

    severity: Severity
    title: str
    text: str
    advice: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    frames: tuple[int, ...] = ()
