"""The height from which a spot is a cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from annotated_movies import annotated
from podia.networks.models.registry import build_network
from podia.training import validation
from podia.training.data.annotated import AnnotatedMovie, UsableMovie
from podia.training.threshold_choice import THRESHOLDS, SpotsAndTruth, choose_threshold
from podia.training.validation import validate
from tiny_trainings import tiny_recipe

TRUTH = np.array([[10.0, 10.0], [30.0, 30.0], [50.0, 50.0]])


def frame(heights: list[float], noise: float | None = None, unlabelled: bool = False) -> SpotsAndTruth:
    """Three cells, each found at its place with a height of its own, and perhaps a spot of noise at (10, 50)."""
    spots = [[*place, height] for place, height in zip(TRUTH.tolist(), heights, strict=True)]
    spots += [] if noise is None else [[10.0, 50.0, noise]]
    nothing_known = np.zeros((64, 64), dtype=bool)
    nothing_known[:, 45:] = unlabelled
    return SpotsAndTruth(by_threshold(np.array(spots)), TRUTH, nothing_known)


def by_threshold(spots: NDArray[np.float64]) -> dict[float, NDArray[np.float64]]:
    return {threshold: spots[spots[:, 2] > threshold] for threshold in THRESHOLDS}


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
    nowhere = SpotsAndTruth(by_threshold(np.empty((0, 3))), TRUTH, np.zeros((64, 64), dtype=bool))
    assert choose_threshold([nowhere], cut_off_px=5, fallback=0.42) == 0.42


def test_frames_are_judged_together() -> None:
    # Lower finds one cell more in the first frame, and three wrong ones in the others.
    frames = [frame([0.2, 0.8, 0.8]), *(frame([0.8, 0.8, 0.8], noise=0.3) for _ in range(3))]
    assert choose_threshold(frames, cut_off_px=5, fallback=0.5) >= 0.3


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float | None]:
    """Chooses the threshold for two cells whose spots, 0.8 high, are joined by a bridge of 0.3."""
    labels = np.zeros((1, 32, 32), np.uint8)
    labels[0, 14:18, 6:10], labels[0, 14:18, 22:26] = 1, 2
    heights = np.zeros((1, 32, 32), np.float32)
    heights[0, 15:17, 7:25] = 0.3
    heights[0, 15:17, 7:9] = heights[0, 15:17, 23:25] = 0.8
    monkeypatch.setattr(validation, "predict_frame", lambda *_: heights)
    recipe = tiny_recipe(
        network={"head": "spots"},
        decode={"spot_method": "moments"},
        validation={"metric": "F", "cut_off_px": 5.0, "choose_threshold": True},
    )
    network = build_network(recipe.architecture, recipe.network, seed=0)
    cells = annotated(labels * 100, labels)

    def choose(*movies: AnnotatedMovie) -> float | None:
        parts = [UsableMovie.whole(movie) for movie in (cells, *movies)]
        return validate(network, parts, recipe).threshold

    return choose


def test_regions_that_merge_at_a_low_threshold_are_parted_by_a_higher_one(
    chosen: Callable[..., float],
) -> None:
    assert 0.3 < chosen() < 0.8


def test_a_foreground_without_single_cells_has_no_say(chosen: Callable[..., float]) -> None:
    one = np.zeros((1, 32, 32), np.uint8)
    one[0, 14:18, 6:26] = 1
    foreground = replace(annotated(one * 100, one), instances=False)
    assert chosen(foreground, foreground, foreground) == chosen()
