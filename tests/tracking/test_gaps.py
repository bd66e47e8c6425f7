"""Cells that are missed for a while are found again: by how far cells go in that time, and not as daughters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from podia.data.movie import LabelMovie
from podia.tracking.track import track

YY, XX = np.mgrid[:120, :160]


def walking(n_frames: int, step: float) -> NDArray[np.int32]:
    """Six cells that walk to the right, side by side, well inside the field."""
    movie = np.zeros((n_frames, 120, 160), np.int32)
    for t in range(n_frames):
        for number in range(6):
            y, x = 35 + 25 * (number % 3), 40 + 45 * (number // 3) + step * t
            movie[t][(YY - y) ** 2 + (XX - x) ** 2 <= 64] = number + 1
    return movie


@pytest.mark.parametrize("n_missed", [1, 3, 5])
@pytest.mark.parametrize("step", [0.0, 1.5])
def test_a_cell_that_is_missed_is_found_again(n_missed: int, step: float) -> None:
    movie = walking(18, step)
    for frame in movie[6 : 6 + n_missed]:
        frame[frame == 5] = 0
    found = track(LabelMovie.from_array(movie))
    assert len(found.track_ids) == 6
    assert found.n_divisions == 0


def test_a_cell_that_stays_away_too_long_is_another_one() -> None:
    movie = walking(18, 0.0)
    for frame in movie[4:13]:
        frame[frame == 5] = 0
    assert len(track(LabelMovie.from_array(movie)).track_ids) == 7


@pytest.mark.parametrize("n_missed", [3, 5])
def test_a_cell_that_stands_near_the_edge_and_is_missed_is_found_again(n_missed: int) -> None:
    movie = walking(18, 0.0)
    for frame in movie:
        frame[(YY - 12) ** 2 + (XX - 62) ** 2 <= 64] = 7
    for frame in movie[6 : 6 + n_missed]:
        frame[frame == 7] = 0
    assert len(track(LabelMovie.from_array(movie)).track_ids) == 7


def test_a_cell_that_walks_over_the_edge_is_not_the_one_that_comes_in_elsewhere() -> None:
    movie = walking(18, 0.0)
    for t, frame in enumerate(movie):
        frame[(YY - 30 + 5 * t) ** 2 + (XX - 62) ** 2 <= 64] = 7
        frame[(YY - 5 * t + 60) ** 2 + (XX - 130) ** 2 <= 64] = 8
    assert len(track(LabelMovie.from_array(movie)).track_ids) == 8
