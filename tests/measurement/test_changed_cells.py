"""A frame whose cells were corrected is measured as if all of its cells were: unchanged cells keep their measures."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.field_of_view import FieldOfView, corners_of
from podia.measurement import changed_cells
from podia.measurement.changed_cells import measure_changed_cells, unchanged_labels
from podia.measurement.config import MeasurementConfig
from podia.measurement.edge.outlines import Outlines
from podia.measurement.frame import FrameMeasures, measure_frame

SIZE = 64
CONFIG, CALIBRATION = MeasurementConfig(), Calibration(pixel_size_um=0.8)
IMAGE = np.random.default_rng(3).integers(80, 160, (SIZE, SIZE)).astype(np.uint8)
FIELD = FieldOfView.whole((SIZE, SIZE)).within(corners_of(2, 0, SIZE, SIZE - 3))


def _draw(cells: dict[int, tuple[int, int, int]]) -> np.ndarray:
    """Paint a disc with an arm for each ``label: (y, x, radius)``; later ones lie above."""
    y, x = np.mgrid[:SIZE, :SIZE]
    labels = np.zeros((SIZE, SIZE), np.int32)
    for label, (row, column, radius) in cells.items():
        labels[(y - row) ** 2 + (x - column) ** 2 < radius**2] = label
        labels[row - 1 : row + 2, column : min(SIZE, column + 2 * radius)] = label
    return labels


def _assert_same(one: FrameMeasures, other: FrameMeasures) -> None:
    for part in fields(FrameMeasures):
        first, second = getattr(one, part.name), getattr(other, part.name)
        if isinstance(first, pd.DataFrame):
            pd.testing.assert_frame_equal(first, second, check_exact=True)
        elif isinstance(first, Outlines):
            for column in fields(Outlines):
                np.testing.assert_array_equal(
                    getattr(first, column.name), getattr(second, column.name), err_msg=column.name
                )
        else:
            np.testing.assert_array_equal(first, second, err_msg=part.name)


CELLS = st.dictionaries(
    st.integers(1, 9), st.tuples(st.integers(2, 61), st.integers(2, 61), st.integers(2, 12)), max_size=5
)


@given(before=CELLS, changes=CELLS, gone=st.sets(st.integers(1, 9), max_size=2))
@settings(max_examples=25, deadline=None)
def test_measures_of_a_corrected_frame_are_those_of_measuring_all_of_it(
    before: dict[int, tuple[int, int, int]], changes: dict[int, tuple[int, int, int]], gone: set[int]
) -> None:
    after = {label: cell for label, cell in (before | changes).items() if label not in gone}
    old, new = _draw(before), _draw(after)
    whole = measure_frame(IMAGE, new, CONFIG, CALIBRATION, FIELD)
    parts = measure_changed_cells(
        IMAGE,
        new,
        CONFIG,
        CALIBRATION,
        FIELD,
        labels_before=old,
        before=measure_frame(IMAGE, old, CONFIG, CALIBRATION, FIELD),
    )
    _assert_same(parts, whole)


def test_only_changed_cells_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    old = _draw({1: (12, 12, 8), 2: (45, 12, 8), 3: (30, 45, 6)})
    new = _draw({1: (12, 12, 8), 2: (45, 14, 8), 3: (30, 45, 6)})
    before = measure_frame(IMAGE, old, CONFIG, CALIBRATION)
    measured: list[int] = []

    def counted(image: np.ndarray, labels: np.ndarray, *rest: object) -> FrameMeasures:
        measured.extend(np.unique(labels[labels > 0]).tolist())
        return measure_frame(image, labels, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(changed_cells, "measure_frame", counted)
    measure_changed_cells(IMAGE, new, CONFIG, CALIBRATION, labels_before=old, before=before)
    assert measured == [2]
    assert unchanged_labels(old, new).tolist() == [1, 3]
