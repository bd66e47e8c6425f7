import numpy as np
import pytest

from podia.data.movie import LabelMovie
from podia.evaluation.stability import stability


def squares(edges: list[int], *, step: int = 4) -> LabelMovie:
    """One square a frame (none for an edge of 0), moving right by `step` px a frame."""
    frames = np.zeros((len(edges), 60, 90), np.int32)
    for frame, edge in enumerate(edges):
        frames[frame, 20 : 20 + edge, 5 + step * frame : 5 + step * frame + edge] = 1
    return LabelMovie.from_array(frames)


def test_a_rigid_cell_that_moves_does_not_flicker() -> None:
    scores = stability(squares([10] * 6))
    assert (scores.neighbour_iou, scores.area_flicker, scores.one_frame_cells, scores.one_frame_gaps) == (
        1,
        0,
        0,
        0,
    )


def test_a_cell_that_breathes_flickers() -> None:
    scores = stability(squares([10, 12, 10, 12, 10]))
    # Areas 100 and 144: second differences of 88, over 144 or 100.
    assert scores.area_flicker == pytest.approx(88 / 144)
    assert scores.neighbour_iou == pytest.approx(100 / 144, abs=0.01)


def test_steady_growth_is_no_flicker() -> None:
    frames = np.zeros((5, 20, 40), np.int32)
    for frame in range(5):
        frames[frame, 5:15, 5 : 15 + 2 * frame] = 1
    assert stability(LabelMovie.from_array(frames)).area_flicker == 0


def test_a_cell_missing_for_one_frame_is_a_gap() -> None:
    assert stability(squares([10, 10, 0, 10, 10])).one_frame_gaps == pytest.approx(1 / 4)


def test_a_cell_of_one_frame_is_counted_unless_at_the_ends() -> None:
    frames = squares([10] * 5).to_array().copy()
    frames[2, 50:55, 50:55] = 2
    frames[0, 50:55, 10:15] = 3
    assert stability(LabelMovie.from_array(frames)).one_frame_cells == pytest.approx(1 / 4)


@pytest.mark.parametrize("edges", [[0, 0, 0], [10]])
def test_without_cells_or_with_one_frame_nothing_can_be_said(edges: list[int]) -> None:
    scores = stability(squares(edges))
    assert np.isnan([scores.neighbour_iou, scores.area_flicker, scores.one_frame_cells]).all()
