"""The body circle, and pieces joined to one cell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label

from podia.measurement.protrusions.body import distance_to_outline, find_body, join_pieces
from podia.testing.drawn_cells import disc, strip

EIGHT = np.ones((3, 3))


def joined(mask: np.ndarray, min_share: float = 0.0) -> np.ndarray:
    return join_pieces(mask, distance_to_outline(mask), min_share)


@pytest.mark.parametrize("radius", [5, 12, 30])
def test_the_body_of_a_disc_is_the_disc(radius):
    body = find_body(distance_to_outline(disc(radius)))
    assert body.centre == (60, 60)
    # The nearest pixel outside a disc lies hardly beyond its edge, since there are so many.
    assert radius < body.radius < radius + 0.3


def test_the_body_is_the_wider_end_of_a_club():
    mask = disc(20, centre=(60, 35)) | strip((60, 35), (60, 100), 8)
    body = find_body(distance_to_outline(mask))
    assert body.centre == (60, 35)
    assert body.radius == pytest.approx(20, abs=0.3)


@pytest.mark.parametrize(("height", "width"), [(20, 60), (21, 60), (60, 20), (20, 20)])
def test_the_body_of_a_straight_cell_is_in_its_middle(height, width):
    # Every place on its axis is as wide; the first maximum in reading order would be at one end.
    mask = np.pad(np.ones((height, width), bool), 1)
    assert find_body(distance_to_outline(mask)).centre == ((height + 1) / 2, (width + 1) / 2)


def test_the_body_of_a_bent_cell_of_even_width_is_inside_it():
    mask = np.zeros((60, 60), bool)
    mask[5:15, 5:55] = mask[5:55, 5:15] = True
    mask[14, 14] = True
    distance = distance_to_outline(mask)
    y, x = find_body(distance).centre
    assert distance[round(y), round(x)] == distance.max()


def test_a_cell_in_one_piece_is_left_alone():
    mask = disc(10)
    assert joined(mask) is mask


def test_pieces_are_joined_to_one_by_lines_two_pixels_wide():
    mask = disc(10, centre=(30, 30)) | disc(6, centre=(30, 60)) | disc(4, centre=(50, 60))
    assert label(mask, EIGHT)[1] == 3
    whole = joined(mask)
    assert label(whole)[1] == 1
    assert whole[mask].all()
    assert whole[:, 47].sum() == whole[42, :].sum() == 2


def test_specks_are_left_out():
    mask = disc(10, centre=(30, 30))
    speck = mask.copy()
    speck[30, 50] = True
    assert (joined(speck, min_share=0.01) == mask).all()
    assert label(joined(speck), EIGHT)[1] == 1


def test_joining_changes_nothing_in_place():
    mask = disc(10, centre=(30, 30)) | disc(6, centre=(30, 60))
    before = mask.copy()
    joined(mask)
    assert (mask == before).all()


def test_a_line_between_pieces_at_the_edge_keeps_the_margin_free():
    mask = np.zeros((3, 9), bool)
    mask[1, [1, 7]] = True
    assert joined(mask)[1].tolist() == [False, *[True] * 7, False]
    assert joined(mask).sum() == 7
