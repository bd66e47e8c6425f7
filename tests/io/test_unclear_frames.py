"""Frames of noise or far out of focus: recognised inside a movie, and never where a movie only changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage as ndi

from io_situations import CountingSource
from podia.io.read import read
from podia.io.unclear_frames import MarkedFrames, texture, unclear_frames

SHAPE = (96, 96)


def movie_of_cells(n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return bright discs with an edge of 1 px that move by 1 px per frame, and noise."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    frames = np.full((n_frames, *SHAPE), 100.0)
    for centre_y, centre_x in rng.uniform(15, 80, (8, 2)):
        for t in range(n_frames):
            frames[t] += 40 / (1 + np.exp(np.hypot(y - centre_y, x - centre_x - t) - 7))
    return frames + rng.normal(0, 2, frames.shape)


def unclear_in(frames: NDArray[np.float64]) -> list[int]:
    source = MarkedFrames(CountingSource(np.clip(np.rint(frames), 0, 255).astype(np.uint8)))
    return [frame for frame in range(len(frames)) if source.is_unclear(frame)]


@settings(max_examples=15, deadline=None)
@given(
    lost=st.lists(st.integers(2, 13), min_size=1, max_size=3, unique=True),
    kind=st.sampled_from(["noise", "dark noise", "blur"]),
    seed=st.integers(0, 99),
)
def test_frames_of_noise_and_far_out_of_focus_are_recognised(lost: list[int], kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = movie_of_cells(16, rng)
    for frame in lost:
        if kind == "blur":
            frames[frame] = ndi.gaussian_filter(frames[frame], 5) + rng.normal(0, 2, SHAPE)
        else:
            frames[frame] = rng.normal(100 if kind == "noise" else 8, 2, SHAPE)
    assert unclear_in(frames) == sorted(lost)


@settings(max_examples=15, deadline=None)
@given(
    change=st.sampled_from(
        ["nothing", "lamp halved", "flash", "growth", "slow fading", "step", "slight blur"]
    ),
    at=st.integers(1, 14),
    seed=st.integers(0, 99),
)
def test_changes_of_light_and_of_the_culture_are_not_taken_for_lost_focus(
    change: str, at: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frames = movie_of_cells(16, rng)
    ground = 100 + rng.normal(0, 2, SHAPE)
    if change == "lamp halved":
        frames[at] /= 2
    elif change == "flash":
        frames[at] += 100
    elif change == "growth":  # from one cell in a hundred to all of them
        frames = ground + (frames - ground) * np.geomspace(0.1, 1, 16)[:, None, None]
    elif change == "slow fading":
        frames = ground + (frames - ground) * np.geomspace(1, 0.2, 16)[:, None, None]
    elif change == "step":  # cells round up at once, and stay so
        frames[at:] = ground + (frames[at:] - ground) * 2
    elif change == "slight blur":
        frames[at] = ndi.gaussian_filter(frames[at], 1.5) + rng.normal(0, 2, SHAPE)
    assert unclear_in(frames) == []


def test_up_to_nine_frames_in_a_row_are_recognised_and_longer_losses_are_a_change() -> None:
    values = np.full(40, 9.0)
    values[10:19] = 0.1
    assert np.flatnonzero(unclear_frames(values, np.zeros(40), np.full(40, 100.0))).tolist() == list(
        range(10, 19)
    )
    values[10:30] = 0.1
    assert 20 not in np.flatnonzero(unclear_frames(values, np.zeros(40), np.full(40, 100.0)))


@pytest.mark.parametrize("n_frames", [1, 2])
def test_frames_without_neighbours_are_not_judged(n_frames: int) -> None:
    assert unclear_in(np.random.default_rng(0).normal(100, 5, (n_frames, *SHAPE))) == []


def test_the_first_frame_is_judged_by_those_after_it() -> None:
    frames = movie_of_cells(8, np.random.default_rng(3))
    frames[0] = np.random.default_rng(4).normal(100, 2, SHAPE)
    assert unclear_in(frames) == [0]


@settings(max_examples=15, deadline=None)
@given(st.floats(0.5, 20), st.floats(-50, 50), st.integers(0, 99))
def test_texture_scales_with_contrast_and_ignores_brightness_and_noise(
    gain: float, offset: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    clean = ndi.gaussian_filter(rng.normal(0, 1, (128, 256)), 3) * 100
    value = texture(clean)[0]
    assert texture(gain * clean + offset)[0] == pytest.approx(gain**2 * value)
    noisy = texture(clean + rng.normal(0, value**0.5, clean.shape))[0]
    assert noisy == pytest.approx(value, rel=0.15)  # mean of 128 x 250 differences


def test_a_movie_is_looked_through_once_and_only_when_asked(tmp_path: Path) -> None:
    source = CountingSource(np.zeros((9, *SHAPE), np.uint8))
    marked = MarkedFrames(source)
    marked.read(3)
    assert source.reads == [3]
    for frame in range(9):
        marked.is_unclear(frame)
    assert source.reads == [3, *range(9)]
    frames = movie_of_cells(9, np.random.default_rng(0))
    frames[4] = 100 + np.random.default_rng(1).normal(0, 2, SHAPE)
    tifffile.imwrite(tmp_path / "m.tif", np.rint(frames).astype(np.uint8))
    movie = read(tmp_path / "m.tif")
    assert [frame for frame in range(9) if not movie.has_picture(frame)] == [4]
    mapped = movie.map_frames(lambda _, image: image)
    assert [frame for frame in range(9) if mapped.is_unclear(frame)] == [4]
    assert read(tmp_path / "m.tif", frames="3:6").is_unclear(1) is False  # three frames do not tell
