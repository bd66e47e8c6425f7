"""A hand-annotated frame of T98G cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.ndimage import binary_erosion
from skimage.measure import regionprops_table

from podia.data.calibration import Calibration
from podia.measurement.config import MeasurementConfig
from podia.measurement.frame import FrameMeasures, measure_frame


@pytest.fixture(scope="module")
def labels(data_dir: Path) -> np.ndarray:
    return tifffile.imread(data_dir / "T98G/manual/masks/set01_train.tif").astype(np.int32)


@pytest.fixture(scope="module")
def measures(data_dir: Path, labels: np.ndarray) -> FrameMeasures:
    image = tifffile.imread(data_dir / "T98G/manual/images/set01_train.tif")
    return measure_frame(image, labels, MeasurementConfig(), Calibration(pixel_size_um=0.8708))


def test_shapes_agree_with_scikit_image(labels, measures):
    expected = regionprops_table(
        labels,
        properties=(
            "label",
            "area",
            "perimeter_crofton",
            "axis_major_length",
            "axis_minor_length",
            "solidity",
        ),
    )
    assert measures.cells["label"].tolist() == expected["label"].tolist()
    for ours, theirs in [
        ("area", "area"),
        ("perimeter", "perimeter_crofton"),
        ("major_axis", "axis_major_length"),
        ("minor_axis", "axis_minor_length"),
    ]:
        assert measures.cells[ours].to_numpy() == pytest.approx(expected[theirs])
    # Theirs draws the hull of the edges' middles on the grid, ours is that of the corners.
    assert measures.cells["solidity"].to_numpy() == pytest.approx(expected["solidity"], abs=0.03)


def test_every_tip_lies_on_the_outline_of_its_cell(labels, measures):
    assert len(measures.protrusions) > 100
    for tip in measures.protrusions.itertuples():
        y, x = round(tip.tip_y), round(tip.tip_x)
        inside = binary_erosion(labels == tip.label, np.ones((3, 3)), border_value=1)
        window = np.s_[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        assert (labels[window] == tip.label).any()
        assert not inside[y, x]


def test_lengths_and_bases_fit_the_body_circles(measures):
    tips = measures.protrusions.merge(measures.cells, on="label")
    straight = np.hypot(tips["tip_y"] - tips["body_y"], tips["tip_x"] - tips["body_x"])
    assert (tips["length"] >= straight - 1e-9).all()
    assert (tips["length"] >= 20 / 0.8708).all()
    assert (tips["length"] - tips["length_beyond_body"]).to_numpy() == pytest.approx(tips["body_radius"])
    to_base = np.hypot(tips["base_y"] - tips["body_y"], tips["base_x"] - tips["body_x"])
    assert to_base.to_numpy() == pytest.approx(tips["body_radius"])
