"""Target for protrusion tips: a small disc on each tip (Gómez-de-Mariscal et al. 2021, figure 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.io.points import looked_at_frames, read_points
from podia.labels.discs import draw_discs
from podia.measurement.config import ProtrusionConfig
from podia.measurement.frame import find_tips
from podia.training.data.annotated import UNLABELLED, AnnotatedMovie, TipPositions, UsableMovie

TIPS_FILE = "tips.csv"
"""File of manually annotated tips, beside the labels."""


class TipTargets:
    """Draws the tips of annotated frames; the tips of each frame are detected once.

    Parameters
    ----------
    protrusions
        Settings for detecting tips in labels.
    radius_px
        Radius of the discs, in pixels of the network.
    """

    def __init__(self, protrusions: ProtrusionConfig, radius_px: float) -> None:
        self._protrusions = protrusions
        self._radius_px = radius_px
        self._known: dict[tuple[int, int], NDArray[np.float64] | None] = {}

    def draw(
        self, movie: AnnotatedMovie, number: int, frame: int, labels: NDArray[np.integer], *, scale: float
    ) -> NDArray[np.int8]:
        """Return the tips of an annotated frame, ``(Y, X)``: 1 on discs, 0 elsewhere, -1 where unknown.

        `number` is the index of the movie, `labels` are those of the frame, and `scale` is the number of network pixels
        per movie pixel.
        """
        if (number, frame) not in self._known:
            self._known[number, frame] = known_tips(movie, frame, self._protrusions)
        tips = self._known[number, frame]
        drawn = np.full(labels.shape, UNLABELLED, dtype=np.int8)
        if tips is not None:
            drawn[labels >= 0] = 0
            drawn[draw_discs(tips, labels.shape, self._radius_px / scale) > 0] = 1
        return drawn


def known_tips(movie: AnnotatedMovie, frame: int, config: ProtrusionConfig) -> NDArray[np.float64] | None:
    """Return the tips of an annotated frame, ``(N, 2)`` as (y, x) in px; None if they are unknown.

    These are the manually annotated tips if the movie has any, otherwise the tips that :mod:`podia.measurement` detects
    in instance labels.
    """
    if not _has_tip_annotation(movie):
        return None
    if movie.tips is not None:
        return movie.tips.get(frame)
    return find_tips(np.maximum(movie.read_labels(frame), 0), config, movie.calibration)


def check_tips(movies: Sequence[UsableMovie], config: ProtrusionConfig) -> None:
    """Raise an error if tips should be trained on data without tips.

    Raises
    ------
    ConfigurationError
        If no movie has annotated tips, or no annotated frame has one.
    """
    if not any(_has_tip_annotation(movie.annotated) for movie in movies):
        raise ConfigurationError(
            f"Learning protrusion tips (network.tips=true) requires labels of single cells, or a file {TIPS_FILE} "
            f"(frame, y, x) beside the labels. Add one of these, or set network.tips=false."
        )
    found = (known_tips(m.annotated, frame, config) for m in movies for frame in m.annotated_frames)
    if not any(tips is not None and len(tips) for tips in found):
        raise ConfigurationError(
            f"Learning protrusion tips (network.tips=true) requires tips, but no annotated frame has a protrusion of "
            f"at least {config.min_length}. Lower protrusions.min_length, or set network.tips=false."
        )


def read_tips(labels: Path, frame_of: Mapping[int, int]) -> TipPositions | None:
    """Read the manually annotated tips from the file beside `labels`, by frame; None if there is no such file.

    Parameters
    ----------
    labels
        Folder of the labels.
    frame_of
        Frame of the movie for each frame number in the file.

    Raises
    ------
    MovieReadError
        If the file cannot be read as a table of positions.
    InvalidInputError
        If the file contains a frame that the movie lacks.
    """
    path = labels / TIPS_FILE
    if not path.is_file():
        return None
    numbers, points = looked_at_frames(path), read_points(path)
    unknown = [number for number in numbers if number not in frame_of]
    if unknown:
        raise InvalidInputError(
            f"'{path}' has tips in frame {unknown[0]}, which the movie lacks: its frames are numbered {min(frame_of)} "
            f"to {max(frame_of)}."
        )
    return {
        frame_of[number]: points.loc[points["frame"] == number, ["y", "x"]].to_numpy(np.float64)
        for number in numbers
    }


def _has_tip_annotation(movie: AnnotatedMovie) -> bool:
    return movie.tips is not None or (movie.instances and movie.marks == "masks")
