from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.cli.grow import grow_masks
from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, OutputError
from podia.data.movie import Movie
from podia.evaluation.positions import centroids
from podia.io.read import read_labels
from podia.labels.geodesic_growth import grow_geodesic
from podia.segmentation.config import GrowthConfig
from podia.segmentation.seeded import grow_movie, grow_points
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.testing.phase_contrast import disc, iou, phase_contrast

UM = Calibration(pixel_size_um=1.0)
SHAPE = (130, 180)


def seen(*cells: tuple[float, float, float]) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """Return a phase-contrast image of discs ``(y, x, radius)``, and the discs."""
    discs = [disc(SHAPE, (y, x), radius) for y, x, radius in cells]
    return phase_contrast(np.any(discs, axis=0)), discs


def test_two_cells_that_touch_are_parted_half_way_between_their_points() -> None:
    image, (left, right) = seen((60, 50, 18), (60, 84, 18))
    masks = grow_points(image, np.array([[60.0, 50.0], [60.0, 84.0]]), None, UM)
    assert iou(masks == 1, left) > 0.85
    assert iou(masks == 2, right) > 0.85


def test_each_mask_has_the_number_of_its_point_and_one_piece() -> None:
    image, _ = seen((30, 30, 14), (80, 120, 16), (85, 40, 15))
    points = np.array([[80.0, 120.0], [85.0, 40.0], [30.0, 30.0]])
    masks = grow_points(image, points, None, UM)
    for number, (y, x) in enumerate(points, start=1):
        assert masks[int(y), int(x)] == number
        assert ndi.label(masks == number, np.ones((3, 3)))[1] == 1


def test_foreground_without_a_point_is_dropped_unless_it_is_to_be_kept() -> None:
    image, (marked, unmarked) = seen((60, 40, 16), (60, 120, 16))
    point = np.array([[60.0, 40.0]])
    assert not (grow_points(image, point, None, UM)[unmarked] > 0).any()
    kept = grow_points(image, point, GrowthConfig(keep_unmarked=True), UM)
    assert iou(kept == 2, unmarked) > 0.8
    assert iou(kept == 1, marked) > 0.8


def test_a_point_beside_its_cell_takes_the_cell() -> None:
    image, (cell,) = seen((60, 60, 16))
    masks = grow_points(image, np.array([[60.0, 84.0]]), None, UM)  # 8 px off the outline
    assert iou(masks == 1, cell) > 0.8


@pytest.mark.parametrize(("seed", "beside"), [(3, (207.0, 232.0)), (5, (205.0, 137.0))])
def test_a_point_beside_a_cell_that_has_one_keeps_its_own_region(
    seed: int, beside: tuple[float, float]
) -> None:
    movie = simulate(SimulationConfig(n_frames=1, size_px=256, n_cells=10, seed=seed))
    points = np.concatenate([centroids(movie.labels.frame(0)), [beside]])
    masks = grow_points(movie.movie.frame(0), points, None, movie.movie.calibration)
    assert masks[int(beside[0]), int(beside[1])] == len(points)


def test_a_point_far_from_anything_gets_a_small_region() -> None:
    image, _ = seen((60, 40, 16))
    masks = grow_points(image, np.array([[60.0, 40.0], [60.0, 130.0]]), None, UM)
    assert 10 <= (masks == 2).sum() <= np.pi * 10**2
    assert masks[60, 130] == 2


def test_a_cell_much_larger_than_the_others_is_limited() -> None:
    image, (_, _, large) = seen((20, 20, 9), (20, 60, 9), (75, 110, 36))
    points = np.array([[20.0, 20.0], [20.0, 60.0], [75.0, 110.0]])
    limited = grow_points(image, points, GrowthConfig(max_area_medians=4), UM)
    whole = grow_points(image, points, GrowthConfig(max_area_medians=100), UM)
    assert iou(whole == 3, large) > 0.9
    areas = np.bincount(limited.ravel())[1:]
    assert areas[2] <= 4 * np.bincount(whole.ravel())[1:3].max()


def test_no_points_give_no_masks_and_a_stray_one_is_refused() -> None:
    image, _ = seen((60, 40, 16))
    assert not grow_points(image, np.empty((0, 2)), None, UM).any()
    with pytest.raises(InvalidInputError, match="outside the image"):
        grow_points(image, np.array([[60.0, 180.0]]), None, UM)


def test_a_pixel_size_changes_nothing_but_the_scale_of_lengths() -> None:
    image, _ = seen((60, 50, 18), (60, 84, 18))
    points = np.array([[60.0, 50.0], [60.0, 84.0]])
    np.testing.assert_array_equal(grow_points(image, points), grow_points(image, points, None, UM))


def test_ways_round_a_wall_are_counted_along_the_way() -> None:
    mask = np.ones((5, 7), bool)
    mask[:4, 3] = False  # open in the last row only
    seeds = np.zeros((5, 7), np.int32)
    seeds[0, 2], seeds[4, 6] = 1, 2
    labels, total = grow_geodesic(seeds, np.ones((5, 7), np.float32), mask)
    assert (labels[:4, 4:] == 2).all()  # nearer to 1 as the crow flies
    assert total[0, 4] == pytest.approx(2 + 2 * np.sqrt(2))
    assert not labels[:4, 3].any()


def test_frames_of_a_movie_are_grown_when_they_are_read() -> None:
    image, (cell,) = seen((60, 60, 16))
    movie = Movie.from_array(np.stack([image, image]), UM)
    masks = grow_movie(movie, pd.DataFrame({"frame": [1], "y": [60.0], "x": [60.0]}))
    assert not masks.frame(0).any()
    assert iou(masks.frame(1) == 1, cell) > 0.8
    assert not masks.positions_only


def test_the_command_writes_labels_that_fiji_and_a_run_can_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, (cell,) = seen((60, 60, 16))
    movie, points, output = (tmp_path / name for name in ("m.tif", "p.csv", "out.tif"))
    tifffile.imwrite(movie, np.stack([image] * 2), imagej=True, metadata={"axes": "TYX"})
    points.write_text("frame,y,x\n0,60,60\n")
    grow_masks(movie, points, output, pixel_size_um=1.0, set_=["edge_weight=1"], quiet=True)
    labels = read_labels(output)
    assert labels.calibration.pixel_size_um == pytest.approx(1.0)
    assert iou(labels.frame(0) == 1, cell) > 0.8
    assert "Masks of 1 points in 1 frames" in capsys.readouterr().out


def test_the_command_replaces_labels_only_on_request(tmp_path: Path) -> None:
    image, _ = seen((60, 60, 16))
    movie, points, output = (tmp_path / name for name in ("m.tif", "p.csv", "labels.tif"))
    tifffile.imwrite(movie, image)
    points.write_text("frame,y,x\n0,60,60\n")
    output.write_bytes(b"drawn by hand")
    with pytest.raises(OutputError, match=r"labels.tif' already exists.*--overwrite"):
        grow_masks(movie, points, output, pixel_size_um=1.0, quiet=True)
    assert output.read_bytes() == b"drawn by hand"
    grow_masks(movie, points, output, pixel_size_um=1.0, overwrite=True, quiet=True)
    assert read_labels(output).frame(0).any()
