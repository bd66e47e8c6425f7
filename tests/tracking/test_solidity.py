import numpy as np
import pytest
from skimage.measure import regionprops

from podia.tracking.solidity import solidities


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
