"""Excel workbooks: values, explanations, and texts that look like formulas."""

import time
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.data.tables import FRAMES, TRACKS
from podia.io import workbook
from podia.io.any_table import read_any_table
from podia.io.workbook import write_workbook

CALIBRATION = Calibration(0.5, 60.0)


def tracks(n: int = 2) -> pd.DataFrame:
    table = pd.DataFrame({c.name: [1] * n for c in TRACKS.columns}).astype(
        {c.name: c.dtype for c in TRACKS.columns}
    )
    table["parent_track_id"] = pd.array([pd.NA] * n, dtype="Int64")
    table["mean_speed"] = [np.nan, np.inf, 2.5][:n]
    table["ends_by"] = "=1+1"
    return TRACKS.conform(table, CALIBRATION)


def test_sheets_hold_the_values_and_the_first_explains_every_column(tmp_path: Path) -> None:
    table = tracks()
    path = write_workbook(
        {"tracks": table, "mine": pd.DataFrame({"a": [1.5, 2.0]})}, tmp_path / "t.xlsx", CALIBRATION
    )
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["columns", "tracks", "mine"]
    explained = [row[1].value for row in book["columns"].iter_rows(min_row=2) if row[1].value]
    assert explained == list(table.columns)
    header, first, second = book["tracks"].iter_rows(values_only=True)
    found = dict(zip(header, first, strict=True))
    assert found["mean_speed_um_per_min"] is None
    assert dict(zip(header, second, strict=True))["mean_speed_um_per_min"] is None
    assert found["parent_track_id"] is None
    assert found["track_id"] == 1
    cell = next(cell for cell in next(book["tracks"].iter_rows(min_row=2, max_row=2)) if cell.value == "=1+1")
    assert cell.data_type == "s"


def test_the_same_tables_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = write_workbook({"tracks": tracks()}, tmp_path / "a.xlsx", CALIBRATION).read_bytes()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1e6)
    time.sleep(1.1)  # the library writes whole seconds
    assert write_workbook({"tracks": tracks()}, tmp_path / "b.xlsx", CALIBRATION).read_bytes() == one


def test_a_table_that_excel_cannot_hold_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 1)
    frames = FRAMES.conform(FRAMES.empty(), CALIBRATION)
    path = write_workbook({"tracks": tracks(), "frames": frames}, tmp_path / "t.xlsx", CALIBRATION)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["columns", "frames"]
    assert any(
        "more than Excel supports: use tracks.csv" in str(row[3].value) for row in book["columns"].iter_rows()
    )


def test_the_explanations_are_a_table_that_podia_reads(tmp_path: Path) -> None:
    path = write_workbook({"tracks": tracks()}, tmp_path / "t.xlsx", CALIBRATION)
    assert read_any_table(path).columns == ("table", "column", "unit", "meaning", "source")
