"""Selection of a channel, position and frames from a file or folder."""

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
    """Part of a file or folder to read; None selects the only channel or position, or all frames.

    Parameters
    ----------
    channel
        Index from 0, or name.
    position
        Name of a position, scene, series, well or field; index from 0 if it has no name.
    pattern
        Pattern of the file names in a folder; see :func:`podia.io.file_names.parse_names`.
    fills_gaps
        Whether missing numbers in the file names of a folder are blank frames.
    """

    channel: int | str | None = None
    position: int | str | None = None
    pattern: str | None = None
    fills_gaps: bool = True


WHOLE = MoviePart()
"""The whole file or folder."""


def pick_position(position: int | str | None, names: Sequence[str], path: Path) -> int:
    """Return the index of `position` (a name, or an index from 0) among `names`.

    Raises
    ------
    MovieReadError
        If there are several and none is given, or none has this name.
    """
    if position is None:
        if len(names) == 1:
            return 0
        raise MovieReadError(
            f"'{path}' contains {len(names)} positions: {listed(names)}. Select one with --position, such as "
            f"--position {names[0]}, or analyse each as a separate movie with --each-position."
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
    """Return names for a message, shortened if there are many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} ... {names[-1]}"


def frame_range(text: str, n_frames: int) -> range:
    """Return the frames selected by ``"first:end"`` or ``"first:end:step"`` from `n_frames`.

    Raises
    ------
    InvalidInputError
        If it is not such a range, or selects no frame.

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
        raise InvalidInputError(
            f"--frames {text} selects no frame: there are {n_frames}, 0 to {n_frames - 1}."
        )
    return picked


@dataclass(frozen=True)
class SomeFrames:
    """The frames in `picked` of another source, renumbered from 0."""

    source: FrameSource
    picked: range

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return (len(self.picked), *self.source.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the frames."""
        return self.source.dtype

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return self.source.read(self.picked[frame])

    def is_blank(self, frame: int) -> bool:
        """Return whether frame `frame` is blank."""
        return is_blank(self.source, self.picked[frame])
