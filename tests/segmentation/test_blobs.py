import numpy as np
import pytest
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.movie import Movie
from podia.segmentation.blobs import blob_response, find_blobs
from podia.segmentation.config import BlobConfig, SegmentationConfig
from podia.segmentation.segment import segment

CENTRES = np.array([[20.0, 25.0], [30.0, 90.0], [85.0, 40.0], [80.0, 100.0]])
SHAPE = (110, 130)
DARK = BlobConfig(cell_diameter="16 px", cells="dark")


def discs(sign: float, *, noise: float = 2.0, radius: float = 8.0) -> NDArray[np.float64]:
    """Return an image of discs, darker (-1) or brighter (1) than a ground that is brighter to the right."""
    yy, xx = np.mgrid[: SHAPE[0], : SHAPE[1]]
    ground = 100 + 0.3 * xx + np.random.default_rng(0).normal(0, noise, SHAPE)
    inside = np.any([np.hypot(yy - y, xx - x) <= radius for y, x in CENTRES], axis=0)
    return ground + sign * 30 * inside


def found_near(blobs: NDArray[np.float64]) -> list[float]:
    return [float(np.hypot(*(blobs[:, :2] - centre).T).min()) for centre in CENTRES]


@pytest.mark.parametrize(("sign", "cells"), [(-1.0, "dark"), (1.0, "bright"), (-1.0, "both"), (1.0, "both")])
def test_cells_darker_or_brighter_than_an_uneven_ground_are_found(sign: float, cells: str) -> None:
    blobs = find_blobs(discs(sign), BlobConfig(cell_diameter="16 px", cells=cells))
    assert len(blobs) == len(CENTRES)
    assert max(found_near(blobs)) < 1.5


def test_cells_of_the_other_sign_are_none() -> None:
    highest = find_blobs(discs(1.0), DARK)[:, 2].max()
    assert highest < 0.5 * find_blobs(discs(-1.0), DARK)[:, 2].min()


def test_the_response_is_largest_for_discs_of_the_size_asked_for() -> None:
    y, x = (int(v) for v in CENTRES[0])
    answers = {d: blob_response(discs(-1.0, noise=0), d, DARK)[y, x] for d in (6.0, 11.0, 16.0, 24.0)}
    assert max(answers, key=answers.__getitem__) == 16.0


def test_a_pixel_size_scales_lengths() -> None:
    image = discs(-1.0)
    in_um = find_blobs(image, BlobConfig(cell_diameter="8 um", cells="dark"), Calibration(pixel_size_um=0.5))
    np.testing.assert_allclose(in_um, find_blobs(image, DARK))


def test_brightness_does_not_matter_and_contrast_scales_the_quality() -> None:
    image = discs(-1.0)
    once, twice = find_blobs(image, DARK), find_blobs(2 * image + 70, DARK)
    np.testing.assert_allclose(twice[:, :2], once[:, :2], atol=1e-3)
    np.testing.assert_allclose(twice[:, 2], 2 * once[:, 2], rtol=1e-3)


def test_a_quality_of_ones_own_replaces_the_automatic_one() -> None:
    image = discs(-1.0)
    everything = find_blobs(image, DARK.model_copy(update={"min_quality": 0.0}))
    assert len(everything) > len(CENTRES)
    strict = DARK.model_copy(update={"min_quality": float(np.sort(everything[:, 2])[-2])})
    assert len(find_blobs(image, strict)) == 2


def test_a_constant_image_has_no_blob() -> None:
    assert find_blobs(np.full(SHAPE, 7, np.uint16), DARK).shape == (0, 3)


def test_a_movie_segmented_by_blobs_has_positions_only() -> None:
    movie = Movie.from_array(np.stack([discs(-1.0), np.full(SHAPE, 100.0)]))
    config = SegmentationConfig.parse({"method": "blobs", "blobs": DARK.model_dump()})
    labels = segment(movie, config)
    assert labels.positions_only
    assert labels.frame(0).max() == len(CENTRES)
    assert labels.frame(1).max() == 0
