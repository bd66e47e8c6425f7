import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.schema import Column, TableSchema
from podia.data.tables import CELLS, FOLDER_TABLES, SUMMARY

SCHEMA = TableSchema(
    "things",
    "thing",
    "Things.",
    (
        Column("frame", "int64", "plain", "Frame."),
        Column("area", "float64", "area", "Area."),
        Column("speed", "float64", "speed", "Speed."),
        Column("curvature", "float64", "per_length", "Curvature."),
        Column("parent", "Int64", "plain", "Parent."),
    ),
)


def _table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "frame": [0, 1],
            "area": [100.0, np.nan],
            "speed": [3.0, 4.0],
            "curvature": [1.0, 2.0],
            "parent": pd.array([1, None], dtype="Int64"),
        }
    )


def test_units_are_applied_once_and_named() -> None:
    table = SCHEMA.conform(_table(), Calibration(pixel_size_um=0.5, frame_interval_s=30.0))
    assert list(table.columns) == ["frame", "area_um2", "speed_um_per_min", "curvature_per_um", "parent"]
    assert table["area_um2"][0] == 25.0
    assert table["speed_um_per_min"].tolist() == [3.0, 4.0]  # 0.5 um/px over 0.5 min/frame
    assert table["curvature_per_um"].tolist() == [2.0, 4.0]


def test_an_uncalibrated_table_says_pixels_and_frames() -> None:
    names = SCHEMA.names(Calibration())
    assert names == ["frame", "area_px2", "speed_px_per_frame", "curvature_per_px", "parent"]


def test_half_a_calibration_is_used_as_far_as_it_goes() -> None:
    assert SCHEMA.name_of("speed", Calibration(pixel_size_um=1.0)) == "speed_um_per_frame"
    assert SCHEMA.name_of("speed", Calibration(frame_interval_s=60.0)) == "speed_px_per_min"


@pytest.mark.parametrize("schema", [*FOLDER_TABLES, SUMMARY], ids=lambda s: s.name)
@pytest.mark.parametrize("calibration", [Calibration(), Calibration(0.65, 600)], ids=["px", "um"])
def test_declared_tables_have_unique_names_and_a_meaning(
    schema: TableSchema, calibration: Calibration
) -> None:
    names = schema.names(calibration)
    assert len(set(names)) == len(names)
    assert all(column.meaning.endswith((".", ")")) for column in schema.columns)
    assert list(schema.conform(schema.empty(), calibration).columns) == names


def test_missing_and_undeclared_columns_are_named() -> None:
    table = _table().drop(columns="area").assign(colour="red")
    with pytest.raises(InvalidInputError, match=r"lacks columns \['area'\] and has undeclared \['colour'\]"):
        SCHEMA.conform(table, Calibration())


def test_an_unknown_column_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no column 'colour'"):
        CELLS.name_of("colour", Calibration())


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 100), st.floats(0.01, 1e5), st.floats(1e-6, 1e6))
def test_to_base_undoes_conform(pixel: float, interval: float, value: float) -> None:
    calibration = Calibration(pixel, interval)
    table = _table().assign(area=value)
    back = SCHEMA.to_base(SCHEMA.conform(table, calibration), calibration)
    pd.testing.assert_frame_equal(back, table)
