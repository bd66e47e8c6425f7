from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roifile import ROI_TYPE, ImagejRoi

from drawn_files import corners_of, fiji_points, fiji_polygon, labelme_polygon, write_fiji_rois, write_labelme
from podia.data.errors import MovieReadError
from podia.io.points import looked_at_frames, read_points, write_points

SQUARE = corners_of(slice(20, 26), slice(10, 14))


def file_of(folder: Path, text: str, name: str = "points.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def records(path: Path) -> list[tuple[float, ...]]:
    table = read_points(path)
    assert [str(t) for t in table[["frame", "y", "x"]].dtypes] == ["int64", "float64", "float64"]
    return list(table[["frame", "y", "x"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "text",
    [
        "frame,y,x\n2,5,6\n0,1.5,2\n",
        "frame,y_px,x_px\n2,5,6\n0,1.5,2\n",
        "index,axis-0,axis-1,axis-2\n0,2.0,5.0,6.0\n1,0.0,1.5,2.0\n",
        "x,frame,y\n6,2,5\n2,0,1.5\n",
        "frame,y,x,id\n2,5,6,1,\n0,1.5,2,1,\n",
    ],
)
def test_a_csv_of_podia_or_napari_is_known_by_its_columns_and_sorted(text: str, tmp_path: Path) -> None:
    assert records(file_of(tmp_path, text)) == [(0, 1.5, 2), (2, 5, 6)]


def test_points_that_napari_saved_from_one_picture_are_on_frame_0(tmp_path: Path) -> None:
    assert records(file_of(tmp_path, "index,axis-0,axis-1\n0,5,149\n")) == [(0, 5, 149)]


def test_more_columns_are_kept_behind(tmp_path: Path) -> None:
    table = read_points(file_of(tmp_path, "score,frame,y,x\n0.5,1,2,3\n"))
    assert table.to_dict("records") == [{"frame": 1, "y": 2, "x": 3, "score": 0.5}]
    assert list(table)[:3] == ["frame", "y", "x"]


def test_a_row_without_a_position_says_that_somebody_looked_and_found_no_cell(tmp_path: Path) -> None:
    path = file_of(tmp_path, "frame,y,x\n4,,\n1,2,3\n")
    assert records(path) == [(1, 2, 3)]
    assert looked_at_frames(path) == (1, 4)


def test_tracklets_have_x_before_y_and_keep_their_numbers(tmp_path: Path) -> None:
    path = file_of(tmp_path, "0000 0001 0670 0283 -001\n0001 0002 0669 0278 0001\n", "tracks.txt")
    assert records(path) == [(0, 283, 670), (1, 278, 669)]
    table = read_points(path)
    assert table["track_id"].tolist() == [1, 2]
    assert table["parent_track_id"].isna().tolist() == [True, False]


def test_fiji_counts_points_from_the_centre_of_a_pixel_and_frames_from_1(tmp_path: Path) -> None:
    path = write_fiji_rois(
        tmp_path / "RoiSet.zip", fiji_points([(7, 3), (8.25, 4)], t=2), fiji_points([(1, 2)])
    )
    assert records(path) == [(0, 2, 1), (2, 3, 7), (2, 4, 8.25)]


def test_points_of_a_fiji_multi_point_lie_on_the_frame_each_was_set_on(tmp_path: Path) -> None:
    roi = fiji_points([(7, 3), (8, 4)])
    roi.counters = np.zeros(2, np.uint8)
    roi.counter_positions = np.array([5, 1], np.uint32)
    assert records(write_fiji_rois(tmp_path / "RoiSet.zip", roi)) == [(0, 4, 8), (4, 3, 7)]


def test_one_roi_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "cell.roi"
    path.write_bytes(fiji_points([(7, 3)], position=4).tobytes())
    assert records(path) == [(4, 3, 7)]


@pytest.mark.parametrize("kind", ["polygon", "rectangle", "oval"])
def test_an_outline_of_fiji_lies_where_the_middle_of_its_pixels_is(kind: str, tmp_path: Path) -> None:
    roi = fiji_polygon(SQUARE)
    if kind != "polygon":
        roi = ImagejRoi(roitype=ROI_TYPE.RECT if kind == "rectangle" else ROI_TYPE.OVAL)
        roi.left, roi.top, roi.right, roi.bottom = 10, 20, 14, 26
    (found,) = records(write_fiji_rois(tmp_path / "RoiSet.zip", roi))
    assert found == pytest.approx((0, 22.5, 11.5))


def test_shapes_of_labelme_lie_where_the_middle_of_their_pixels_is(tmp_path: Path) -> None:
    path = write_labelme(
        tmp_path / "image.json",
        labelme_polygon(SQUARE),
        {"label": "cell", "shape_type": "point", "points": [[30.5, 5.5]]},
        {"label": "cell", "shape_type": "rectangle", "points": [[30, 30], [32, 34]]},
        {"label": "cell", "shape_type": "circle", "points": [[40.5, 35.5], [43, 35.5]]},
    )
    assert np.array(records(path)) == pytest.approx(
        np.array([(0, 5, 30), (0, 22.5, 11.5), (0, 31.5, 30.5), (0, 35, 40)])
    )


def test_outlines_of_a_shapes_layer_of_napari_are_no_points_at_their_corners(tmp_path: Path) -> None:
    rows = ["index,shape-type,vertex-index,axis-0,axis-1,axis-2"]
    rows += [f"0,polygon,{i},3,{y - 0.5},{x - 0.5}" for i, (x, y) in enumerate(SQUARE)]
    rows += [f"1,ellipse,{i},1,{y},{x}" for i, (y, x) in enumerate([(2, 2), (2, 8), (6, 8), (6, 2)])]
    found = np.array(records(file_of(tmp_path, "\n".join(rows))))
    assert found == pytest.approx(np.array([(1, 4, 5), (3, 22.5, 11.5)]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frame,row,column\n0,1,2\n", r"lacks the columns \['y', 'x'\]"),
        ("frame,y,x\n0,1,2\n0.5,1,2\n", "Row 2 of .* has frame '0.5'"),
        ("frame,y,x\n-1,1,2\n", "Row 1 of .* has frame '-1'; frames must be integers from 0"),
        ("frame,y,x\n0,,2\n", "Row 1 of .* has y"),
        ("frame,y,x\n,1,2\n", "Row 1 of .* has frame 'nan'"),
        ("frame,y_um,x_um\n0,1,2\n", "positions in um"),
        ("index,axis-0,axis-1,axis-2,axis-3\n0,1,2,3,4\n", "points with 4 axes"),
        ("frame,y,x\n0,10,5,20,5\n", "has 5 values for 3 columns"),
        ("frame,y_px,y,x\n0,1,2,3\n", "has the column 'y' twice"),
        (
            "index,shape-type,vertex-index,axis-0,axis-1,axis-2,axis-3\n0,polygon,0,7,0,1,1\n",
            "has shapes with 4 axes; podia reads y, x of an image or frame, y, x of a movie",
        ),
        (
            "index,shape-type,vertex-index,axis-0,axis-1\n0,ellipse,0,1,1\n0,ellipse,1,5,5\n",
            "has 2 vertices; an ellipse needs the 4 corners of its box",
        ),
        ("index,shape-type,vertex-index,axis-0,axis-1\n0,path,0,1,1\n0,path,1,5,5\n", "Shape 0 .* is a path"),
        ("0 1 here 2 -1\n", "cannot be read as text file of frame, number, x, y, parent"),
        ('{"version": "5"}', "cannot be read as LabelMe JSON file"),
        ('{"shapes": [{"shape_type": "line", "points": [[1, 1], [2, 2]]}]}', "type 'line'"),
        ("", "cannot be read as CSV table"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=message) as raised:
        read_points(file_of(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_a_line_of_fiji_is_refused_by_name(tmp_path: Path) -> None:
    line = ImagejRoi(roitype=ROI_TYPE.LINE, name="scale bar")
    with pytest.raises(MovieReadError, match=r"contains a line \('scale bar'\)"):
        read_points(write_fiji_rois(tmp_path / "RoiSet.zip", line))


def test_a_file_that_is_not_there_or_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "RoiSet.zip").write_bytes(b"PK broken")
    with pytest.raises(MovieReadError, match="cannot be read as Fiji ROI file"):
        read_points(tmp_path / "RoiSet.zip")
    with pytest.raises(MovieReadError, match=r"no file .* Did you mean 'RoiSet.zip'"):
        read_points(tmp_path / "RoiSets.zip")


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 9), NUMBERS, NUMBERS, NUMBERS), max_size=6))
def test_what_is_written_comes_back_exactly(
    rows: list[tuple[float, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = pd.DataFrame(rows, columns=["frame", "y", "x", "score"]).astype({"frame": np.int64})
    path = tmp_path_factory.mktemp("points") / "points.csv"
    write_points(table, path)
    expected = table.sort_values(["frame", "y", "x"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(read_points(path), expected, check_dtype=len(table) > 0)


def test_real_tracklets_lie_in_their_frames(data_dir: Path) -> None:
    table = read_points(data_dir / "C2C12" / "01_TRACKS" / "sample_tracklet.txt")
    assert table["frame"].unique().tolist() == list(range(10))
    assert table["y"].between(0, 1039).all()
    assert table["x"].between(0, 1391).all()
