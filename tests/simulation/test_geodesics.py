from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.simulation.geodesics import body_circle, path_lengths, pull_tight, shortest_path
from simulated_cells import arm, cell


def length_of(path: np.ndarray) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def test_a_string_through_open_gates_is_straight() -> None:
    path = pull_tight(
        np.zeros(2), np.array([4.0, 3.0]), np.arange(1.0, 4.0), np.full(3, -9.0), np.full(3, 9.0)
    )
    assert path.tolist() == [[0.0, 0.0], [4.0, 3.0]]


def test_a_string_bends_at_the_corner_of_the_gate_that_is_in_its_way() -> None:
    low, high = np.array([-9.0, 3.0, -9.0]), np.array([9.0, 9.0, 9.0])
    path = pull_tight(np.zeros(2), np.array([8.0, 0.0]), np.array([2.0, 4.0, 6.0]), low, high)
    assert path.tolist() == [[0.0, 0.0], [4.0, 3.0], [8.0, 0.0]]
    assert length_of(path) == 10.0


def test_a_string_winds_through_gates_on_both_sides() -> None:
    low, high = np.array([3.0, -9.0]), np.array([9.0, -3.0])
    path = pull_tight(np.zeros(2), np.array([12.0, 0.0]), np.array([4.0, 8.0]), low, high)
    assert path.tolist() == [[0.0, 0.0], [4.0, 3.0], [8.0, -3.0], [12.0, 0.0]]


gates = st.lists(
    st.tuples(st.floats(-20, 20), st.floats(0.1, 10)).map(lambda g: (g[0], g[0] + g[1])),
    min_size=1,
    max_size=12,
)


@given(gates)
@settings(max_examples=80, deadline=None)
def test_a_tight_string_passes_every_gate_and_no_other_string_is_shorter(
    gates: list[tuple[float, float]],
) -> None:
    u = np.arange(1.0, len(gates) + 1)
    low, high = np.array(gates).T
    path = pull_tight(np.zeros(2), np.array([len(gates) + 1.0, 0.0]), u, low, high)
    across = np.interp(u, path[:, 0], path[:, 1])
    assert (across >= low - 1e-6).all()
    assert (across <= high + 1e-6).all()
    generator = np.random.default_rng(0)
    for _ in range(20):
        other = np.clip(across + generator.normal(0, 0.5, len(u)), low, high)
        detour = np.column_stack((np.r_[0, u, len(u) + 1.0], np.r_[0, other, 0]))
        assert length_of(detour) >= length_of(path) - 1e-9


def test_the_body_circle_of_a_disc_is_the_disc() -> None:
    circle = body_circle(cell())
    assert math.hypot(circle.y, circle.x) < 0.05
    assert circle.radius == pytest.approx(15.0, abs=0.01)


def test_the_body_circle_of_an_uneven_body_touches_its_nearest_sides() -> None:
    # Three lobes: the nearest points of the outline lie 0.9 radii away, a third of a turn apart.
    circle = body_circle(cell(modes=np.array([0, 0.1, 0, 0], complex)))
    assert math.hypot(circle.y, circle.x) < 0.05
    assert circle.radius == pytest.approx(13.5, abs=0.02)


def test_protrusions_leave_the_body_circle_of_a_disc_where_it_is() -> None:
    # Whichever way the centre moves, some part of the outline that is not a mouth comes nearer.
    circle = body_circle(cell(arm(flare=3.0), arm(angle=2.0), arm(angle=-2.0)))
    assert math.hypot(circle.y, circle.x) < 0.05
    assert circle.radius == pytest.approx(15.0, abs=0.02)


def test_protrusions_on_one_side_draw_the_body_circle_between_them() -> None:
    # Their mouths cover the disc's right half, so that only its left half holds the circle back.
    arms = [arm(angle=angle, width=18.0) for angle in (-1.0, 0.0, 1.0)]
    circle = body_circle(cell(*arms))
    assert 0.5 < circle.x < 6.0
    assert abs(circle.y) < 0.1
    assert circle.radius > 15.2


def test_a_straight_protrusion_is_as_long_as_from_the_centre_to_its_tip() -> None:
    path = shortest_path(arm(), body_circle(cell(arm())))
    assert length_of(path) == pytest.approx(52.0, abs=0.05)
    inside, base = path_lengths(path, 15.0)
    assert inside == pytest.approx(15.0)
    assert base == pytest.approx([15.0, 0.0], abs=0.1)


def test_a_bent_protrusion_is_shorter_than_its_centre_line_and_longer_than_the_chord() -> None:
    bent = arm(bend=0.005)
    u = np.linspace(0.0, bent.reach, 2000)
    centre_line = length_of(np.column_stack((u, bent.across(u)))) + 2.0
    path = shortest_path(bent, body_circle(cell(bent)))
    assert math.dist(path[0], path[-1]) < length_of(path) < centre_line


def test_the_shortest_path_stays_inside_the_cell() -> None:
    bent = arm(bend=0.004, twist=0.00004, taper=0.6, flare=3.0)
    shape = cell(bent)
    path = shortest_path(bent, body_circle(shape))
    walked = np.linspace(0, len(path) - 1, 400)
    u, v = (np.interp(walked, np.arange(len(path)), axis) for axis in path.T)
    # Between two of the sampled columns the outline may bulge inwards by a little.
    assert shape.depth(*bent.to_cell(u, v)).min() > -0.02


def test_a_quarter_turn_of_the_protrusion_changes_nothing() -> None:
    lengths = []
    for angle in (0.3, 0.3 + math.pi / 2):
        bent = arm(bend=0.004, angle=angle)
        lengths.append(length_of(shortest_path(bent, body_circle(cell(bent)))))
    assert lengths[0] == pytest.approx(lengths[1], abs=0.05)
