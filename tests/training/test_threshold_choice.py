"""The height from which a spot is a cell."""

from __future__ import annotations

import numpy as np
import pytest

from podia.training.threshold_choice import SpotsAndTruth, choose_threshold

TRUTH = np.array([[10.0, 10.0], [30.0, 30.0], [50.0, 50.0]])


def frame(heights: list[float], noise: float | None = None, unlabelled: bool = False) -> SpotsAndTruth:
    """Three cells, each found at its place with a height of its own, and perhaps a spot of noise at (10, 50)."""
    spots = [[*place, height] for place, height in zip(TRUTH.tolist(), heights, strict=True)]
    spots += [] if noise is None else [[10.0, 50.0, noise]]
    nothing_known = np.zeros((64, 64), dtype=bool)
    nothing_known[:, 45:] = unlabelled
    return SpotsAndTruth(np.array(spots), TRUTH, nothing_known)


def test_the_threshold_parts_cells_from_noise() -> None:
    chosen = choose_threshold([frame([0.35, 0.4, 0.5], noise=0.2)], cut_off_px=5, fallback=0.5)
    assert 0.2 <= chosen < 0.35


def test_of_thresholds_that_are_alike_the_middle_one_is_taken() -> None:
    assert choose_threshold([frame([0.9, 0.9, 0.9], noise=0.1)], cut_off_px=5, fallback=0.5) == pytest.approx(
        0.5
    )


def test_noise_where_nothing_is_known_does_not_count() -> None:
    with_noise = [frame([0.35, 0.4, 0.5], noise=0.6, unlabelled=True)]
    assert choose_threshold(with_noise, cut_off_px=5, fallback=0.5) < 0.35


def test_where_no_cell_is_found_the_threshold_stays() -> None:
    nowhere = SpotsAndTruth(np.empty((0, 3)), TRUTH, np.zeros((64, 64), dtype=bool))
    assert choose_threshold([nowhere], cut_off_px=5, fallback=0.42) == 0.42


def test_frames_are_judged_together() -> None:
    # Lower finds one cell more in the first frame, and three wrong ones in the others.
    frames = [frame([0.2, 0.8, 0.8]), *(frame([0.8, 0.8, 0.8], noise=0.3) for _ in range(3))]
    assert choose_threshold(frames, cut_off_px=5, fallback=0.5) >= 0.3
