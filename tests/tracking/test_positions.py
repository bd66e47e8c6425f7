"""Tracking of cells of which only positions are known: marks of any size give the same lineage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.length import Length
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.tracking.config import TrackingConfig
from podia.tracking.track import track

Points = Sequence[tuple[float, float]]


def marks(
    frames: Sequence[Points], *, sizes: Sequence[int] = (1,), pixel_size_um: float | None = None
) -> LabelMovie:
    """Return square marks on the points of each frame, of half widths `sizes` in turn."""
    labels = np.zeros((len(frames), 120, 320), np.int32)
    for frame, points in enumerate(frames):
        for number, (y, x) in enumerate(points, start=1):
            half = sizes[(frame + number) % len(sizes)]
            labels[frame, int(y) - half : int(y) + half + 1, int(x) - half : int(x) + half + 1] = number
    movie = LabelMovie.from_array(labels, Calibration(pixel_size_um))
    return LabelMovie(movie.source, movie.calibration, "marks", positions_only=True)


def track_lengths(lineage: Lineage) -> list[int]:
    return sorted(lineage.spans()["n_frames"].tolist())


WALKS = [[(30, 30 + 6 * t), (80, 60 + 5 * t), (50, 200 - 6 * t)] for t in range(5)]


@pytest.mark.parametrize("sizes", [(0,), (1,), (0, 3, 1, 6)])
def test_cells_are_followed_whatever_the_size_of_their_marks(sizes: tuple[int, ...]) -> None:
    lineage = track(marks(WALKS, sizes=sizes))
    assert track_lengths(lineage) == [5, 5, 5]
    assert not lineage.parents


def test_a_gap_is_closed() -> None:
    missing = [points if t != 2 else points[1:] for t, points in enumerate(WALKS)]
    assert track_lengths(track(marks(missing))) == [4, 5, 5]


def test_a_division_is_told_by_distances() -> None:
    mother = [[(60, 100), (60, 250)] for _ in range(3)]
    daughters = [[(60 - 8 - 3 * t, 100), (60 + 8 + 3 * t, 100), (60, 250)] for t in range(3)]
    lineage = track(marks([*mother, *daughters], sizes=(0, 4)))
    assert len(lineage.parents) == 2
    assert len(set(lineage.parents.values())) == 1


@pytest.mark.parametrize(("step_px", "n_tracks"), [(60, 1), (90, 2)])
def test_a_lone_cell_moves_three_diameters_at_most(step_px: int, n_tracks: int) -> None:
    lineage = track(marks([[(60, 30)], [(60, 30 + step_px)]]))
    assert len(lineage.track_ids) == n_tracks


def test_the_diameter_is_physical_where_the_pixel_size_is_known() -> None:
    frames = [[(60, 30)], [(60, 85)]]
    assert len(track(marks(frames, pixel_size_um=1.0)).track_ids) == 1
    assert len(track(marks(frames, pixel_size_um=2.0)).track_ids) == 2
    larger = TrackingConfig(point_diameter=Length(um=40))
    assert len(track(marks(frames, pixel_size_um=2.0), larger).track_ids) == 1
