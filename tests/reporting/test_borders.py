"""Reports of borderline data: no rows, one row, one frame, nothing but NaN, equal frames."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.tables import ALL_TABLES
from podia.measurement.measure import measure
from podia.reporting.config import ReportConfig
from podia.reporting.inputs import ReportInputs
from podia.reporting.key_numbers import key_numbers
from podia.reporting.quality import quality_warnings
from podia.reporting.report import sections
from podia.reporting.sections.figure import quartiles_by_frame
from tiny_report import tiny_inputs

CALIBRATION = Calibration(pixel_size_um=0.65, frame_interval_s=300.0)
NAMES = [schema.name for schema in ALL_TABLES]


def no_rows(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[:0]


def one_row(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[:1]


def undefined(table: pd.DataFrame) -> pd.DataFrame:
    floats = [name for name, dtype in table.dtypes.items() if dtype == "float64"]
    return table.assign(**dict.fromkeys(floats, np.nan))


CASES = [
    (name, change)
    for name in NAMES
    for change in (no_rows, one_row, undefined)
    if name != "frames" or change is undefined  # it has a row for each frame, whatever is in it
]


@lru_cache
def tiny() -> ReportInputs:
    return tiny_inputs(n_frames=6)


def written(inputs: ReportInputs) -> str:
    """Make all that the page says and draws, and return it."""
    made = [sections(inputs, ReportConfig()), key_numbers(inputs), quality_warnings(inputs)]
    return str(made)


@pytest.mark.parametrize(("name", "change"), CASES)
def test_a_report_is_written_whatever_one_table_lacks(name: str, change) -> None:
    inputs = tiny()
    assert "nan" not in written(replace(inputs, tables={**inputs.tables, name: change(inputs.tables[name])}))


@settings(max_examples=40, deadline=None)
@given(
    cases=st.lists(st.sampled_from(CASES), min_size=2, max_size=len(NAMES), unique_by=lambda case: case[0])
)
def test_a_report_is_written_whatever_tables_lack_together(cases) -> None:
    inputs = tiny()
    changed = {name: change(inputs.tables[name]) for name, change in cases}
    written(replace(inputs, tables={**inputs.tables, **changed}))


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:96, :96]
    return (np.hypot(y - 48, x - 48) < radius).astype(np.uint16)


MOVIES = {
    "spreads": [disc(20 + 3 * t) for t in range(4)],
    "shrinks": [disc(26 - 2 * t) for t in range(4)],
    "rests": [disc(20)] * 4,
    "one frame": [disc(20)],
    "one cell in one of two frames": [disc(20), disc(0)],
    "no cell": [disc(0)] * 3,
    "one pixel": [disc(0.5)] * 3,
    "fills the frame": [disc(200)] * 3,
}


@pytest.mark.parametrize("calibration", [Calibration(), CALIBRATION])
@pytest.mark.parametrize("name", MOVIES)
def test_movies_in_which_something_never_happens_have_a_report(name: str, calibration: Calibration) -> None:
    labels = np.stack(MOVIES[name])
    frames = [frame for frame in range(len(labels)) if labels[frame].any()]
    nodes = pd.DataFrame({"frame": frames, "label": 1, "track_id": 1, "y": 48.0, "x": 48.0})
    movie = Movie.from_array((100 + 40 * labels).astype(np.uint8), calibration)
    lineage = Lineage(nodes.astype({"frame": int, "label": int, "track_id": int}))
    label_movie = LabelMovie.from_array(labels, calibration)
    measured = measure(movie, label_movie, lineage)
    inputs = ReportInputs(
        movie=movie,
        labels=label_movie,
        lineage=lineage,
        drift=Drift.none(len(labels)),
        tables={schema.name: getattr(measured, schema.name) for schema in ALL_TABLES},
        kymographs=measured.kymographs,
    )
    written(inputs)


def test_quartiles_of_frames_without_a_value_are_undefined() -> None:
    found = quartiles_by_frame(np.array([0, 1, 1]), np.full(3, np.nan), 3)
    assert found.shape == (3, 3)
    assert np.isnan(found).all()
    assert quartiles_by_frame(np.array([1, 1, 1]), np.array([1.0, 2.0, 3.0]), 3)[:, 1].tolist() == [
        1.5,
        2.0,
        2.5,
    ]
