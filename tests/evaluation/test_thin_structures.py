import numpy as np
import pytest
from scipy.ndimage import binary_opening
from skimage.morphology import disk

from podia.evaluation.protrusion_recall import ThinLengths, thin_lengths


def cell_with_arm(length: int = 40, width: int = 3) -> np.ndarray:
    """A disc of radius 15 with one straight arm to the right, `length` px beyond its outline."""
    yy, xx = np.mgrid[:80, :120]
    mask = (yy - 40) ** 2 + (xx - 30) ** 2 <= 15**2
    half = width // 2
    mask[40 - half : 40 + half + 1, 30 : 30 + 15 + length + 1] = True
    return mask


def test_the_length_is_that_of_the_arm() -> None:
    lengths = thin_lengths(cell_with_arm(40), cell_with_arm(40))
    # The skeleton ends about half an arm's width before the arm does.
    assert lengths.total_px == pytest.approx(40, abs=2.5)
    assert lengths.recall == 1


def test_half_an_arm_is_half_the_recall() -> None:
    recall = thin_lengths(cell_with_arm(40), cell_with_arm(20)).recall
    assert recall == pytest.approx(0.5, abs=0.06)


def test_an_arm_lost_by_opening_is_seen_by_this_score_and_hardly_by_overlap() -> None:
    truth = cell_with_arm()
    opened = binary_opening(truth, disk(2))
    assert thin_lengths(truth, opened).recall < 0.1
    assert (truth & opened).sum() / (truth | opened).sum() > 0.8


def test_a_diagonal_arm_is_sqrt_2_a_pixel() -> None:
    mask = np.zeros((100, 100), bool)
    yy, xx = np.mgrid[:100, :100]
    mask[(yy - 20) ** 2 + (xx - 20) ** 2 <= 64] = True
    steps = np.arange(60)
    mask[20 + steps, 20 + steps] = True
    # From the circle's edge (8 px, that is 5.7 steps) to the end at 59 steps.
    assert thin_lengths(mask, mask).total_px == pytest.approx((59 - 5.7) * 2**0.5, abs=3)


def test_a_disc_has_no_thin_structure() -> None:
    yy, xx = np.mgrid[:60, :60]
    disc = (yy - 30) ** 2 + (xx - 30) ** 2 <= 400
    assert np.isnan(thin_lengths(disc, disc).recall)


def test_lengths_add_up() -> None:
    assert (ThinLengths(10, 5) + ThinLengths(30, 5)).recall == 0.25


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_both_changes_little(turns: int) -> None:
    truth, result = cell_with_arm(40), cell_with_arm(20)
    turned = thin_lengths(np.rot90(truth, turns), np.rot90(result, turns))
    # Thinning peels one side before the other, so a turned skeleton may end a pixel earlier.
    assert turned.recall == pytest.approx(thin_lengths(truth, result).recall, abs=0.05)
