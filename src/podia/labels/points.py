"""Label movies from tables of positions: a small disc on each, so that every stage works on labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage, LabelMovie, Movie
from podia.labels.discs import draw_discs

POINT_RADIUS_PX = 2.0
"""Radius of the discs drawn on positions."""


@dataclass(frozen=True)
class PointSource:
    """Frames with a disc on each position, drawn when they are read; labels count the positions of a frame from 1."""

    positions: Mapping[int, NDArray[np.float64]]
    shape: tuple[int, int, int]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return the labels of frame `frame`, ``(Y, X)``."""
        points = self.positions.get(frame, np.empty((0, 2)))
        return draw_discs(points, self.shape[1:], POINT_RADIUS_PX)


def labels_of_points(points: pd.DataFrame, movie: Movie) -> LabelMovie:
    """Convert the positions in `points` (columns ``frame, y, x``, in px of `movie`) to labels.

    Labels of a frame count its rows from 1, in their order.

    Raises
    ------
    InvalidInputError
        As :func:`positions_by_frame`.
    """
    source = PointSource(positions_by_frame(points, movie), movie.shape)
    return LabelMovie(source, movie.calibration, movie.name, positions_only=True)


def positions_by_frame(points: pd.DataFrame, movie: Movie) -> dict[int, NDArray[np.float64]]:
    """Return the positions ``(N, 2)`` as ``(y, x)`` by frame, in the order of the rows.

    Raises
    ------
    InvalidInputError
        If a position lies outside the movie, or two positions of a frame lie in the same pixel.
    """
    places = points[["frame", "y", "x"]].to_numpy(np.float64)
    pixels = np.rint(places).astype(np.int64)
    outside = ((pixels < 0) | (pixels >= np.array(movie.shape))).any(axis=1)
    if outside.any():
        frame, y, x = places[outside][0]
        raise InvalidInputError(
            f"The position y {y:g}, x {x:g} in frame {frame:g} is not in the movie '{movie.name}', which has frames "
            f"0 to {movie.n_frames - 1} of {movie.frame_shape[0]} x {movie.frame_shape[1]} px. "
            f"Positions are in px, frames count from 0."
        )
    _, first, count = np.unique(pixels, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        frame, y, x = places[first[count > 1].min()]
        raise InvalidInputError(
            f"Frame {frame:g} has more than one position at the pixel of y {y:g}, x {x:g}: this marks one "
            "cell twice. Remove all but one."
        )
    return {int(frame): rows[["y", "x"]].to_numpy(np.float64) for frame, rows in points.groupby("frame")}
