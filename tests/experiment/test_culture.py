"""Measures of cultures, curves over time and dose responses, checked against exact truth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.data.errors import InvalidInputError
from podia.data.migration_tables import MIGRATION_MOVIE
from podia.data.tables import FRAMES
from podia.experiment.assignment import Assignment, read_assignments
from podia.experiment.config import CompareConfig
from podia.experiment.curves import compare_curves, condition_curves
from podia.experiment.dose_response import dose_responses, fit_dose_response
from podia.experiment.movie_measures import MOVIE_MEASURES

HOURS = Calibration(0.5, 1800.0)


def null_curves(rng: np.random.Generator, n_replicates: int = 4) -> pd.DataFrame:
    """Return curves of two equal conditions: each replicate has its level, its slope, and noise that accumulates."""
    time = np.arange(12.0)
    rows = []
    for condition in "ab":
        for replicate in range(n_replicates):
            level, slope = 10 + rng.normal(), rng.normal(0, 0.3)
            values = level + slope * time + 0.2 * np.cumsum(rng.normal(size=12))
            rows.append(
                pd.DataFrame(
                    {"curve": "n_cells", "condition": condition, "replicate": str(replicate), "time": time}
                ).assign(value=values)
            )
    return pd.concat(rows, ignore_index=True)


def test_equal_conditions_differ_in_their_curves_as_rarely_as_the_p_value_says() -> None:
    rng = np.random.default_rng(0)
    config = CompareConfig(correction="none")
    p = np.array([compare_curves(null_curves(rng), config, "a")["p_value"] for _ in range(100)])
    assert p.shape == (100, 2)
    # 5 % of 200; a binomial number beyond 20 has a probability of 0.1 %.
    assert (p < 0.05).sum() <= 20
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.12)


def test_curves_are_compared_by_their_exact_mean_and_slope() -> None:
    time = np.arange(5.0)
    rows = [
        pd.DataFrame(
            {
                "curve": "speed",
                "condition": name,
                "replicate": str(r),
                "time": time,
                "value": base + r + slope * time,
            }
        )
        for name, base, slope in (("a", 1.0, 0.0), ("b", 4.0, 2.0))
        for r in range(3)
    ]
    found = compare_curves(pd.concat(rows, ignore_index=True), CompareConfig(), "a").set_index("summary")
    assert found.loc["mean", "difference"] == pytest.approx(3 + 2 * 2)
    assert found.loc["slope", "difference"] == pytest.approx(2)
    means = condition_curves(pd.concat(rows, ignore_index=True))
    assert means.loc[means["condition"] == "a", "mean"].to_numpy() == pytest.approx(np.full(5, 2.0))
    # Replicates 1, 2, 3: standard error 1 / sqrt 3, t of 2 degrees of freedom 4.303.
    assert (means["high"] - means["mean"]).to_numpy() == pytest.approx(
        np.full(10, 4.303 / math.sqrt(3)), rel=1e-3
    )


def test_a_rate_of_a_replicate_is_its_events_over_its_exposure() -> None:
    (measure,) = (m for m in MOVIE_MEASURES if m.name == "division_rate")
    tables = []
    for n, time in ((3, 10.0), (0, 30.0)):
        row = dict.fromkeys(CULTURE.base_names, 1) | {
            "n_divisions": n,
            "cell_time": time,
            "division_rate": n / time,
        }
        tables.append({"culture": CULTURE.conform(pd.DataFrame([row]), HOURS)})
    rows = pd.DataFrame([measure.of_movie(one, HOURS) for one in tables])
    assert rows["division_rate_per_h"].tolist() == pytest.approx([0.6, 0])
    # 3 divisions in 40 frames of half an hour.
    assert measure.pooling.value(rows, "division_rate_per_h") == pytest.approx(3 / 20)


@pytest.mark.parametrize("measure", MOVIE_MEASURES, ids=lambda measure: measure.name)
def test_every_measure_of_a_culture_has_a_column_and_a_unit(measure) -> None:
    assert measure.table in (CULTURE, FRAMES, MIGRATION_MOVIE)
    empty = {
        schema.name: schema.conform(schema.empty(), HOURS) for schema in (CULTURE, FRAMES, MIGRATION_MOVIE)
    }
    assert math.isnan(measure.of_movie(empty, HOURS)[measure.column_name(HOURS)])


# Dose response


def response(
    dose: np.ndarray, ec50: float, hill: float = 1.0, low: float = 1.0, high: float = 5.0
) -> np.ndarray:
    return low + (high - low) / (1 + (dose / ec50) ** hill)


@given(ec50=st.floats(0.5, 20), hill=st.floats(0.7, 3), low=st.floats(-3, 3))
@settings(max_examples=10, deadline=None)
def test_ec50_and_plateaus_of_an_exact_curve_are_found(ec50: float, hill: float, low: float) -> None:
    dose = np.repeat([0, 0.1, 0.3, 1, 3, 10, 30, 100], 2).astype(float)
    found = fit_dose_response(dose, response(dose, ec50, hill, low, low + 5))
    assert found is not None
    assert found.ec50 == pytest.approx(ec50, rel=0.02)
    assert found.hill == pytest.approx(hill, rel=0.05)
    assert (found.at_zero, found.at_infinity) == pytest.approx((low + 5, low), abs=0.1)


def test_a_unit_of_dose_scales_ec50_and_its_interval() -> None:
    rng = np.random.default_rng(3)
    dose = np.repeat([0, 1, 3, 10, 30, 100], 4).astype(float)
    value = response(dose, 8) + rng.normal(0, 0.3, len(dose))
    one, other = fit_dose_response(dose, value), fit_dose_response(1000 * dose, value)
    assert one is not None
    assert other is not None
    assert one.low < 8 < one.high
    assert (other.low, other.ec50, other.high) == pytest.approx(
        (1000 * one.low, 1000 * one.ec50, 1000 * one.high), rel=1e-3
    )


def test_no_effect_has_no_ec50_and_few_doses_fix_the_slope() -> None:
    rng = np.random.default_rng(1)
    dose = np.repeat([0.0, 1.0, 10.0], 4)
    flat = fit_dose_response(dose, 3 + rng.normal(0, 0.2, 12))
    assert flat is not None
    assert math.isnan(flat.ec50)
    assert flat.hill_fixed
    found = fit_dose_response(dose, response(dose, 2) + rng.normal(0, 0.05, 12))
    assert found is not None
    assert found.low < 2 < found.high
    assert fit_dose_response(dose[:8], flat.at(dose[:8])) is None


def test_a_control_without_the_compound_belongs_to_all_compounds(tmp_path) -> None:
    doses = {"none": (0.0, ""), "x 1": (1.0, "x"), "x 9": (9.0, "x"), "y 1": (1.0, "y"), "y 9": (9.0, "y")}
    rows = [
        Assignment(tmp_path, name, "1", name, dose, "uM", compound)
        for name, (dose, compound) in doses.items()
    ]
    values = [
        ("speed", name, str(r), float(response(np.array([dose]), 2)[0]) + 0.01 * r)
        for name, (dose, _) in doses.items()
        for r in range(3)
    ]
    table = dose_responses(rows, pd.DataFrame(values, columns=["measure", "condition", "replicate", "value"]))
    assert table["compound"].tolist() == ["x", "y"]
    assert table["n_values"].tolist() == [9, 9]
    assert table["ec50"].to_numpy() == pytest.approx([2, 2], rel=0.05)


def test_the_folder_of_a_plate_gives_its_doses(tmp_path) -> None:
    lines = ["folder,well,condition,replicate,dose,dose_unit,compound"]
    for name, dose in (("A1", 0), ("A2", 0), ("B1", 2.5), ("B2", 2.5)):
        (tmp_path / name).mkdir()
        lines.append(f"{name},{name},x {dose},{name[1]},{dose},uM,x")
    (tmp_path / "experiment.csv").write_text("\n".join(lines), encoding="utf-8")
    rows = read_assignments(tmp_path)
    assert [(row.folder.name, row.dose, row.dose_unit) for row in rows][2:] == [
        ("B1", 2.5, "uM"),
        ("B2", 2.5, "uM"),
    ]
    (tmp_path / "experiment.csv").write_text("\n".join([*lines[:4], lines[4].replace("2.5,uM", "3,uM")]))
    with pytest.raises(InvalidInputError, match="several doses"):
        read_assignments(tmp_path)
    (tmp_path / "experiment.csv").unlink()
    with pytest.raises(InvalidInputError, match=r"no table .*folder of podia run --plate-map"):
        read_assignments(tmp_path)
