"""Which part of a file or folder is the movie: a channel, a position, some frames."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.data.movie import FrameSource, Image, is_blank


@dataclass(frozen=True)
class MoviePart:
    """What to read of a file or folder that holds more than one movie; None takes the only one, or all.

    Parameters
    ----------
    channel
        Index from 0, or name.
    position
        Name of a position, scene, series, well or field; of unnamed ones the index from 0.
    pattern
        What the names of a folder's files mean; see :func:`podia.io.file_names.parse_names`.
    fills_gaps
        Whether numbers that a folder's names leave out are blank frames.
    """

    channel: int | str | None = None
    position: int | str | None = None
    pattern: str | None = None
    fills_gaps: bool = True


WHOLE = MoviePart()
"""Everything, where there is one movie only."""


def pick_position(position: int | str | None, names: Sequence[str], path: Path) -> int:
    """Return the index of `position` (a name, or an index from 0) among `names`.

    Raises
    ------
    MovieReadError
        If there are several and none is given, or none is called so.
    """
    if position is None:
        if len(names) == 1:
            return 0
        raise MovieReadError(
            f"'{path}' contains {len(names)} positions: {listed(names)}. Pick one with --position, such as "
            f"--position {names[0]}, or analyse all, a movie each, with --each-position."
        )
    text = str(position)
    if text in names:
        return list(names).index(text)
    numbers = [_number(name) for name in names]
    if text.isdecimal():
        if numbers.count(int(text)) == 1:
            return numbers.index(int(text))
        if None in numbers and int(text) < len(names):
            return int(text)
    raise MovieReadError(
        f"'{path}' has no position '{position}'.{nearest_name_hint(text, names)} It contains {listed(names)}."
    )


def _number(name: str) -> int | None:
    return int(name) if name.isdecimal() else None


def listed(names: Sequence[str], most: int = 12) -> str:
    """Return names for a sentence, the first few of many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} ... {names[-1]}"


def frame_range(text: str, n_frames: int) -> range:
    """Return the frames that ``"first:end"`` or ``"first:end:step"`` picks of `n_frames`.

    Raises
    ------
    InvalidInputError
        If it is not such a range, or picks no frame.

    Examples
    --------
    >>> frame_range("0:50", 12)
    range(0, 12)
    >>> list(frame_range("::4", 10))
    [0, 4, 8]
    """
    match = re.fullmatch(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(\d*)\s*)?", text)
    if match is None or match[3] == "0":
        raise InvalidInputError(
            f"--frames '{text}' is not a range of frames. Write first:end, counted from 0, such as 0:50."
        )
    first, end, step = (int(part) if part else None for part in match.groups())
    picked = range(n_frames)[slice(first, end, step)]
    if not len(picked):
        raise InvalidInputError(f"--frames {text} picks no frame: there are {n_frames}, 0 to {n_frames - 1}.")
    return picked


@dataclass(frozen=True)
class SomeFrames:
    """Frames of another source, those in `picked`, renumbered from 0."""

    source: FrameSource
    picked: range

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return (len(self.picked), *self.source.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return self.source.dtype

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return self.source.read(self.picked[frame])

    def is_blank(self, frame: int) -> bool:
        """Tell whether frame `frame` holds no picture."""
        return is_blank(self.source, self.picked[frame])
