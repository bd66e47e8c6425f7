"""Records of touching cells that tracking separated or joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

ContactKind = Literal["contact", "cut", "join"]
"""``contact``: cells that shared a region for some frames, known before and after; ``cut``: the same, known from one
side only; ``join``: pieces of one cell.
"""
CONTACT_KINDS: tuple[ContactKind, ...] = get_args(ContactKind)


@dataclass(frozen=True, order=True)
class ContactRecord:
    """One row per cell that was separated from another one, or whose pieces were joined.

    Parameters
    ----------
    frame
        The first frame.
    track_id
        The cell.
    other_track_id
        The largest cell in the same region; none for a join.
    n_frames
        Duration in frames.
    confidence
        Confidence of the number of cells in the region, 0.5 to 1.
    """

    frame: int
    track_id: int
    kind: ContactKind
    other_track_id: int | None
    n_frames: int
    confidence: float
