"""Costs and scales follow from geometry."""

from __future__ import annotations

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.length import Length
from podia.data.movie import LabelMovie
from podia.data.progress import silent
from podia.tracking.assignment import Candidates, link_one_to_one, link_segments
from podia.tracking.cells import Cells, Overlaps, gather_cells
from podia.tracking.config import TrackingConfig
from podia.tracking.divisions import split_cost
from podia.tracking.links import frame_candidates
from podia.tracking.scale import max_distance_px, median_diameter_px, median_spacing_px


def gather(array: np.ndarray, shifts: list[list[float]] | None = None) -> tuple[Cells, Overlaps]:
    drift = Drift.none(len(array)) if shifts is None else Drift.from_shifts(np.array(shifts, dtype=float))
    return gather_cells(LabelMovie.from_array(array), drift, silent)


def squares(*corners: tuple[int, int], edge: int = 4) -> np.ndarray:
    frame = np.zeros((30, 40), np.int32)
    for label, (y, x) in enumerate(corners, start=1):
        frame[y : y + edge, x : x + edge] = label
    return frame


def test_cells_have_their_area_centroid_and_distance_to_the_edge() -> None:
    cells, _ = gather(np.stack([squares((2, 10), (20, 30))]), [[1.0, -2.0]])
    assert cells.area.tolist() == [16, 16]
    assert cells.position.tolist() == [[3.5, 11.5], [21.5, 31.5]]
    assert cells.stable.tolist() == [[2.5, 13.5], [20.5, 33.5]]
    assert cells.border_distance.tolist() == [4.0, 8.0]


@pytest.mark.parametrize(("shift", "shared"), [([0, 0], 8), ([0, 2], 16), ([0.4, 1.6], 16), ([0, 1], 12)])
def test_overlap_is_counted_with_the_drift_undone(shift: list[float], shared: int) -> None:
    _, overlaps = gather(np.stack([squares((10, 10)), squares((10, 12))]), [[0, 0], shift])
    assert (overlaps.earlier.tolist(), overlaps.later.tolist(), overlaps.pixels.tolist()) == (
        [0],
        [1],
        [shared],
    )


def test_the_cost_of_a_link_is_the_formula() -> None:
    cells, overlaps = gather(np.stack([squares((10, 10)), squares((10, 12))]))
    config = TrackingConfig(overlap_weight=0.25, size_weight=0.3)
    (cost,) = frame_candidates(cells, overlaps, 0, 8.0, config).cost
    assert cost == pytest.approx(0.75 * (2 / 8) ** 2 + 0.25 * (1 - 8 / 24))


def test_a_cell_on_its_old_place_is_a_candidate_however_far_its_centre_went() -> None:
    before, after = squares((10, 5)), squares((10, 5))
    after[10:14, 5:12] = 1
    cells, overlaps = gather(np.stack([before, after]))
    assert len(frame_candidates(cells, overlaps, 0, 1.4, TrackingConfig(overlap_weight=0.8))) == 1


def test_the_scale_is_the_spacing_or_the_size_whichever_is_less() -> None:
    cells, _ = gather(np.stack([squares((10, 5), (10, 15), (10, 30))]))
    assert median_spacing_px(cells) == 10
    assert median_diameter_px(cells) == pytest.approx(np.sqrt(64 / np.pi))
    assert max_distance_px(cells, Calibration(), TrackingConfig()) == pytest.approx(8)
    calibrated = Calibration(pixel_size_um=0.5)
    assert max_distance_px(cells, calibrated, TrackingConfig(max_distance=Length(px=2))) == 2
    assert max_distance_px(cells, calibrated, TrackingConfig(max_distance=Length(um=3, px=2))) == 6
    alone, _ = gather(np.stack([squares((10, 5))]))
    assert max_distance_px(alone, Calibration(), TrackingConfig()) == pytest.approx(3 * np.sqrt(64 / np.pi))


@pytest.mark.parametrize(
    ("whole_x", "expected"),
    [
        (15, 0.0 + (5 / 20) ** 2),  # half way between its parts, which are 10 px apart
        (10, (0.5 / 0.5) ** 2 + (10 / 20) ** 2),  # on one of its parts
    ],
)
def test_a_split_is_cheap_if_the_parts_lie_on_either_side(whole_x: int, expected: float) -> None:
    cells, _ = gather(np.stack([squares((10, whole_x)), squares((10, 10), (10, 20))]))
    config = TrackingConfig(division_max_asymmetry=0.5)
    (cost,) = split_cost(cells, np.array([0]), np.array([1]), np.array([2]), 20.0, config)
    assert cost == pytest.approx(expected)


def test_one_to_one_linking_takes_the_cheapest_total_not_the_cheapest_pair() -> None:
    candidates = Candidates.from_rows([(0, 5, 0.5), (0, 6, 0.1), (1, 6, 0.2)])
    first, second = link_one_to_one(candidates)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 5), (1, 6)]


def test_any_candidate_is_linked_if_nothing_else_wants_its_cells() -> None:
    first, _ = link_one_to_one(Candidates.from_rows([(3, 4, 0.999)]))
    assert first.tolist() == [3]


def test_a_start_ends_a_gap_or_is_a_daughter_whichever_is_cheaper() -> None:
    none = Candidates.from_rows([])
    gap = Candidates.from_rows([(0, 2, 0.3)])
    for cost, closed, divided in ((0.2, [], [[2, 7]]), (0.4, [[0, 2]], [])):
        links = link_segments(3, gap, Candidates.from_rows([(2, 7, cost)]), none)
        assert (links.gaps.tolist(), links.divisions.tolist()) == (closed, divided)


def test_a_cell_has_at_most_one_second_daughter() -> None:
    none = Candidates.from_rows([])
    links = link_segments(3, none, Candidates.from_rows([(1, 7, 0.5), (2, 7, 0.4)]), none)
    assert links.divisions.tolist() == [[2, 7]]
