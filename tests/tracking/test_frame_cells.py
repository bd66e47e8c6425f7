"""Cells of a frame from its row runs agree with what the pixels say, and changed frames alone are gathered again."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import regionprops

from io_situations import CountingSource
from podia.data.drift import Drift
from podia.data.movie import LabelMovie
from podia.data.progress import silent
from podia.tracking.cells import gather_cells, gather_changed
from podia.tracking.contact.touching import touching_pairs
from podia.tracking.frame_cells import FrameCells


def random_frame(seed: int, height: int, width: int, *, filled: float = 0.5) -> NDArray[np.int32]:
    generator = np.random.default_rng(seed)
    names = np.array([3, 7, 9, 300], np.int32)
    frame = names[generator.integers(0, 4, (height, width))]
    return np.where(generator.random((height, width)) < filled, frame, 0).astype(np.int32)


sizes = st.integers(1, 7)


@given(st.integers(0, 10**6), sizes, sizes, st.sampled_from([0.0, 0.3, 1.0]))
@settings(max_examples=60, deadline=None)
def test_areas_centroids_and_boxes_are_those_of_the_pixels(
    seed: int, height: int, width: int, filled: float
) -> None:
    image = random_frame(seed, height, width, filled=filled)
    cells = FrameCells.of(image)
    expected = regionprops(image)
    assert cells.label.tolist() == [one.label for one in expected]
    assert cells.area.tolist() == [one.area for one in expected]
    assert cells.box.tolist() == [list(one.bbox) for one in expected]
    np.testing.assert_allclose(cells.centroid, np.array([one.centroid for one in expected]).reshape(-1, 2))
    assert np.array_equal(np.append(0, cells.label)[cells.numbered], image)


@given(st.integers(0, 10**6), sizes, sizes, st.sampled_from([0.3, 1.0]))
@settings(max_examples=60, deadline=None)
def test_touching_pairs_are_those_up_to_two_pixels_apart_along_eight_directions(
    seed: int, height: int, width: int, filled: float
) -> None:
    frame = FrameCells.of(random_frame(seed, height, width, filled=filled)).numbered
    expected = set()
    for y, x in np.argwhere(frame > 0).tolist():
        for dy, dx in ((0, 1), (1, 0), (0, 2), (2, 0), (2, 2), (2, -2)):
            if y + dy < height and 0 <= x + dx < width:
                pair = sorted((int(frame[y, x]), int(frame[y + dy, x + dx])))
                if 0 < pair[0] < pair[1]:
                    expected.add(tuple(pair))
    assert {tuple(pair) for pair in touching_pairs(frame).tolist()} == expected


@given(st.sets(st.integers(0, 7)), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_gathering_changed_frames_alone_gives_what_gathering_all_gives(changed: set[int], seed: int) -> None:
    movie = np.stack([random_frame(seed + t, 6, 9) for t in range(8)])
    shifts = np.array([[0.0, t % 3] for t in range(8)])
    drift = Drift.from_shifts(shifts)
    before = gather_cells(LabelMovie.from_array(movie), drift, silent)
    for frame in changed:
        movie[frame] = random_frame(seed + 100 + frame, 6, 9)
    source = CountingSource(movie)
    found = gather_changed(LabelMovie(source), drift, *before, changed)
    expected = gather_cells(LabelMovie.from_array(movie), drift, silent)
    for one, other in zip(found, expected, strict=True):
        for name, values in vars(other).items():
            np.testing.assert_array_equal(getattr(one, name), values, err_msg=name)
    beside = {t for frame in changed for t in (frame - 1, frame, frame + 1)} & set(range(8))
    assert sorted(source.reads) == sorted(beside)
