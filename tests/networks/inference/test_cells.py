from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heads import HEADS
from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.evaluation.positions import centroids
from podia.networks.inference.cells import cells_of_prediction, find_cells
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.predictor import MoviePredictor
from podia.networks.inference.resolve import choose_model
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment, segment_frame
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.testing.counted_frames import CountedFrames
from podia.testing.small_movies import as_phase_contrast, crawling_discs
from trained_model import write_trained_model

FRAMES = as_phase_contrast(crawling_discs())


def config_of(model: Path, **network: object) -> SegmentationConfig:
    return SegmentationConfig.parse(
        {
            "method": "network",
            "network": {"model": str(model), "backend": "torch", **network},
            "split_merge": {"enabled": False},
            "gap_filling": {"enabled": False},
        }
    )


def cells(movie: Movie, model: Path, **network: object) -> NDArray[np.int32]:
    return segment(movie, config_of(model, **network)).to_array()


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


def test_the_network_finds_the_cells(discs_model: Path) -> None:
    movie = Movie.from_array(FRAMES, Calibration(0.5, 300.0), name="discs")
    labels = segment(movie, config_of(discs_model))
    assert isinstance(labels, LabelMovie)
    assert (labels.shape, labels.calibration, labels.name) == (movie.shape, movie.calibration, "discs")
    assert labels.frame(0).max() == 3
    assert iou(labels.to_array() > 0, crawling_discs() > 0) > 0.7


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_every_backend_gives_the_same_labels(discs_model: Path, backend: str) -> None:
    pytest.importorskip("onnxruntime" if backend == "onnx" else backend, reason="an optional backend")
    movie = Movie.from_array(FRAMES)
    found = cells(movie, discs_model, backend=backend)
    np.testing.assert_array_equal(found, cells(movie, discs_model))


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_the_model_that_ships_says_the_same_on_every_backend(backend: str) -> None:
    pytest.importorskip("onnxruntime" if backend == "onnx" else backend, reason="an optional backend")
    movie = simulate(SimulationConfig(n_frames=3, size_px=192, n_cells=4, seed=3)).movie

    def predicted(name: str) -> NDArray[np.float32]:
        config = InferenceConfig.parse({"backend": name, "threads": 1})
        predictor = MoviePredictor(movie, choose_model(config), config)
        return np.stack([predictor.predict(frame) for frame in range(movie.n_frames)])

    np.testing.assert_allclose(predicted(backend), predicted("torch"), atol=2e-5, rtol=0)


@pytest.mark.parametrize("shape", [(128, 128), (101, 83), (37, 128), (5, 3)])
@pytest.mark.parametrize("mode", ["state", "window"])
def test_frames_may_have_any_size(discs_model: Path, shape: tuple[int, int], mode: str) -> None:
    part = Movie.from_array(FRAMES[:2, : shape[0], : shape[1]])
    assert cells(part, discs_model, mode=mode).shape == (2, *shape)


def test_frames_are_read_lazily_and_once(discs_model: Path) -> None:
    source = CountedFrames(np.concatenate([FRAMES, FRAMES, FRAMES]))
    labels = segment(Movie(source), config_of(discs_model), grey_range=(90.0, 190.0))
    assert not source.reads
    for _ in labels:
        pass
    assert set(source.reads.values()) == {1}


def test_frames_come_out_the_same_in_any_order_and_after_pickling(discs_model: Path) -> None:
    movie = Movie.from_array(FRAMES)
    labels = segment(movie, config_of(discs_model))
    in_order = labels.to_array()
    again = pickle.loads(pickle.dumps(labels))
    for frame in (3, 0, 5, 4):
        np.testing.assert_array_equal(again.frame(frame), in_order[frame])


def test_a_single_frame_is_a_movie_of_one(discs_model: Path) -> None:
    config = config_of(discs_model)
    (expected,) = segment(Movie.from_array(FRAMES[:1]), config)
    np.testing.assert_array_equal(segment_frame(FRAMES[0], config), expected)


def test_brightness_and_contrast_of_the_camera_do_not_matter(discs_model: Path) -> None:
    other_camera = Movie.from_array(FRAMES.astype(np.uint16) * 37 + 400)
    np.testing.assert_array_equal(
        cells(other_camera, discs_model), cells(Movie.from_array(FRAMES), discs_model)
    )


def test_part_of_a_movie_is_seen_as_in_the_whole_with_its_grey_range(discs_model: Path) -> None:
    config = config_of(discs_model, mode="window", window_frames=1)
    bright_end = np.concatenate([FRAMES, np.full((2, *FRAMES.shape[1:]), 255, np.uint8)])
    whole = segment(Movie.from_array(bright_end), config, grey_range=(80.0, 200.0)).frame(0)
    part = segment(Movie.from_array(bright_end[:1]), config, grey_range=(80.0, 200.0)).frame(0)
    np.testing.assert_array_equal(part, whole)


