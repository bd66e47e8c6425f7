"""Clips: what is drawn, from where, and that images and labels stay together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotated_movies import annotated, annotated_discs
from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError, InvalidInputError
from podia.testing.small_movies import crawling_discs
from podia.training.clips.clips import Clip, sample_clip, sample_sequence
from podia.training.clips.config import AugmentationConfig, ClipConfig
from podia.training.clips.training_movies import TrainingMovies, check_clip_config
from podia.training.data.annotated import AnnotatedMovie, UsableMovie
from podia.training.data.sources import read_annotated

STILL = AugmentationConfig(rotation_deg=0, shift=0, shear=0, zoom=0, horizontal_flip=False)
STRONG = AugmentationConfig(vertical_flip=True, quarter_turns=True, elastic_px=2)


def movies_of(*movies: AnnotatedMovie | UsableMovie, config: ClipConfig) -> TrainingMovies:
    parts = [m if isinstance(m, UsableMovie) else UsableMovie.whole(m) for m in movies]
    return TrainingMovies(parts, config)


def numbered_frames(n_frames: int, frames: tuple[int, ...] | None = None) -> AnnotatedMovie:
    """A movie whose frame k is all of grey value 10 k, with one big cell."""
    images = np.broadcast_to(np.arange(n_frames, dtype=np.uint8)[:, None, None] * 10, (n_frames, 64, 64))
    labels = np.zeros(images.shape, np.int32)
    labels[:, 20:40, 20:40] = 1
    return annotated(images, labels, frames)


def frames_of(clip: Clip, movies: TrainingMovies) -> list[int]:
    """Which frames of :func:`numbered_frames` a clip is made of."""
    low, high = movies.grey_ranges[0]
    return np.rint(((clip.frames[:, 0, 0] + 1) / 2 * (high - low) + low) / 10).astype(int).tolist()


@pytest.mark.parametrize("augmentation", [STILL, STRONG])
def test_the_same_numbers_give_the_same_clip_and_others_another(augmentation: AugmentationConfig) -> None:
    config = ClipConfig(patch_px=48, augmentation=augmentation)
    movies = movies_of(annotated_discs(), annotated_discs(name="b"), config=config)
    clip, again, other = (sample_clip(movies, config, 3, step, 1) for step in (7, 7, 8))
    np.testing.assert_array_equal(clip.frames, again.frames)
    np.testing.assert_array_equal(clip.labels, again.labels)
    assert not np.array_equal(clip.frames, other.frames)


def test_labels_lie_on_their_cells_however_the_clip_is_changed() -> None:
    config = ClipConfig(patch_px=64, length=3, annotate="any", augmentation=STRONG)
    labels = crawling_discs()
    movies = movies_of(annotated(60 * (labels > 0).astype(np.uint8), labels), config=config)
    for step in range(12):
        clip = sample_clip(movies, config, 0, step, 0)
        bright = clip.frames > 0
        # Linear and nearest neighbour differ by less than a pixel, along outlines.
        assert np.mean(bright != (clip.labels > 0)) < 0.005


def test_a_clip_without_changes_is_a_crop() -> None:
    config = ClipConfig(patch_px=40, length=2, annotate="any", augmentation=STILL)
    movie = annotated_discs(n_frames=2)
    movies = movies_of(movie, config=config)
    clip = sample_clip(movies, config, 0, 0, 0)
    whole = crawling_discs(2)[0]
    views = np.lib.stride_tricks.sliding_window_view(whole, (40, 40))
    found = np.argwhere((views == clip.labels[0]).all(axis=(2, 3)))
    assert len(found) >= 1
    low, high = movies.grey_ranges[0]
    grey = (clip.frames[0] + 1) / 2 * (high - low) + low
    np.testing.assert_allclose(grey, np.clip(50 + 40 * clip.labels[0], None, high * 2), atol=0.01)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), annotate=st.sampled_from(["last", "any"]), stride=st.integers(1, 3))
def test_a_clip_has_the_labels_that_are_promised(seed: int, annotate: str, stride: int) -> None:
    config = ClipConfig.parse(
        {"patch_px": 32, "length": 4, "annotate": annotate, "max_stride": stride, "reverse_probability": 0.5}
    )
    movies = movies_of(annotated_discs((0, 5)), config=config)
    labels = sample_clip(movies, config, seed, 0, 0).labels
    assert (labels[-1] if annotate == "last" else labels).max() > 0
    assert labels.min() == -1, "two frames in four at most have labels"


def test_frames_are_taken_at_one_stride_forwards_or_backwards() -> None:
    config = ClipConfig(patch_px=32, length=3, max_stride=3, reverse_probability=0.5, annotate="any")
    movies = movies_of(numbered_frames(20), config=config)
    steps = set()
    for seed in range(60):
        frames = frames_of(sample_clip(movies, config, seed, 0, 0), movies)
        assert frames[1] - frames[0] == frames[2] - frames[1]
        steps.add(frames[1] - frames[0])
    assert steps == {-3, -2, -1, 1, 2, 3}


def test_the_last_frame_is_the_annotated_one_and_time_turns_round_where_the_movie_starts() -> None:
    config = ClipConfig(patch_px=32, length=4)
    movies = movies_of(numbered_frames(9, (1,)), config=config)
    clip = sample_clip(movies, config, 0, 0, 0)
    assert frames_of(clip, movies) == [2, 1, 0, 1]
    assert [int(labels.max()) for labels in clip.labels] == [-1, 1, -1, 1]


def test_clips_keep_to_the_training_span() -> None:
    config = ClipConfig(patch_px=32, length=5, max_stride=4, annotate="any", reverse_probability=0.5)
    movie = numbered_frames(20)
    movies = movies_of(UsableMovie(movie, 3, 12, (5, 12)), config=config)
    seen = {f for seed in range(60) for f in frames_of(sample_clip(movies, config, seed, 0, 0), movies)}
    assert seen == set(range(3, 13))


def test_clips_do_not_run_over_gaps() -> None:
    config = ClipConfig(patch_px=32, length=3, annotate="any")
    numbers = (98, 122, 150, 151, 152, 153)
    images = np.broadcast_to(np.arange(6, dtype=np.uint8)[:, None, None] * 10, (6, 64, 64))
    labels = np.ones((6, 64, 64), np.int32)
    movies = movies_of(annotated(images, labels, frame_numbers=numbers), config=config)
    for seed in range(40):
        frames = frames_of(sample_clip(movies, config, seed, 0, 0), movies)
        assert frames in ([0, 0, 0], [1, 1, 1]) or min(frames) >= 2


def test_a_lone_image_is_repeated_with_its_labels_and_drifts_on_request() -> None:
    labels = crawling_discs(1)
    movie = annotated(60 * (labels > 0).astype(np.uint8), labels)
    config = ClipConfig(patch_px=48, length=3, augmentation=STILL)
    clip = sample_clip(movies_of(movie, config=config), config, 0, 0, 0)
    assert (clip.labels == clip.labels[0]).all()
    assert (clip.frames == clip.frames[0]).all()
    drifting = config.model_copy(update={"augmentation": STILL.model_copy(update={"still_drift_px": 3.0})})
    clip = sample_clip(movies_of(movie, config=drifting), drifting, 0, 0, 0)
    assert not (clip.labels[1] == clip.labels[0]).all()
    assert np.mean((clip.frames > 0) != (clip.labels > 0)) < 0.02


def test_patches_are_centred_on_cells_in_proportion_to_the_weight() -> None:
    labels = np.zeros((1, 128, 128), np.int32)
    labels[0, 60:70, 100:110] = 1  # 100 of 16384 pixels
    movie = annotated((60 * labels).astype(np.uint8), labels)

    def share(weight: float) -> float:
        config = ClipConfig(patch_px=16, length=1, foreground_weight=weight, augmentation=STILL)
        movies = movies_of(movie, config=config)
        return float(np.mean([sample_clip(movies, config, s, 0, 0).labels[0, 8, 8] > 0 for s in range(300)]))

    assert share(500_000) == 1.0
    assert share(1) < 0.05
    even = (16384 - 100) / 100  # cells and background alike
    assert share(even) == pytest.approx(0.5, abs=0.1)  # three standard deviations of 300 draws


def test_every_cell_is_drawn_also_at_the_border() -> None:
    labels = np.zeros((1, 96, 96), np.int32)
    labels[0, :6, :6], labels[0, 90:, 40:46], labels[0, 50:56, 50:56] = 1, 2, 3
    config = ClipConfig(patch_px=32, length=1, augmentation=STILL)
    movies = movies_of(annotated((60 * labels).astype(np.uint8), labels), config=config)
    seen = [np.unique(sample_clip(movies, config, s, 0, 0).labels) for s in range(60)]
    assert {int(v) for values in seen for v in values} == {0, 1, 2, 3}


def test_unlabelled_pixels_are_no_centre() -> None:
    labels = np.zeros((1, 64, 64), np.int32)
    labels[0, 10:20, 10:20] = 5
    partial = annotated(np.zeros((1, 64, 64), np.uint8), labels)
    partial = AnnotatedMovie(partial.movie, partial.labels, coverage="partial")
    config = ClipConfig(patch_px=16, length=1, foreground_weight=1, augmentation=STILL)
    movies = movies_of(partial, config=config)
    assert all(sample_clip(movies, config, s, 0, 0).labels[0, 8, 8] == 5 for s in range(30))


def test_a_movie_in_smaller_pixels_is_brought_to_the_networks() -> None:
    fine = np.kron(crawling_discs(1), np.ones((1, 2, 2), np.uint8))
    movie = annotated(50 + 40 * fine, fine, calibration=Calibration(pixel_size_um=0.5))
    config = ClipConfig(patch_px=128, length=1, target_pixel_size_um=1.0, augmentation=STILL)
    labels = sample_clip(movies_of(movie, config=config), config, 0, 0, 0).labels[0]
    np.testing.assert_array_equal(labels, crawling_discs(1)[0])


def test_data_sets_are_drawn_by_the_square_root_of_their_annotated_frames() -> None:
    big = annotated_discs(n_frames=16, dataset="big")
    small = annotated_discs(n_frames=1, name="small", dataset="small")
    config = ClipConfig(patch_px=32)
    rng = np.random.default_rng(0)
    drawn = [movies_of(big, small, config=config).draw(rng).movie for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(1 / 5, abs=0.07)  # sqrt(1) of sqrt(16) + sqrt(1)
    weighed = ClipConfig(patch_px=32, dataset_weights={"big": 0})
    assert {movies_of(big, small, config=weighed).draw(rng).movie for _ in range(20)} == {1}


def test_windows_of_a_sequence_join_to_one_clip() -> None:
    config = ClipConfig(patch_px=32, length=3, annotate="any", max_stride=2, augmentation=STILL)
    movies = movies_of(numbered_frames(25), config=config)
    windows = [sample_sequence(movies, config, 0, step, 0, windows_per_sequence=4) for step in range(8)]
    assert [window.first for window in windows] == [True, False, False, False] * 2
    for sequence in (windows[:4], windows[4:]):
        frames = [f for window in sequence for f in frames_of(window, movies)]
        assert len(set(np.diff(frames).tolist())) == 1
        assert len(frames) == 12
    assert frames_of(windows[0], movies) != frames_of(windows[4], movies)


def test_windows_of_a_sequence_share_patch_and_transform_while_their_noise_differs() -> None:
    labels = np.repeat(crawling_discs(1), 8, axis=0)
    movie = annotated(50 + 40 * labels, labels)
    config = ClipConfig(
        patch_px=48, length=2, annotate="any", augmentation=STRONG.model_copy(update={"noise": 0.1})
    )
    movies = movies_of(movie, config=config)
    first, second = (sample_sequence(movies, config, 0, s, 0, windows_per_sequence=2) for s in (0, 1))
    np.testing.assert_array_equal(first.labels, second.labels)
    assert not np.array_equal(first.frames, second.frames)


def test_patches_larger_than_frames_are_refused_with_both_sizes() -> None:
    movie = annotated_discs(calibration=Calibration(pixel_size_um=0.5))
    config = ClipConfig(patch_px=96, target_pixel_size_um=1.0)
    with pytest.raises(
        ConfigurationError,
        match=r"Patches of 96 x 96 px are larger than the frames of 'discs' \(128 x 128 px, 64 x 64 at 1.0 um",
    ):
        check_clip_config([UsableMovie.whole(movie)], config)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"dota": 1.0}, "contains 'dota', which is not one of the data sets. Did you mean 'data'"),
        ({"data": -1.0}, "weights are 0 or more"),
        ({"data": 0.0}, "at least one must be positive"),
    ],
)
def test_weights_that_fit_no_data_set_are_refused(weights: dict[str, float], message: str) -> None:
    config = ClipConfig(patch_px=32, dataset_weights=weights)
    with pytest.raises(ConfigurationError, match=message):
        check_clip_config([UsableMovie.whole(annotated_discs())], config)


def test_movies_without_annotated_frames_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="No training movie has an annotated frame"):
        check_clip_config([UsableMovie(annotated_discs(), 0, 5, ())], ClipConfig(patch_px=32))


def test_real_cells_stay_under_their_labels(data_dir: Path) -> None:
    # Bodies of U373 are far more textured than the ground: their edge pixels lie inside labels.
    config = ClipConfig(patch_px=256, annotate="any")
    (movie,) = read_annotated(data_dir / "PhC-C2DH-U373" / "01", annotation="gold")
    movies = movies_of(movie, config=config)
    inside, outside = [], []
    for step in range(6):
        clip = sample_clip(movies, config, 0, step, 0)
        for frame, labels in zip(clip.frames, clip.labels, strict=True):
            inside.append(frame[labels > 0])
            outside.append(frame[labels == 0])
    assert np.concatenate(inside).std() > 2 * np.concatenate(outside).std()
