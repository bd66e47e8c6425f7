from __future__ import annotations

import pickle

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError, InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment, segment_frame
from podia.testing.counted_frames import CountedFrames
from podia.testing.phase_contrast import disc, iou, phase_contrast

EACH_BY_ITSELF = SegmentationConfig.parse(
    {"method": "egt", "split_merge": {"enabled": False}, "gap_filling": {"enabled": False}}
)
SHAPE = (150, 200)
CELLS = (disc(SHAPE, (50, 50), 22), disc(SHAPE, (95, 140), 25))


def three_frames() -> np.ndarray:
    """Two cells; in the second frame one is out of focus and cannot be seen."""
    both = CELLS[0] | CELLS[1]
    return np.stack([phase_contrast(c, seed=i) for i, c in enumerate((both, CELLS[0], both))])


@pytest.mark.parametrize("method", ["phantast", "egt"])
def test_every_cell_gets_its_label(method):
    image = phase_contrast(CELLS[0] | CELLS[1])
    labels = segment_frame(image, SegmentationConfig(method=method))
    assert labels.dtype == np.int32
    assert labels.max() == 2
    for cell, centre in zip(CELLS, ((50, 50), (95, 140)), strict=True):
        assert iou(labels == labels[centre], cell) > 0.8


@pytest.mark.parametrize("method", ["phantast", "egt"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_constant_frames_have_no_cells(method, dtype):
    movie = Movie.from_array(np.full((2, 64, 64), 50, dtype))
    assert segment(movie, SegmentationConfig(method=method)).to_array().max() == 0


def test_movie_is_calibrated_named_and_of_the_same_shape():
    movie = Movie.from_array(three_frames(), Calibration(pixel_size_um=1.0), name="three")
    labels = segment(movie)
    assert isinstance(labels, LabelMovie)
    assert labels.shape == movie.shape
    assert labels.name == "three"
    assert labels.calibration == movie.calibration


def test_frames_are_segmented_one_by_one_without_gap_filling():
    movie = Movie.from_array(three_frames())
    for labels, image in zip(segment(movie, EACH_BY_ITSELF), movie, strict=True):
        np.testing.assert_array_equal(labels, segment_frame(image, EACH_BY_ITSELF))


def test_cell_that_focus_loses_for_a_frame_is_put_back():
    labels = segment(Movie.from_array(three_frames()), model="podia-phase").frame(1)
    assert labels.max() == 2
    assert iou(labels == 2, CELLS[1]) > 0.8


def test_nothing_is_read_before_a_frame_is_asked_for_and_then_each_once():
    source = CountedFrames(np.repeat(three_frames(), 3, axis=0))
    labels = segment(Movie(source), SegmentationConfig(method="egt"))
    assert not source.reads
    for _ in labels:
        pass
    assert set(source.reads.values()) == {1}


def test_results_repeat_exactly_and_after_pickling():
    movie = Movie.from_array(three_frames())
    first, second = segment(movie), pickle.loads(pickle.dumps(segment(movie)))
    assert first.to_array().tobytes() == second.to_array().tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_non_finite_frame_is_named(bad):
    frames = three_frames().astype(np.float32)
    frames[2, 5, 5] = bad
    labels = segment(Movie.from_array(frames, name="film"), EACH_BY_ITSELF)
    assert labels.frame(0).max() == 2
    with pytest.raises(InvalidInputError, match="Frame 2 of 'film' holds 1 values that are NaN or infinite"):
        labels.frame(2)


def test_unknown_setting_is_answered_with_the_nearest():
    with pytest.raises(ConfigurationError, match=r"phantast\.epsilo.*Did you mean 'epsilon'"):
        SegmentationConfig.parse({"phantast": {"epsilo": 0.1}})
