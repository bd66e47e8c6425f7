"""Measures of a frame: which columns, what turning, shifting, padding and relabelling do, and odd cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.field_of_view import FieldOfView, corners_of
from podia.data.tables import CELLS, PROTRUSIONS
from podia.measurement.config import MeasurementConfig
from podia.measurement.frame import FrameMeasures, measure_frame
from podia.testing.drawn_cells import disc, ring, star

PIXELS = Calibration()
ANY_LABELS = arrays(np.int32, (9, 10), elements=st.sampled_from([0, 0, 1, 1, 7]))
LENGTHS = [
    "area",
    "perimeter",
    "major_axis",
    "minor_axis",
    "feret_max",
    "feret_min",
    "solidity",
    "body_radius",
]


def measured(labels: np.ndarray, image: np.ndarray | None = None) -> FrameMeasures:
    image = np.arange(labels.size).reshape(labels.shape) % 251 if image is None else image
    return measure_frame(image, labels.astype(np.int32), MeasurementConfig(), PIXELS)


def three_cells() -> np.ndarray:
    labels = np.zeros((160, 170), np.int32)
    labels[10:131, 10:131][star([20, 140, 260], length=45, radius=14)] = 4
    labels[100:110, 120:165] = 9
    labels[20:40, 140:160] = 2
    return labels


def test_the_columns_are_those_declared_for_one_frame():
    measures = measured(three_cells())
    of_movies = {"frame", "time", "track_id", "segmentation_label", "y_raw", "x_raw", "y_stable", "x_stable"}
    of_movies |= {"speed", "turning_angle", "confidence"}
    assert set(measures.cells) - {"label"} == set(CELLS.base_names) - of_movies
    of_movies = {"frame", "time", "track_id", "protrusion_id", "length_error", "angle_to_migration"}
    assert set(measures.protrusions) - {"label"} == set(PROTRUSIONS.base_names) - of_movies


def test_cells_are_in_order_of_their_labels_and_tips_from_the_longest():
    measures = measured(three_cells())
    assert measures.cells["label"].tolist() == [2, 4, 9]
    assert measures.cells["n_protrusions"].tolist() == [0, 3, 0]
    assert measures.protrusions["label"].tolist() == [4, 4, 4]
    assert measures.protrusions["tip"].tolist() == [1, 2, 3]
    assert measures.protrusions["length"].is_monotonic_decreasing
    assert sorted(measures.protrusions["angle"]) == pytest.approx([-100, 20, 140], abs=1.5)


def test_sums_over_protrusions_and_nan_without_any():
    measures = measured(three_cells())
    star_cell, square = measures.cells.iloc[1], measures.cells.iloc[0]
    beyond = measures.protrusions["length_beyond_body"]
    assert star_cell["protrusion_length_total"] == pytest.approx(beyond.sum())
    assert star_cell["protrusion_length_max"] == beyond.max()
    assert square["protrusion_length_total"] == 0
    assert np.isnan(square["protrusion_length_max"])
    assert np.isnan(square["branch_point_diameter"])


def test_a_frame_without_cells_has_tables_without_rows():
    measures = measured(np.zeros((20, 30)))
    full = measured(three_cells())
    for empty, other in ((measures.cells, full.cells), (measures.protrusions, full.protrusions)):
        assert len(empty) == 0
        assert empty.dtypes.to_dict() == other.dtypes.to_dict()


@pytest.mark.parametrize(
    "labels",
    [
        np.pad(np.ones((1, 1)), 2),
        np.pad(np.ones((1, 2)), 2),
        np.pad(np.eye(9), 2),
        np.ones((30, 40)),
        np.ones((1, 1)),
        ring(20, 40),
    ],
    ids=["pixel", "two pixels", "diagonal line", "fills the frame", "frame of a pixel", "ring"],
)
def test_odd_cells_are_measured_without_a_warning(labels):
    measures = measured(labels)
    assert measures.cells["area"].tolist() == [labels.sum()]
    assert len(measures.protrusions) == 0
    finite = measures.cells.drop(
        columns=[
            "aspect_ratio",
            "eccentricity",
            "orientation",
            "protrusion_length_max",
            "protrusion_polarity",
            "protrusion_direction",
            "branch_point_diameter",
        ]
    )
    assert np.isfinite(finite.astype(float)).all(axis=None)


@settings(max_examples=30, deadline=None)
@given(ANY_LABELS)
def test_any_labels_are_measured_without_a_warning(labels):
    measures = measured(labels)
    assert measures.cells["area"].sum() == (labels > 0).sum()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 3), st.floats(0, 90), st.integers(0, 10), st.integers(0, 10))
def test_quarter_turns_and_shifts_move_what_is_measured(turns, angle, down, right):
    mask = star([angle, angle + 110, angle + 250], length=45, radius=14)
    still = measured(mask)
    moved = measured(np.pad(np.rot90(mask, turns), ((down, 3), (right, 0))))
    for column in LENGTHS:
        assert moved.cells[column][0] == pytest.approx(still.cells[column][0])
    y, x = _turned(still.cells[["y", "x"]].to_numpy()[0], turns)
    assert moved.cells[["y", "x"]].to_numpy() == pytest.approx(np.array([[y + down, x + right]]))
    tips = np.array([_turned(tip, turns) for tip in still.protrusions[["tip_y", "tip_x"]].to_numpy()])
    found = moved.protrusions[["tip_y", "tip_x"]].to_numpy() - [down, right]
    assert len(found) == len(tips) == 3
    # Thinning takes rows and columns in turn, so that a tip may move by a pixel.
    assert np.hypot(*(tips[:, None] - found[None]).transpose(2, 0, 1)).min(axis=1).max() < 2.0
    assert sorted(moved.protrusions["length"]) == pytest.approx(sorted(still.protrusions["length"]), abs=1.0)


def _turned(point: np.ndarray, turns: int) -> tuple[float, float]:
    """Return where `point` of the (121, 121) frame goes when that is turned as ``np.rot90`` does."""
    y, x = point
    for _ in range(turns):
        y, x = 120 - x, y
    return y, x


def test_shifts_change_nothing_but_places():
    mask = star([20, 140, 260], length=45)
    still, moved = measured(mask, np.ones(mask.shape)), measured(np.pad(mask, 7), np.ones((135, 135)))
    places = ["y", "x", "bbox_top", "bbox_left", "bbox_bottom", "bbox_right", "body_y", "body_x"]
    pd.testing.assert_frame_equal(still.cells.drop(columns=places), moved.cells.drop(columns=places))
    places = ["tip_y", "tip_x", "base_y", "base_x"]
    assert (moved.protrusions[places] - still.protrusions[places]).to_numpy() == pytest.approx(7)


def test_relabelling_changes_labels_and_order_alone():
    labels = three_cells()
    swapped = np.select([labels == 2, labels == 4, labels == 9], [70_000, 3, 1], 0)
    before, after = measured(labels).cells, measured(swapped).cells
    assert after["label"].tolist() == [1, 3, 70_000]
    in_old_order = after.set_index("label").loc[[70_000, 3, 1]].reset_index(drop=True)
    pd.testing.assert_frame_equal(before.drop(columns="label"), in_old_order)


def test_a_touching_neighbour_changes_nothing():
    alone = np.zeros((121, 121), np.int32)
    alone[star([0, 120, 240], length=45)] = 1
    crowded = np.where(alone == 0, 2, alone)
    pd.testing.assert_frame_equal(
        measured(alone).protrusions, measured(crowded).protrusions.query("label == 1").reset_index(drop=True)
    )


def test_an_arm_that_leaves_the_frame_has_no_tip_there():
    mask = star([0, 120], length=50)
    assert measured(mask).cells["n_protrusions"].tolist() == [2]
    cut = measured(mask[:, :100])
    assert cut.cells["n_protrusions"].tolist() == [1]
    assert cut.cells["touches_border"].tolist() == [True]
    assert cut.protrusions["angle"].tolist() == pytest.approx([120], abs=1.5)


def test_a_body_circle_stays_within_the_frame():
    cells = measured(disc(30)[:, :60]).cells
    assert cells["body_x"][0] + cells["body_radius"][0] <= 60


def test_grey_values_of_cells_and_of_the_frame():
    labels = np.zeros((4, 5), np.int32)
    labels[1, 1:3] = 1
    image = np.full((4, 5), 10, np.uint8)
    image[1, 1:3] = 20, 40
    measures = measured(labels, image)
    assert measures.cells[["intensity_mean", "intensity_std"]].to_numpy().tolist() == [[30, 10]]
    assert (measures.n_pixels, measures.intensity_mean) == (20, 12)
    assert measures.intensity_std == pytest.approx(image.std())


def test_measuring_twice_gives_the_same_and_changes_no_input():
    labels = three_cells()
    before = labels.copy()
    one, two = measured(labels), measured(labels)
    pd.testing.assert_frame_equal(one.cells, two.cells, check_exact=True)
    pd.testing.assert_frame_equal(one.protrusions, two.protrusions, check_exact=True)
    assert (labels == before).all()


def test_an_image_of_another_size_is_refused():
    with pytest.raises(InvalidInputError, match=r"labels are \(4, 5\) .* image is \(5, 4\)"):
        measured(np.zeros((4, 5)), np.zeros((5, 4)))


def test_what_the_field_of_view_cuts_touches_its_border_as_at_the_frames_edge():
    labels = three_cells()
    labels[105:, :] = 0  # the field ends above this row
    field = FieldOfView.whole((160, 170)).within(corners_of(0, 0, 105, 170))
    image = np.ones(labels.shape)
    cut = measure_frame(image, labels, MeasurementConfig(), PIXELS, field)
    at_edge = measure_frame(image[:105], labels[:105], MeasurementConfig(), PIXELS)
    pd.testing.assert_frame_equal(cut.cells, at_edge.cells)
    pd.testing.assert_frame_equal(cut.protrusions, at_edge.protrusions)
    np.testing.assert_array_equal(cut.outlines.is_cut, at_edge.outlines.is_cut)
    assert cut.n_pixels == at_edge.n_pixels
    assert cut.cells["touches_border"].tolist() == [False, True, True]