def test_a_constant_movie_has_labels(discs_model: Path) -> None:
    assert cells(Movie.from_array(np.full((2, 32, 32), 7, np.uint8)), discs_model).shape == (2, 32, 32)


def test_a_frame_that_is_not_finite_is_named(discs_model: Path) -> None:
    frames = FRAMES.astype(np.float32)
    frames[2, 5, 5] = np.nan
    labels = segment(Movie.from_array(frames, name="film"), config_of(discs_model, warm_up_frames=0))
    with pytest.raises(InvalidInputError, match="Frame 2 of 'film' holds 1 values that are NaN or infinite"):
        labels.frame(0)
    ranged = segment(
        Movie.from_array(frames, name="film"),
        config_of(discs_model, warm_up_frames=0),
        grey_range=(90.0, 190.0),
    )
    ranged.frame(1)
    with pytest.raises(InvalidInputError, match="Frame 2 of 'film' holds 1 values that are NaN or infinite"):
        ranged.frame(2)


def test_tiles_flips_and_both_find_the_same_cells(discs_model: Path) -> None:
    movie = Movie.from_array(FRAMES[:2, :100, :])
    plain = cells(movie, discs_model) > 0
    tiled = {"tile_above_megapixels": 0.001, "tile_px": 96}
    assert iou(cells(movie, discs_model, **tiled) > 0, plain) > 0.95
    assert iou(cells(movie, discs_model, test_time_augmentation="all") > 0, plain) > 0.6
    both = cells(movie, discs_model, test_time_augmentation="flips", **tiled) > 0
    assert iou(both, plain) > 0.6


def test_a_movie_of_other_pixels_is_segmented_at_the_models_and_labelled_at_its_own(tmp_path: Path) -> None:
    model = write_trained_model(tmp_path, pixel_size_um=1.0)
    # Pixels of half the size: each pixel of the model's scale is four of the movie's.
    doubled = np.kron(FRAMES, np.ones((1, 2, 2), np.uint8))
    fine = Movie.from_array(doubled, Calibration(pixel_size_um=0.5))
    truth = np.kron(crawling_discs(), np.ones((1, 2, 2), np.uint8)) > 0
    found = cells(fine, model)
    assert found.shape == doubled.shape
    assert found[0].max() == 3
    assert iou(found > 0, truth) > 0.6
    assert iou(cells(fine, model, resample=False) > 0, truth) < iou(found > 0, truth)


def test_probabilities_are_told_before_labels_at_the_movies_size(tmp_path: Path) -> None:
    model = write_trained_model(tmp_path, pixel_size_um=1.0)
    told: dict[int, NDArray[np.float32]] = {}
    doubled = np.kron(FRAMES[:2], np.ones((1, 2, 2), np.uint8))
    movie = Movie.from_array(doubled, Calibration(pixel_size_um=0.5))
    labels = find_cells(movie, config_of(model).network, on_probability=told.__setitem__)
    first = labels.frame(0)
    assert list(told) == [0]
    assert told[0].shape == first.shape
    assert 0 <= told[0].min() <= told[0].max() <= 1
    assert told[0][first > 0].mean() > told[0][first == 0].mean() + 0.3


@pytest.mark.parametrize("head", ["spots", "center_classification"])
@pytest.mark.parametrize("larger", [0.2, 1.0, 3.0])
def test_positions_stay_whatever_the_size_of_the_movies_pixels(head: str, larger: float) -> None:
    output = HEADS[head]
    y, x = np.mgrid[:60, :90]
    places = np.array([(12.0, 20.0), (45.0, 70.0)])
    prediction = np.max([np.exp(-((y - py) ** 2 + (x - px) ** 2) / 18) for py, px in places], axis=0)
    shape = (round(60 * larger), round(90 * larger))
    labels = cells_of_prediction(prediction[None].astype(np.float32), output, output.decode_config(), shape)
    assert labels.shape == shape
    assert labels.max() == 2
    np.testing.assert_allclose(centroids(labels), (places + 0.5) * larger - 0.5, atol=0.3)
    for margin_px, n_kept in ((10, 2), (30, 0)):
        in_field = output.decode_config(field_margin_px=margin_px)
        kept = cells_of_prediction(prediction[None].astype(np.float32), output, in_field, shape)
        assert kept.max() == n_kept


def test_the_probability_of_cells_is_that_of_all_but_background() -> None:
    prediction = np.array([[[0.7]], [[0.1]], [[0.2]]], np.float32)
    np.testing.assert_allclose(HEADS["contour"].foreground(prediction), [[0.3]])
    np.testing.assert_allclose(HEADS["distance"].foreground(prediction), [[0.7]])
    np.testing.assert_allclose(HEADS["spots"].foreground(prediction * 3), [[1.0]])
