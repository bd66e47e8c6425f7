"""Protrusion tips of cells whose protrusions are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.draw import line

from podia.data.calibration import Calibration
from podia.data.length import Length
from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.tips import CellProtrusions, find_protrusions
from podia.testing.drawn_cells import arc, arm_tip, disc, ring, star, strip

PIXELS = Calibration()


def found_in(mask: np.ndarray, **settings: float | str) -> CellProtrusions:
    return find_protrusions([mask], ProtrusionConfig(**settings), PIXELS)[0]


def error_px(found: CellProtrusions, expected: list[tuple[float, float]]) -> float:
    """Return the largest distance of an expected tip to the nearest found one, their numbers being equal."""
    assert len(found.tips) == len(expected)
    return max(min(math.dist(tip.position, truth) for tip in found.tips) for truth in expected)


@pytest.mark.parametrize("angle", np.arange(0, 360, 22.5).tolist())
@pytest.mark.parametrize(("half_width", "radius"), [(1.5, 10), (3, 15), (6, 20)])
def test_an_arm_in_any_direction_has_its_tip_and_length(angle, half_width, radius):
    found = found_in(star([angle], length=50, half_width=half_width, radius=radius))
    assert error_px(found, [arm_tip((60, 60), angle, 50)]) < 1.5
    (tip,) = found.tips
    # The drawn outline ends up to a pixel off; over offsets this averages out (see the next test).
    assert tip.length == pytest.approx(50, abs=1.1)
    assert tip.length_beyond_body == pytest.approx(50 - radius, abs=1.5)
    assert tip.branch_length == pytest.approx(50 - radius, abs=2.5)
    # On the grid's own axes an arm of 6 px is 7 pixels wide, and 4 steps from its middle to the background.
    assert tip.diameter == pytest.approx(2 * half_width, abs=2)


@pytest.mark.parametrize("angle", [0, 11, 22.5, 37, 45, 90])
def test_length_has_no_bias_in_any_direction(angle):
    generator = np.random.default_rng(1)
    errors = []
    for _ in range(12):
        centre = tuple(60 + generator.uniform(-0.5, 0.5, 2))
        errors.append(found_in(star([angle], length=55, centre=centre)).tips[0].length / 55 - 1)
    assert abs(np.mean(errors)) < 0.01


def test_chamfer_lengths_are_those_of_s0():
    mask = star([22.5], length=55)
    exact, chamfer = found_in(mask).tips[0], found_in(mask, geodesic="chamfer").tips[0]
    assert chamfer.position == exact.position
    assert chamfer.length / exact.length == pytest.approx(1.08, abs=0.015)


def test_tips_are_counted_from_the_longest():
    centre = (60, 60)
    mask = disc(15)
    for angle, length in [(0, 40), (120, 50), (240, 30)]:
        mask |= strip(centre, arm_tip(centre, angle, length - 3), 3)
    assert [round(tip.length) for tip in found_in(mask).tips] == pytest.approx([50, 40, 30], abs=1)


@pytest.mark.parametrize("n_arms", [3, 4, 5])
@pytest.mark.parametrize("turn", [0, 17])
def test_a_star_has_an_arm_a_tip_and_one_branch_point(n_arms, turn):
    angles = [turn + 360 * k / n_arms for k in range(n_arms)]
    found = found_in(star(angles, length=50))
    assert error_px(found, [arm_tip((60, 60), angle, 50) for angle in angles]) < 1.5
    assert len(found.branch_point_diameters) <= 2
    # The branch point lies near the centre, where twice the distance to the outline is 30.
    assert 22 < found.branch_point_diameters[0] < 32


def test_a_fork_has_two_tips_and_a_branch_point_as_wide_as_the_arm():
    centre, fork = (60.0, 40.0), (60.0, 75.0)
    prongs = [arm_tip(fork, angle, 25) for angle in (50, -50)]
    mask = disc(15, centre=centre) | strip(centre, fork, 3)
    for prong in prongs:
        mask |= strip(fork, prong, 3)
    found = found_in(mask)
    tips = [arm_tip(fork, angle, 28) for angle in (50, -50)]
    assert error_px(found, tips) < 1.5
    assert len(found.branch_point_diameters) == 1
    assert found.branch_point_diameters[0] == pytest.approx(8, abs=2)
    # A prong's branch ends at the fork, though its path runs on to the body.
    assert all(tip.branch_length == pytest.approx(28, abs=3) for tip in found.tips)
    assert all(tip.length_beyond_body > 45 for tip in found.tips)


def test_a_bent_arm_is_followed_around_its_bend():
    # From the body at the left, over the top of a circle of 35 px, to the right.
    mask = arc(35, 4, 0, 180) | disc(14, centre=(60, 25))
    found = found_in(mask)
    (tip,) = found.tips
    assert math.dist(tip.position, (60.5, 95)) < 4.5
    # At least half the inner circle, at most half the outer one.
    assert math.pi * 31 < tip.length < math.pi * 39
    assert tip.length > math.dist(tip.position, found.body.centre) + 25


@pytest.mark.parametrize("angle", range(0, 360, 30))
def test_an_arm_one_pixel_wide_is_found(angle):
    y, x = (round(value) for value in arm_tip((60, 60), angle, 50))
    mask = disc(12)
    mask[line(60, 60, y, x)] = True
    found = found_in(mask)
    assert error_px(found, [(y, x)]) < 1.0
    assert found.tips[0].diameter == 2


def test_a_spindle_has_its_two_ends_and_each_its_own_diameter():
    mask = disc(12)
    mask |= strip((60, 60), (60, 110), 2) | strip((60, 60), (60, 20), 5)
    found = found_in(mask)
    assert error_px(found, [(60, 112), (60, 15)]) < 1.0
    assert [tip.diameter for tip in found.tips] == pytest.approx([5, 11], abs=1.1)
    assert found.branch_point_diameters == ()


def test_the_ends_of_a_rectangle_are_tips_and_its_corners_are_not():
    mask = np.pad(np.ones((20, 80), bool), 3)
    found = found_in(mask)
    # The corners lie 10 px aside of the middle of the short sides.
    assert error_px(found, [(12.5, 2.5), (12.5, 82.5)]) < 1.0
    assert [tip.length_beyond_body for tip in found.tips] == pytest.approx([30, 30], abs=0.3)


@pytest.mark.parametrize(
    "mask",
    [
        disc(30),
        np.pad(np.ones((50, 50), bool), 3),
        ring(20, 40),
        np.pad(np.ones((1, 1), bool), 3),
        np.pad(np.ones((1, 2), bool), 3),
        np.pad(np.eye(2, dtype=bool), 3),
    ],
    ids=["disc", "square", "ring", "pixel", "two pixels", "two pixels at a corner"],
)
def test_cells_without_arms_have_no_tips(mask):
    assert found_in(mask, min_length=Length(px=0), min_length_beyond_body=Length(px=0.5)).tips == ()


@pytest.mark.parametrize("turn", [0, 33])
@pytest.mark.parametrize(("corner", "n_tips"), [(60, 3), (100, 1)])
def test_sharp_corners_are_tips_and_blunt_ones_are_not(turn, corner, n_tips):
    # An isosceles triangle with one corner of that angle; the others have (180 - corner) / 2.
    half = math.radians(corner / 2)
    top = np.array([0.0, 0.0])
    feet = 80 * np.array([[math.cos(half), -math.sin(half)], [math.cos(half), math.sin(half)]])
    corners = np.array([top, *feet])
    corners -= corners.mean(axis=0)
    angle = math.radians(turn)
    corners = (
        corners @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) + 80
    )
    y, x = np.mgrid[:161, :161]
    sides = [
        (b[0] - a[0]) * (x - a[1]) - (b[1] - a[1]) * (y - a[0])
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
    ]
    mask = np.logical_and.reduce([side >= 0 for side in sides]) | np.logical_and.reduce(
        [s <= 0 for s in sides]
    )
    expected = {3: [0, 1, 2], 1: [1, 2]}[n_tips]
    assert error_px(found_in(mask), [tuple(corners[i]) for i in expected]) < 4


def test_roughness_of_the_outline_makes_no_tips():
    generator = np.random.default_rng(3)
    y, x = np.mgrid[:121, :121]
    rough = 30 + np.repeat(generator.normal(0, 0.7, 120), 3)
    angle = np.degrees(np.arctan2(60 - y, x - 60)) % 360
    mask = np.hypot(y - 60, x - 60) <= rough[angle.astype(int)]
    assert found_in(mask).tips == ()


@pytest.mark.parametrize(("length", "kept"), [(24, 0), (27, 1)])
def test_the_least_length_is_from_the_body_centre(length, kept):
    assert len(found_in(star([0], length=length, radius=10, half_width=2)).tips) == kept


@pytest.mark.parametrize(("length", "kept"), [(34, 0), (38, 1)])
def test_the_least_length_beyond_the_body_is_asked_too(length, kept):
    assert len(found_in(star([0], length=length, radius=30, half_width=2)).tips) == kept


def test_limits_in_micrometres_hold_where_the_pixel_size_is_known():
    mask = star([0], length=30, radius=10)
    config = ProtrusionConfig(min_length=Length(um=20, px=999))
    assert len(find_protrusions([mask], config, Calibration(pixel_size_um=0.7))[0].tips) == 1
    assert len(find_protrusions([mask], config, Calibration(pixel_size_um=0.6))[0].tips) == 0


def test_a_piece_broken_off_an_arm_prolongs_it():
    mask = disc(15, centre=(60, 30)) | strip((60, 30), (60, 60), 3)
    mask |= strip((60, 70), (60, 95), 3)
    found = found_in(mask)
    assert error_px(found, [(60, 98)]) < 1.5
    assert found.tips[0].length == pytest.approx(68, abs=1.5)


def test_the_base_is_where_the_path_leaves_the_body_circle():
    found = found_in(star([30], length=50))
    base, centre = found.tips[0].base, found.body.centre
    assert math.dist(base, centre) == pytest.approx(found.body.radius)
    assert math.dist(base, arm_tip(centre, 30, found.body.radius)) < 0.5


def test_masks_are_not_changed():
    mask = star([0, 90], length=50)
    before = mask.copy()
    found_in(mask)
    assert (mask == before).all()
