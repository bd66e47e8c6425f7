from pathlib import Path

import numpy as np
import pytest
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

from drawn_files import corners_of, fiji_points, fiji_polygon, labelme_polygon, write_fiji_rois, write_labelme
from podia.data.errors import MovieReadError
from podia.io.drawn.outlines import read_outlines
from podia.reporting.outline_tracing import outlines
from podia.testing.small_movies import crawling_discs

SHAPE = (40, 50)
ROWS, COLUMNS = slice(20, 26), slice(10, 14)


def box(rows: slice, columns: slice) -> np.ndarray:
    image = np.zeros(SHAPE, bool)
    image[rows, columns] = True
    return image


def test_a_polygon_of_fiji_holds_the_pixels_that_it_was_drawn_around(tmp_path: Path) -> None:
    path = write_fiji_rois(tmp_path / "RoiSet.zip", fiji_polygon(corners_of(ROWS, COLUMNS), t=3))
    found = read_outlines(path, SHAPE)
    assert list(found) == [3]
    assert found[3].dtype == np.int32
    np.testing.assert_array_equal(found[3], box(ROWS, COLUMNS))


def test_a_polygon_of_labelme_holds_the_pixels_that_it_was_drawn_around(tmp_path: Path) -> None:
    path = write_labelme(tmp_path / "image.json", labelme_polygon(corners_of(ROWS, COLUMNS)))
    np.testing.assert_array_equal(read_outlines(path, SHAPE)[0], box(ROWS, COLUMNS))


def test_shapes_of_one_group_of_labelme_are_one_cell(tmp_path: Path) -> None:
    parts = [corners_of(ROWS, COLUMNS), corners_of(ROWS, slice(20, 22)), corners_of(ROWS, slice(30, 32))]
    path = write_labelme(
        tmp_path / "image.json",
        *(labelme_polygon(part, group_id=group) for part, group in zip(parts, (7, None, 7), strict=True)),
    )
    found = read_outlines(path, SHAPE)[0]
    np.testing.assert_array_equal(found == 1, box(ROWS, COLUMNS) | box(ROWS, slice(30, 32)))
    np.testing.assert_array_equal(found == 2, box(ROWS, slice(20, 22)))


def test_a_ring_within_a_composite_of_fiji_is_a_hole(tmp_path: Path) -> None:
    path: list[float] = []
    for ring in (corners_of(ROWS, COLUMNS), corners_of(slice(22, 24), slice(11, 13))):
        for i, (x, y) in enumerate(ring):
            path += [0 if i == 0 else 1, x, y]
        path.append(4)
    roi = ImagejRoi(
        roitype=ROI_TYPE.RECT, multi_coordinates=np.array(path, np.float32), shape_roi_size=len(path)
    )
    roi.left, roi.top, roi.right, roi.bottom = COLUMNS.start, ROWS.start, COLUMNS.stop, ROWS.stop
    found = read_outlines(write_fiji_rois(tmp_path / "RoiSet.zip", roi), SHAPE)[0]
    np.testing.assert_array_equal(found, box(ROWS, COLUMNS) & ~box(slice(22, 24), slice(11, 13)))


def test_a_circle_drawn_with_the_oval_tool_has_the_area_of_a_circle(tmp_path: Path) -> None:
    roi = ImagejRoi(roitype=ROI_TYPE.OVAL, options=ROI_OPTIONS.SUB_PIXEL_RESOLUTION)
    roi.xd, roi.yd, roi.widthd, roi.heightd = 10.0, 5.0, 30.0, 30.0
    roi.left, roi.top, roi.right, roi.bottom = 10, 5, 40, 35
    found = read_outlines(write_fiji_rois(tmp_path / "RoiSet.zip", roi), SHAPE)[0]
    assert found.sum() == pytest.approx(np.pi * 15**2, rel=0.02)
    assert found[20, 10]
    assert not found[20, 9]


