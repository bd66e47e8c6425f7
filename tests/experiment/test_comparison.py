"""Comparisons whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from podia.data.errors import InvalidInputError
from podia.experiment.comparison import compare_conditions, replicate_table
from podia.experiment.config import CompareConfig
from podia.experiment.correction import corrected
from podia.experiment.pooling import Pooling
from podia.experiment.power import detectable_difference, power, replicates_needed
from podia.experiment.replicates import contrast, hedges_g, ratio, variance_of_replicates
from podia.experiment.tables import COMPARED_REPLICATES, COMPARISON

ONE, OTHER = np.array([10.0, 12.0, 11.0]), np.array([14.0, 13.0, 16.0])


def cells_of(
    means: dict[str, list[float]], n_cells: int = 20, spread: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    tables = []
    for condition, replicates in means.items():
        for number, mean in enumerate(replicates, start=1):
            values = generator.normal(0, spread, n_cells)
            values = values - values.mean() + mean
            tables.append(pd.DataFrame({"condition": condition, "replicate": str(number), "speed": values}))
    return pd.concat(tables, ignore_index=True)


def test_the_test_is_students_of_the_means_of_replicates():
    row = compare_conditions(cells_of({"a": ONE.tolist(), "b": OTHER.tolist()}), ["speed"]).iloc[0]
    expected = stats.ttest_ind(OTHER, ONE)
    assert row["p_value"] == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((interval.low, interval.high))
    assert row["difference"] == pytest.approx(10 / 3)
    assert row["p_cells"] < 1e-9
    assert (row["n_control"], row["n_cells_control"]) == (3, 60)


def test_more_cells_of_the_same_replicates_change_nothing_but_the_naive_p():
    few, many = (
        compare_conditions(cells_of({"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 4.0]}, n_cells=n), ["speed"]).iloc[
            0
        ]
        for n in (5, 500)
    )
    assert many["p_value"] == pytest.approx(few["p_value"])
    assert many["p_cells"] < 1e-9 < few["p_cells"]


def test_pairs_are_told_by_the_names_of_replicates():
    cells = cells_of({"a": [1.0, 5.0, 9.0], "b": [2.0, 6.1, 10.0]}).sample(frac=1, random_state=0)
    paired = compare_conditions(cells, ["speed"], CompareConfig(control="a", paired=True)).iloc[0]
    assert paired["p_value"] == pytest.approx(stats.ttest_rel([2.0, 6.1, 10.0], [1.0, 5.0, 9.0]).pvalue)
    assert paired["p_value"] < 0.01
    assert compare_conditions(cells, ["speed"], CompareConfig(control="a"))["p_value"][0] > 0.5


def test_a_change_of_unit_changes_the_difference_alone():
    cells = cells_of({"a": ONE.tolist(), "b": OTHER.tolist()})
    one, other = (
        compare_conditions(cells, ["speed"]).iloc[0],
        compare_conditions(cells.assign(speed=60 * cells["speed"]), ["speed"]).iloc[0],
    )
    assert other["difference"] == pytest.approx(60 * one["difference"])
    same = ["ratio", "ratio_low", "hedges_g", "p_value", "detectable_ratio", "replicates_for_20_percent"]
    assert other[same].astype(float).to_numpy() == pytest.approx(one[same].astype(float).to_numpy())


def test_intervals_exclude_no_difference_where_p_is_below_5_percent():
    generator = np.random.default_rng(0)
    for _ in range(30):
        one, other = generator.normal(5, 1, 3), generator.normal(6.5, 1, 4)
        found = contrast(one, other, paired=False)
        outside = not found.difference.low <= 0 <= found.difference.high
        assert outside == (found.p_value < 0.05)
        g = hedges_g(one, other, paired=False)
        assert (not g.low <= 0 <= g.high) == outside
        assert ratio(one, other, paired=False).value == pytest.approx(stats.gmean(other) / stats.gmean(one))


def test_hedges_g_is_the_textbooks():
    g = hedges_g(ONE, OTHER, paired=False)
    pooled = np.sqrt((ONE.var(ddof=1) + OTHER.var(ddof=1)) / 2)
    assert g.value == pytest.approx((1 - 3 / 15) * (OTHER.mean() - ONE.mean()) / pooled)
    # Noncentralities whose t lies at the ends, as tabulated for t = 3.162 and 4 degrees of freedom.
    scale = np.sqrt(2 / 3)
    t = (OTHER.mean() - ONE.mean()) / (pooled * np.sqrt(2 / 3))
    assert stats.nct.cdf(t, 4, g.low / scale) == pytest.approx(0.975, abs=1e-4)
    assert stats.nct.cdf(t, 4, g.high / scale) == pytest.approx(0.025, abs=1e-4)


def test_pairs_have_their_effect_in_deviations_of_replicates_not_of_differences():
    control, condition = np.array([1.0, 2.0, 3.0]), np.array([1.1, 2.1, 3.13])
    paired, apart = (hedges_g(control, condition, paired=together) for together in (True, False))
    deviation = np.sqrt((control.var(ddof=1) + condition.var(ddof=1)) / 2)
    # Pairs that correlate fully know the deviation with 2 degrees of freedom, not with 4.
    assert paired.value == pytest.approx((1 - 3 / 7) * 0.11 / deviation, rel=1e-3)
    assert apart.value == pytest.approx((1 - 3 / 15) * 0.11 / deviation)
    assert 0 < paired.low < paired.value < paired.high < 1
    assert apart.low < 0 < apart.high
    assert np.isnan(hedges_g(control[:2], np.array([1.1, 2.2]), paired=True).value)


@pytest.mark.parametrize("paired", [False, True])
def test_intervals_of_hedges_g_hold_the_truth(paired):
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(100):
        control = generator.normal(0, 1, 4)
        condition = (
            0.8 * control + 0.6 * generator.normal(0, 1, 4) if paired else generator.normal(0, 1, 4)
        ) + 2
        g = hedges_g(control, condition, paired=paired)
        held += g.low <= 2 <= g.high
    # Two standard errors of 100 are 4.4 %.
    assert held / 100 == pytest.approx(0.95, abs=0.045)


def test_a_replicates_value_is_what_the_test_counts():
    cells = cells_of({"a": [1.0, 2.0, 3.0], "b": [2.0, 3.1, 4.0]}, n_cells=5)
    cells["speed"] = np.where(cells.groupby(["condition", "replicate"]).cumcount() == 0, 1e3, cells["speed"])
    pooling = {"speed": Pooling("median")}
    row = compare_conditions(cells, ["speed"], pooling=pooling).iloc[0]
    medians = [cells[cells["condition"] == c].groupby("replicate")["speed"].median() for c in "ab"]
    assert row["p_value"] == pytest.approx(stats.ttest_ind(*medians).pvalue)
    table = replicate_table(cells, ["speed"], pooling=pooling)
    assert table["value"].to_numpy() == pytest.approx(np.concatenate(medians))
    assert (table["mean"] > 100).all()


def test_a_ratio_of_sums_counts_cells_that_have_no_value_of_their_own():
    cells = pd.DataFrame(
        {"condition": "a", "replicate": "1", "life": [10.0, np.nan], "time": [10.0, 30.0], "ends": [1.0, 0.0]}
    )
    cells = pd.concat([cells, cells.assign(condition="b")], ignore_index=True)
    table = replicate_table(cells, ["life"], pooling={"life": Pooling("ratio of sums", "time", "ends")})
    assert table["value"].tolist() == [40.0, 40.0]
    assert table["n_cells"].tolist() == [1, 1]


def test_equal_conditions_are_found_different_one_time_in_twenty_and_by_cells_far_more_often():
    generator = np.random.default_rng(0)
    rows = [
        compare_conditions(
            cells_of(
                {c: generator.normal(10, 1, 3).tolist() for c in "ab"}, n_cells=40, spread=2.0, seed=seed
            ),
            ["speed"],
        ).iloc[0]
        for seed in range(80)
    ]
    # Two standard errors of 80 are 4.9 %.
    assert np.mean([row["p_value"] < 0.05 for row in rows]) == pytest.approx(0.05, abs=0.05)
    assert np.mean([row["p_cells"] < 0.05 for row in rows]) > 0.3


def test_variance_between_replicates_is_what_was_put_in():
    generator = np.random.default_rng(0)
    groups = [[m + generator.normal(0, 2, 10) for m in generator.normal(0, 1, 400)] for _ in range(2)]
    assert variance_of_replicates(groups) == pytest.approx(1 / 5, abs=0.03)
    assert variance_of_replicates([[np.array([1.0, 2.0])] * 3] * 2) == 0
    assert np.isnan(variance_of_replicates([[np.array([1.0])] * 2]))


def test_power_is_that_of_the_textbook_and_of_simulation():
    # Cohen 1988: d = 0.8 takes 26 in each of two groups for 80 %.
    assert replicates_needed(0.8, 1.0, paired=False) == 26
    assert power(0.0, 4) == pytest.approx(0.05)
    least = detectable_difference(1.0, 4)
    assert power(least, 4) == pytest.approx(0.8)
    generator = np.random.default_rng(0)
    one, other = generator.normal(0, 1, (4000, 3)), generator.normal(least * np.sqrt(2 / 3), 1, (4000, 3))
    assert (stats.ttest_ind(one, other, axis=1).pvalue < 0.05).mean() == pytest.approx(0.8, abs=0.025)
    assert replicates_needed(1e-6, 1.0, paired=False) is None


@pytest.mark.parametrize(
    ("correction", "expected"),
    [
        ("benjamini-hochberg", [0.03, 0.05, np.nan, 0.05]),
        ("holm", [0.03, 0.08, np.nan, 0.08]),
        ("none", [0.01, 0.04, np.nan, 0.05]),
    ],
)
def test_p_values_are_corrected_for_those_that_are_defined(correction, expected):
    p_values = np.array([0.01, 0.04, np.nan, 0.05])
    np.testing.assert_allclose(corrected(p_values, correction), expected)


def test_what_has_no_answer_is_nan_and_counts_for_no_correction():
    cells = cells_of({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    cells["rare"] = np.where(
        (cells["replicate"] == "1") | (cells["condition"] == "a"), cells["speed"], np.nan
    )
    cells["same"] = 1.0
    found = compare_conditions(cells, ["speed", "rare", "same"]).set_index("measure")
    assert np.isnan(found.loc["rare", "p_value"])
    assert found.loc["rare", "n_condition"] == 1
    assert np.isnan(found.loc["same", "p_value"])
    assert found.loc["speed", "p_adjusted"] == found.loc["speed", "p_value"]
    assert list(found.reset_index().columns) == COMPARISON.base_names


def test_three_conditions_are_each_compared_with_the_control():
    cells = cells_of({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [5.0, 6.0]})
    found = compare_conditions(cells, ["speed"], CompareConfig(control="b"))
    assert found[["condition", "difference"]].to_numpy().tolist() == [
        ["a", pytest.approx(-2)],
        ["c", pytest.approx(2)],
    ]
    table = replicate_table(cells, ["speed"])
    assert list(table.columns) == COMPARED_REPLICATES.base_names
    assert table["mean"].to_numpy() == pytest.approx([1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (CompareConfig(control="contrl"), "no condition 'contrl'"),
        (CompareConfig(paired=True), "two replicates of the same name"),
    ],
)
def test_what_cannot_be_compared_is_said(config, message):
    cells = cells_of({"control": [1.0, 2.0], "drug": [3.0, 4.0]})
    cells.loc[cells["condition"] == "drug", "replicate"] += "x"
    with pytest.raises(InvalidInputError, match=message):
        compare_conditions(cells, ["speed"], config)
