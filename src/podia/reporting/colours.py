"""Track colours, the same in page and film."""

from __future__ import annotations

from typing import TypeAlias

RGB: TypeAlias = tuple[int, int, int]

TRACK_COLOURS: tuple[str, ...] = (
    "#56b4e9",
    "#f5a623",
    "#2fd6a3",
    "#f7e34f",
    "#ff7a52",
    "#e58fc6",
    "#8fa8ff",
    "#b9e04c",
)
"""Okabe and Ito's palette for colour-blind readers (2008), lightened where it would sink into a grey image."""


def track_colour(track_id: int) -> RGB:
    """Return the colour of a track, the same in every frame and every run.

    Neighbouring ids differ. There are more tracks than colours: the id tells them apart, the colour helps the eye.

    >>> track_colour(1) == track_colour(9)
    True
    """
    text = TRACK_COLOURS[track_id % len(TRACK_COLOURS)]
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
