"""Tables come back from CSV and Parquet as they were, to the last digit and type."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from io_situations import calibrations
from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.data.schema import Column, TableSchema
from podia.data.tables import ALL_TABLES, CELLS
from podia.io.tables import read_table, write_table

SCHEMA = TableSchema(
    "things",
    "thing",
    "Things.",
    (
        Column("thing", "int64", "plain", "A whole number."),
        Column("other", "Int64", "plain", "A whole number that may be undefined."),
        Column("area", "float64", "area", "A number."),
        Column("seen", "bool", "plain", "Yes or no."),
        Column("word", "str", "plain", "A word."),
    ),
)
ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")))
    | st.sampled_from(["NA", "nan", "", "a,b"]),
)
SUFFIXES = ("csv", "parquet")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables") / "things"


@given(rows=st.lists(ROWS, max_size=6), calibration=calibrations())
@settings(max_examples=60, deadline=None)
def test_any_table_comes_back_as_written(
    base: Path, rows: list[tuple[object, ...]], calibration: Calibration
) -> None:
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA.columns)
    typed = zip(SCHEMA.columns, columns, strict=True)
    table = pd.DataFrame(
        {c.resolved_name(calibration): pd.Series(pd.array(list(v), dtype=c.dtype)) for c, v in typed}
    )
    write_table(table, base)
    for suffix in SUFFIXES:
        found = read_table(base.with_suffix(f".{suffix}"), SCHEMA, calibration)
        pd.testing.assert_frame_equal(found, table, check_exact=True)


@pytest.mark.parametrize("schema", ALL_TABLES, ids=lambda schema: schema.name)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_declared_table_without_rows_keeps_header_and_types(
    schema: TableSchema, suffix: str, tmp_path: Path
) -> None:
    calibration = Calibration(pixel_size_um=0.65)
    empty = schema.conform(schema.empty(), calibration)
    write_table(empty, tmp_path / schema.name)
    found = read_table(tmp_path / f"{schema.name}.{suffix}", schema, calibration)
    pd.testing.assert_frame_equal(found, empty)


def test_csv_is_as_short_as_exactness_allows(tmp_path: Path) -> None:
    table = pd.DataFrame({"thing": [1], "other": [pd.NA], "area_px2": [0.1], "seen": [True], "word": ["x"]})
    write_table(pd.concat([table, table.assign(area_px2=math.nan)]), tmp_path / "things")
    assert (tmp_path / "things.csv").read_bytes() == (
        b"thing,other,area_px2,seen,word\n1,,0.1,True,x\n1,,,True,x\n"
    )


def test_names_with_dots_keep_them(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"a": [1]}), tmp_path / "summary.v2")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["summary.v2.csv", "summary.v2.parquet"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_table_of_another_calibration_is_refused(suffix: str, tmp_path: Path) -> None:
    write_table(SCHEMA.conform(SCHEMA.empty(), Calibration()), tmp_path / "things")
    with pytest.raises(
        MovieReadError, match=r"lacks the columns \['area_um2'\] and has undeclared \['area_px2'\]"
    ):
        read_table(tmp_path / f"things.{suffix}", SCHEMA, Calibration(pixel_size_um=0.65))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_broken_and_missing_tables_are_one_clear_line(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"cells.{suffix}"
    with pytest.raises(MovieReadError, match="There is no file"):
        read_table(path, CELLS, Calibration())
    path.write_bytes(b"")
    with pytest.raises(MovieReadError, match=rf"cells.{suffix}' cannot be read as table of cells"):
        read_table(path, CELLS, Calibration())


def test_words_where_numbers_belong_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text("thing,other,area_px2,seen,word\nx,,0.1,True,a\n")
    with pytest.raises(MovieReadError, match=r"things.csv' cannot be read as table of things"):
        read_table(tmp_path / "things.csv", SCHEMA, Calibration())
