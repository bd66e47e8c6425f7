"""Summary of several movies."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.data.tables import CELLS, FRAMES, PROTRUSIONS, TRACKS
from podia.pipeline.outcome import summary_table


def outcome(calibration: Calibration) -> SimpleNamespace:
    """Return the end of a run of a movie that grows by 0.01 and divides by 0.02 per frame."""
    row = dict.fromkeys(CULTURE.base_names, 0) | {"growth_rate": 0.01, "division_rate": 0.02}
    tables = {
        schema.name: schema.conform(schema.empty(), calibration) for schema in (CELLS, PROTRUSIONS, TRACKS)
    }
    frames = pd.DataFrame([dict.fromkeys(FRAMES.base_names, 0) | {"confluence": 0.5}])
    tables |= {"frames": FRAMES.conform(frames, calibration)}
    tables |= {"culture": CULTURE.conform(pd.DataFrame([row]), calibration)}
    findings = [SimpleNamespace(severity=severity) for severity in ("problem", "check")]
    results = SimpleNamespace(
        calibration=calibration,
        tables=tables,
        origin=SimpleNamespace(n_frames=1),
        tracking=SimpleNamespace(n_divisions=0),
        warnings=findings,
    )
    return SimpleNamespace(name="movie", folder=Path("movie"), error="", results=results)


def test_rates_of_movies_of_different_intervals_are_per_hour() -> None:
    table = summary_table([outcome(Calibration(0.5, 1800.0)), outcome(Calibration(0.5, 360.0))])
    assert table["growth_rate_per_h"].tolist() == pytest.approx([0.02, 0.1])
    assert table["division_rate_per_h"].tolist() == pytest.approx([0.04, 0.2])
    assert table["n_problems"].tolist() == [1, 1]
    assert table["confluence_last"].tolist() == [0.5, 0.5]


def test_a_movie_without_an_interval_makes_all_rates_per_frame() -> None:
    table = summary_table([outcome(Calibration(0.5, 1800.0)), outcome(Calibration(0.5, None))])
    assert table["growth_rate_per_frame"].tolist() == pytest.approx([0.01, 0.01])
