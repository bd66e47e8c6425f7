"""Tips linked through time."""

from __future__ import annotations

import numpy as np
import pytest

from podia.measurement.protrusions.linking import link_tips


def linked(rows: list[tuple[int, int, float, float]], *, reach: float = 10, gap: int = 1) -> list[int]:
    """Return the protrusion of each tip ``(frame, track, y, x)``, places relative to the centroid."""
    table = np.array(rows, dtype=float).reshape(-1, 4)
    ids = link_tips(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:],
        max_distance_px=reach,
        max_gap_frames=gap,
    )
    return ids.tolist()


def test_two_tips_keep_their_protrusions_whatever_their_order():
    assert linked([(0, 5, 0, 30), (0, 5, 0, -30), (1, 5, 2, -33), (1, 5, 1, 35)]) == [1, 2, 2, 1]


def test_a_tip_too_far_off_is_a_new_protrusion():
    assert linked([(0, 5, 0, 30), (1, 5, 0, 40)]) == [1, 1]
    assert linked([(0, 5, 0, 30), (1, 5, 0, 40.1)]) == [1, 2]


@pytest.mark.parametrize(("gap", "expected"), [(0, [1, 2]), (1, [1, 1])])
def test_a_protrusion_may_be_missed_in_as_many_frames_as_allowed(gap, expected):
    assert linked([(0, 5, 0, 30), (2, 5, 0, 31)], gap=gap) == expected


def test_a_near_link_is_not_given_up_for_two_far_ones():
    # The first tip stays at 0. A second one appears at 9.5, in reach of it; the one at 18 is gone.
    rows = [(0, 5, 0, 0), (0, 5, 0, -9), (1, 5, 0, 0), (1, 5, 0, 9.5)]
    assert linked(rows) == [1, 2, 1, 3]


def test_cells_do_not_share_protrusions():
    assert linked([(0, 5, 0, 30), (0, 6, 0, 30), (1, 6, 0, 30)]) == [1, 2, 2]


def test_protrusions_are_numbered_by_their_first_appearance():
    assert linked([(3, 9, 0, 30), (4, 2, 0, 30), (4, 9, 0, 30)]) == [1, 2, 1]


def test_no_tips_no_protrusions():
    assert linked([]) == []
