import numpy as np
import pytest
from skimage.measure import regionprops

from podia.data.movie import LabelMovie
from podia.tracking.config import TrackingConfig
from podia.tracking.frame_cells import FrameCells
from podia.tracking.solidity import solidities
from podia.tracking.track import track


def _cells() -> np.ndarray:
    image = np.zeros((40, 60), np.int32)
    image[5:15, 5:15] = 1  # a square is its own hull
    image[20:40, 5:10] = image[35:40, 5:25] = 2  # an L
    image[3, 40] = 3  # a single pixel
    yy, xx = np.mgrid[:40, :60]
    image[(yy - 25) ** 2 + (xx - 45) ** 2 <= 100] = 4
    return image


def test_convex_cells_have_one_and_an_l_has_what_geometry_says() -> None:
    image = _cells()
    square, corner, pixel, disc = solidities(FrameCells.of(image))
    assert (square, pixel) == (1, 1)
    # Arms of 20 x 5 and 15 x 5; the hull adds the triangle between their ends, 15 x 15 / 2. A polygon of 32 sides
    # around it is larger by 3 %, most of it at the corners.
    assert corner == pytest.approx(175 / (175 + 112.5), rel=0.03)
    assert disc > 0.93  # a disc is full but for the steps of its pixels


@pytest.mark.parametrize("radius", [1, 1.5, 2, 2.5, 3.5, 5, 8, 15])
def test_a_disc_is_full_however_small(radius: float) -> None:
    yy, xx = np.mgrid[:40, :40]
    disc = ((yy - 20.3) ** 2 + (xx - 19.6) ** 2 <= radius**2).astype(np.int32)
    assert solidities(FrameCells.of(disc))[0] >= 0.95


def test_a_quarter_turn_changes_nothing() -> None:
    image = _cells()
    turned, upright = (solidities(FrameCells.of(one)) for one in (np.rot90(image), image))
    np.testing.assert_allclose(turned, upright)


def test_large_cells_agree_with_scikit_image() -> None:
    image = _cells()
    found = solidities(FrameCells.of(image))
    expected = [region.solidity for region in regionprops(image)]
    # scikit-image counts whole pixels of the hull, which matters less the larger a cell is.
    np.testing.assert_allclose(found[[0, 1, 3]], np.array(expected)[[0, 1, 3]], atol=0.03)


def test_without_cells_there_is_nothing() -> None:
    assert solidities(FrameCells.of(np.zeros((5, 5), np.int32))).shape == (0,)


def _discs_that_come_apart(*, round_until: int) -> LabelMovie:
    """One label for five frames, round at first, then as two discs that touch; two labels from then on."""
    frames = np.zeros((9, 60, 90), np.int32)
    yy, xx = np.mgrid[:60, :90]
    for t in range(9):
        apart = 9 + max(0, t - 4)
        left = (yy - 30) ** 2 + (xx - 45 + apart) ** 2 <= 81
        right = (yy - 30) ** 2 + (xx - 45 - apart) ** 2 <= 81
        if t < 5:
            whole = (yy - 30) ** 2 + (xx - 45) ** 2 <= 144
            frames[t][whole if t < round_until else left | right] = 1
        else:
            frames[t][left], frames[t][right] = 1, 2
    return LabelMovie.from_array(frames)


@pytest.mark.parametrize("round_until", [5, 4, 3])
def test_a_round_cell_that_becomes_two_has_divided_even_if_its_halves_hang_together(round_until: int) -> None:
    assert len(track(_discs_that_come_apart(round_until=round_until)).daughters()) == 1


def test_touching_cells_whose_masks_were_one_have_not_divided_when_they_come_apart() -> None:
    movie = _discs_that_come_apart(round_until=0)
    # Two discs that touch fill 2 pi / (pi + 4) = 0.88 of their hull, and these a little more, as they overlap.
    assert track(movie, TrackingConfig(division_min_solidity=0.95)).daughters() == {}
    assert len(track(movie, TrackingConfig(division_min_solidity=0.5)).daughters()) == 1
