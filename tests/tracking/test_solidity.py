import numpy as np
import pytest
from skimage.measure import regionprops

from podia.data.movie import LabelMovie
from podia.tracking.config import TrackingConfig
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
    square, corner, pixel, disc = solidities(image, np.bincount(image.ravel())[1:])
    assert (square, pixel) == (1, 1)
    # Arms of 20 x 5 and 15 x 5; the hull adds the triangle between their ends, 15 x 15 / 2.
    assert corner == pytest.approx(175 / (175 + 112.5))
    assert disc > 0.9  # the corners of its pixels stand out


def test_large_cells_agree_with_scikit_image() -> None:
    image = _cells()
    found = solidities(image, np.bincount(image.ravel())[1:])
    expected = [region.solidity for region in regionprops(image)]
    # scikit-image counts whole pixels of the hull, which matters less the larger a cell is.
    np.testing.assert_allclose(found[[0, 1, 3]], np.array(expected)[[0, 1, 3]], atol=0.05)


def test_without_cells_there_is_nothing() -> None:
    assert solidities(np.zeros((5, 5), np.int32), np.zeros(0, np.int64)).shape == (0,)


def _discs_that_come_apart(*, joined_is_round: bool) -> LabelMovie:
    """One label for three frames, then two discs side by side, which move apart."""
    frames = np.zeros((7, 60, 90), np.int32)
    yy, xx = np.mgrid[:60, :90]
    for t in range(7):
        apart = 9 + max(0, t - 2)
        left = (yy - 30) ** 2 + (xx - 45 + apart) ** 2 <= 81
        right = (yy - 30) ** 2 + (xx - 45 - apart) ** 2 <= 81
        if t < 3:
            whole = (yy - 30) ** 2 + (xx - 45) ** 2 <= 144
            frames[t][whole if joined_is_round else left | right] = 1
        else:
            frames[t][left], frames[t][right] = 1, 2
    return LabelMovie.from_array(frames)


def test_a_round_cell_that_becomes_two_has_divided() -> None:
    assert len(track(_discs_that_come_apart(joined_is_round=True)).daughters()) == 1


def test_touching_cells_whose_masks_were_one_have_not_divided_when_they_come_apart() -> None:
    config = TrackingConfig(division_min_solidity=0.9)
    assert track(_discs_that_come_apart(joined_is_round=False), config).daughters() == {}
