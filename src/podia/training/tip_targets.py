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
"""Tips that were marked by hand, beside the labels."""


class TipTargets:
    """Draws the tips of annotated frames; each frame's tips are looked for once.

    Parameters
    ----------
    protrusions
        Which ends of cells count as tips, where these are found in the labels.
    radius_px
        Radius of a disc, in pixels of the network.
    """

    def __init__(self, protrusions: ProtrusionConfig, radius_px: float) -> None:
        self._protrusions = protrusions
        self._radius_px = radius_px
        self._known: dict[tuple[int, int], NDArray[np.float64] | None] = {}

    def draw(
        self, movie: AnnotatedMovie, number: int, frame: int, labels: NDArray[np.integer], *, scale: float
    ) -> NDArray[np.int8]:
        """Return the tips of an annotated frame, ``(Y, X)``: 1 on a disc, 0 elsewhere, -1 where nothing is known.

        `number` is the movie's, `labels` are the frame's, and `scale` is how many of the network's pixels one of the
        movie's becomes.
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

    They are those marked by hand, where the movie has such; else those of the labels, as :mod:`podia.measurement`
    finds them, where each cell has a label of its own.
    """
    if not _has_tip_annotation(movie):
        return None
    if movie.tips is not None:
        return movie.tips.get(frame)
    return find_tips(np.maximum(movie.read_labels(frame), 0), config, movie.calibration)


def check_tips(movies: Sequence[UsableMovie], config: ProtrusionConfig) -> None:
    """Refuse to learn tips from data without tips.

    Raises
    ------
    ConfigurationError
        If tips are annotated in no movie, or no annotated frame has one.
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
    """Return the tips marked by hand in the file beside `labels`, by frame; None where there is no such file.

    Parameters
    ----------
    labels
        The folder with the labels.
    frame_of
        The movie's frames by their numbers in the file.

    Raises
    ------
    MovieReadError
        If the file cannot be read as a table of positions.
    InvalidInputError
        If it names a frame that the movie lacks.
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