def test_of_two_outlines_the_one_drawn_last_lies_on_top_and_points_are_left_out(tmp_path: Path) -> None:
    rois = [
        fiji_polygon(corners_of(ROWS, COLUMNS)),
        fiji_points([(30, 30)]),
        fiji_polygon(corners_of(ROWS, slice(12, 18))),
    ]
    found = read_outlines(write_fiji_rois(tmp_path / "RoiSet.zip", *rois), SHAPE)[0]
    np.testing.assert_array_equal(found == 1, box(ROWS, slice(10, 12)))
    np.testing.assert_array_equal(found == 2, box(ROWS, slice(12, 18)))


def test_an_outline_that_was_added_twice_is_left_out_with_a_word(tmp_path: Path) -> None:
    twice = [fiji_polygon(corners_of(ROWS, COLUMNS))] * 2
    path = write_fiji_rois(tmp_path / "RoiSet.zip", *twice)
    with pytest.warns(UserWarning, match="1 of 2 outlines .* have no pixels of their own"):
        found = read_outlines(path, SHAPE)[0]
    np.testing.assert_array_equal(found == 2, box(ROWS, COLUMNS))


def test_outlines_of_a_shapes_layer_of_napari_count_from_pixel_centres(tmp_path: Path) -> None:
    rows = ["index,shape-type,vertex-index,axis-0,axis-1,axis-2"]
    rows += [f"0,rectangle,{i},5.0,{y - 0.5},{x - 0.5}" for i, (x, y) in enumerate(corners_of(ROWS, COLUMNS))]
    (tmp_path / "Shapes.csv").write_text("\n".join(rows))
    found = read_outlines(tmp_path / "Shapes.csv", SHAPE)
    assert list(found) == [5]
    np.testing.assert_array_equal(found[5], box(ROWS, COLUMNS))


def test_an_ellipse_of_napari_stays_turned_as_it_was_drawn(tmp_path: Path) -> None:
    along, across = 12 * np.sqrt([0.5, 0.5]), 3 * np.sqrt([0.5, 0.5]) * [1, -1]
    corners = [(20, 25) + i * along + j * across for i, j in [(-1, -1), (1, -1), (1, 1), (-1, 1)]]
    rows = ["index,shape-type,vertex-index,axis-0,axis-1"]
    rows += [f"0,ellipse,{i},{y},{x}" for i, (y, x) in enumerate(corners)]
    (tmp_path / "Shapes.csv").write_text("\n".join(rows))
    found = read_outlines(tmp_path / "Shapes.csv", SHAPE)[0] > 0
    assert found.sum() == pytest.approx(np.pi * 12 * 3, rel=0.05)
    assert found[[27, 13], [32, 18]].all()
    assert not found[[27, 13], [18, 32]].any()


def test_masks_traced_as_rois_of_fiji_come_back_exactly(tmp_path: Path) -> None:
    labels = crawling_discs()[4]
    rois = []
    for rings in outlines(labels, tolerance_px=0.3).values():
        roi = ImagejRoi.frompoints(rings[0][:, ::-1] + 0.5)  # float: sub-pixel
        roi.roitype = ROI_TYPE.POLYGON
        rois.append(roi)
    path = write_fiji_rois(tmp_path / "RoiSet.zip", *rois)
    np.testing.assert_array_equal(read_outlines(path, labels.shape)[0], labels)


def test_outlines_drawn_on_a_picture_of_another_size_are_refused(tmp_path: Path) -> None:
    path = write_labelme(tmp_path / "image.json", labelme_polygon(corners_of(ROWS, COLUMNS)), size=(80, 100))
    with pytest.raises(
        MovieReadError, match="drawn on an image of 80 x 100 pixels, but the frame has 40 x 50"
    ):
        read_outlines(path, SHAPE)
    path = write_fiji_rois(tmp_path / "RoiSet.zip", fiji_polygon(corners_of(slice(60, 70), COLUMNS)))
    with pytest.raises(MovieReadError, match="is at y 64, x 12, outside the frame of 40 x 50 pixels"):
        read_outlines(path, SHAPE)


def test_a_table_of_positions_holds_no_outlines(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("frame,y,x\n0,1,2\n")
    with pytest.raises(MovieReadError, match="contains no outlines; podia reads Fiji ROIs"):
        read_outlines(tmp_path / "points.csv", SHAPE)
