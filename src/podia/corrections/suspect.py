"""Suspect: a probable error in an analysis, with a suggested correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from podia.corrections.operations import Correction
from podia.corrections.tracked_cells import TrackedCell

SuspectKind = Literal[
    "split_cell",
    "merged_cells",
    "missed_division",
    "doubtful_division",
    "swap",
    "contact",
    "gap",
    "begins_inside",
    "ends_inside",
    "jump",
    "unlike_others",
]
"""Kinds of suspects."""
SUSPECT_KINDS: tuple[SuspectKind, ...] = get_args(SuspectKind)


@dataclass(frozen=True)
class Suspect:
    """A probable error.

    Parameters
    ----------
    frame, track, other
        Frame, track, and the other track involved.
    y, x
        Position of the cell in that frame, px.
    confidence
        0 to 1; the list is ordered by it.
    reason
        Description, one sentence.
    correction
        Suggested correction; None if only a user can decide.
    """

    kind: SuspectKind
    frame: int
    track: int
    other: int | None
    y: float
    x: float
    confidence: float
    reason: str
    correction: Correction | None = None


def n_frames_in_words(n: int) -> str:
    """Return ``1 frame`` or ``3 frames``."""
    return "1 frame" if n == 1 else f"{n} frames"


def suspect_at(
    kind: SuspectKind,
    cell: TrackedCell,
    other: int | None,
    confidence: float,
    reason: str,
    correction: Correction | None = None,
) -> Suspect:
    """Return a suspect at a cell."""
    where = (cell.frame, cell.track, other, cell.y, cell.x)
    return Suspect(kind, *where, round(float(confidence), 3), reason, correction)
