import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import FrameSource, LabelMovie, Movie
from podia.data.relabel import label_by_track


@dataclass
class CountingSource:
    """Counts which frames are read."""

    shape: tuple[int, int, int] = (5, 2, 3)
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.uint8))
    reads: list[int] = field(default_factory=list)

    def read(self, frame: int) -> np.ndarray[Any, Any]:
        self.reads.append(frame)
        return np.full(self.shape[1:], frame, self.dtype)


def test_only_the_frame_asked_for_is_read() -> None:
    source = CountingSource()
    assert isinstance(source, FrameSource)
    movie = Movie(source)
    assert movie.frame(3)[0, 0] == 3
    assert source.reads == [3]


def test_mapping_a_movie_reads_nothing_until_a_frame_is_asked_for() -> None:
    source = CountingSource()
    brighter = Movie(source).map_frames(lambda index, image: image + np.float32(index), dtype=np.float32)
    assert source.reads == []
    assert brighter.frame(2)[0, 0] == 4
    assert brighter.dtype == np.float32


def test_a_frame_outside_the_movie_is_an_index_error_that_says_what_there_is() -> None:
    with pytest.raises(IndexError, match="has frames 0 to 4, not 5"):
        Movie(CountingSource()).frame(5)


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4, 5)])
def test_an_array_that_is_no_movie_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match="3 dimensions"):
        Movie.from_array(np.zeros(shape))


def test_an_empty_movie_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="is empty"):
        Movie.from_array(np.zeros((0, 4, 4)))


def test_labels_come_out_as_32_bit_integers() -> None:
    assert LabelMovie.from_array(np.ones((1, 2, 2), np.uint8)).frame(0).dtype == np.int32


def test_labels_that_are_no_integers_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="must be integers, not float64"):
        LabelMovie.from_array(np.zeros((1, 2, 2)))


def test_labels_by_track_keep_a_value_through_time_and_can_be_pickled() -> None:
    labels = LabelMovie.from_array(np.array([[[1, 2, 0]], [[2, 1, 3]]], np.uint8), Calibration(0.5))
    nodes = pd.DataFrame(
        {
            "frame": [0, 0, 1, 1],
            "label": [1, 2, 2, 1],
            "track_id": [7, 9, 7, 9],
            "y": 0.0,
            "x": [0.0, 1, 0, 1],
        }
    )
    tracked = pickle.loads(pickle.dumps(label_by_track(labels, Lineage(nodes))))
    assert tracked.to_array().tolist() == [[[7, 9, 0]], [[7, 9, 0]]]  # label 3 of frame 1 is in no track
    assert tracked.calibration == Calibration(0.5)
