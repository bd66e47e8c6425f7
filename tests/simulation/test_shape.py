from __future__ import annotations

import math

import numpy as np
import pytest

from podia.simulation.masks import cell_mask
from simulated_cells import arm, cell


def test_the_tip_is_where_the_centre_line_leaves_the_half_disc() -> None:
    assert arm().tip() == pytest.approx((52.0, 0.0))
    # v = 0.01 u^2 has slope 1 at u = 50: the tip lies half a width on, at 45 degrees.
    assert arm(bend=0.01).tip() == pytest.approx((50 + math.sqrt(2), 25 + math.sqrt(2)))


@pytest.mark.parametrize("changes", [{}, {"bend": 0.004}, {"twist": 5e-5, "taper": 0.5}, {"angle": 2.0}])
def test_the_tip_is_on_the_outline(changes: dict[str, float]) -> None:
    shape = arm(**changes)
    u, v = (np.asarray(value) for value in shape.tip())
    assert float(shape.depth(u, v)) == pytest.approx(0.0, abs=1e-9)
    slope = float(shape.slope(np.asarray(shape.reach)))
    assert float(shape.depth(u + 0.01, v + 0.01 * slope)) < 0.0


def test_points_go_to_the_cell_and_back() -> None:
    shape = arm(angle=1.1)
    u, v = shape.from_cell(*shape.to_cell(np.array([3.0, 40.0]), np.array([-1.0, 2.0])))
    assert u == pytest.approx([3.0, 40.0])
    assert v == pytest.approx([-1.0, 2.0])


def test_a_protrusion_narrows_linearly_to_its_end_and_widens_into_the_body() -> None:
    shape = arm(taper=0.5, flare=3.0)
    assert 2 * shape.half_width(np.array([50.0]))[0] == pytest.approx(2.0, abs=0.05)
    assert shape.half_width(np.array([15.0]))[0] == pytest.approx(0.5 * 4 * 0.85 + 3.0)


def test_a_pixel_belongs_to_the_cell_exactly_if_its_centre_is_inside() -> None:
    shape = cell(arm(angle=0.7, bend=0.003), arm(angle=3.0, flare=2.0))
    mask = cell_mask(shape, (140, 140))
    assert mask is not None
    y, x = np.mgrid[:140, :140] - 60.0
    expected = shape.depth(y, x) >= 0
    drawn = np.zeros((140, 140), bool)
    drawn[mask.window.slices] = mask.pixels
    assert np.array_equal(drawn, expected)


def test_the_area_of_a_disc_with_a_straight_protrusion_is_right() -> None:
    # Not along the pixel grid, where a whole row more or less of the strip would count.
    mask = cell_mask(cell(arm(angle=0.3)), (140, 140))
    assert mask is not None
    # Disc, strip from the disc's edge (at its corners) to 50 px, half disc of radius 2.
    expected = math.pi * 15**2 + 4 * (50 - math.sqrt(15**2 - 2**2)) + math.pi * 2**2 / 2
    assert mask.area == pytest.approx(expected, rel=0.02)


def test_a_cell_moved_by_whole_pixels_has_the_same_mask_elsewhere() -> None:
    one = cell_mask(cell(arm(angle=0.4), y=60.3, x=55.8), (150, 150))
    other = cell_mask(cell(arm(angle=0.4), y=63.3, x=50.8), (150, 150))
    assert one is not None
    assert other is not None
    assert np.array_equal(one.pixels, other.pixels)
    assert np.subtract(other.centroid(), one.centroid()) == pytest.approx([3.0, -5.0])


def test_a_cell_that_the_edge_cuts_in_two_keeps_its_larger_piece() -> None:
    # The body lies left of the frame; two protrusions reach into it.
    outside = cell(arm(angle=0.5), arm(angle=-0.5, reach=40.0), x=-20.0)
    mask = cell_mask(outside, (120, 120))
    assert mask is not None
    assert mask.is_cut
    rows = np.nonzero(mask.pixels)[0] + mask.window.top
    assert rows.min() > 60, "only the longer protrusion, which points down, is left"


def test_a_cell_out_of_view_has_no_mask() -> None:
    assert cell_mask(cell(x=-40.0), (120, 120)) is None
