"""Every measure of every condition against the control: the tidy table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.experiment.config import CompareConfig
from podia.experiment.correction import corrected
from podia.experiment.power import detectable_difference, replicates_needed
from podia.experiment.replicates import Interval, contrast, hedges_g, ratio, variance_of_replicates
from podia.experiment.tables import COMPARED_REPLICATES, COMPARISON

Array = NDArray[np.float64]

WORTHWHILE = 0.2
"""Difference, as a share of the control, that the table gives the necessary replicates for."""

_UNITLESS = Calibration()
"""Neither table has a column whose unit would depend on the calibration: it stands in the measure's name."""


def compare_conditions(
    cells: pd.DataFrame, measures: Sequence[str], config: CompareConfig | None = None
) -> pd.DataFrame:
    """Return the table COMPARISON: a row a measure and condition.

    Parameters
    ----------
    cells
        A row a cell: ``condition``, ``replicate`` and the measures. Where a measure is NaN, the cell does not count for
        it; a replicate without a cell that counts does not either.
    measures
        Columns to compare.
    config
        Control, pairing, correction.

    Returns
    -------
    DataFrame
        p-values and intervals are NaN where fewer than two replicates of a condition (or pairs) are left, or replicates
        do not differ at all.

    Raises
    ------
    InvalidInputError
        If there is no such control, or, paired, two conditions share fewer than two replicates.

    Examples
    --------
    >>> cells = pd.DataFrame({"condition": list("aaaabbbb"), "replicate": list("11221122"),
    ...                       "speed": [1.0, 3, 2, 4, 6, 8, 7, 9]})
    >>> compare_conditions(cells, ["speed"])[["difference", "p_value", "p_cells"]].round(4).values.tolist()
    [[5.0, 0.0194, 0.0015]]
    """
    config = config or CompareConfig()
    conditions = list(dict.fromkeys(cells["condition"]))
    control = conditions[0] if config.control is None else config.control
    if control not in conditions:
        raise InvalidInputError(
            f"There is no condition '{control}'.{nearest_name_hint(control, conditions)} "
            f"The table has {', '.join(conditions)}."
        )
    others = [condition for condition in conditions if condition != control]
    if config.paired:
        for other in others:
            _require_pairs(cells, control, other)
    rows = [_row(cells, measure, control, other, config) for measure in measures for other in others]
    table = pd.DataFrame(rows)
    table["p_adjusted"] = corrected(table["p_value"].to_numpy(np.float64), config.correction)
    return COMPARISON.conform(table.astype({"replicates_for_20_percent": "Int64"}), _UNITLESS)


def replicate_table(cells: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return the table COMPARED_REPLICATES: a row a measure, condition and replicate."""
    tables = []
    for measure in measures:
        known = cells[cells[measure].notna()]
        by = known.groupby(["condition", "replicate"], sort=False)[measure]
        summary = by.agg(n_cells="size", mean="mean", median="median", deviation="std").reset_index()
        tables.append(summary.assign(measure=measure))
    return COMPARED_REPLICATES.conform(pd.concat(tables, ignore_index=True), _UNITLESS)


def _row(
    cells: pd.DataFrame, measure: str, control: str, condition: str, config: CompareConfig
) -> dict[str, Any]:
    groups = [_by_replicate(cells, measure, name) for name in (control, condition)]
    if config.paired:
        shared = [name for name in groups[0] if name in groups[1]]
        groups = [{name: group[name] for name in shared} for group in groups]
    means = [np.array([values.mean() for values in group.values()]) for group in groups]
    every = [np.concatenate([np.empty(0), *group.values()]) for group in groups]
    row: dict[str, Any] = dict.fromkeys(COMPARISON.base_names, math.nan)
    row |= {
        "measure": measure,
        "control": control,
        "condition": condition,
        "n_control": len(means[0]),
        "n_condition": len(means[1]),
        "n_cells_control": len(every[0]),
        "n_cells_condition": len(every[1]),
        "replicates_for_20_percent": pd.NA,
    }
    for name, values in zip(("mean_control", "mean_condition"), means, strict=True):
        row[name] = float(values.mean()) if len(values) else math.nan
    if min(len(values) for values in means) < 2:
        return row
    return row | _tested(groups, means, every, paired=config.paired)


def _tested(
    groups: list[dict[str, Array]], means: list[Array], every: list[Array], *, paired: bool
) -> dict[str, Any]:
    found = contrast(*means, paired=paired)
    n_control, n_condition = len(means[0]), len(means[1])
    middle = float(means[0].mean())
    tested: dict[str, Any] = {
        **_ends("difference", found.difference),
        **_ends("ratio", ratio(*means, paired=paired)),
        **_ends("hedges_g", hedges_g(found, n_control, n_condition, paired=paired)),
        "cell_superiority": _superiority(*every),
        "p_value": found.p_value,
        "p_cells": _p_of_cells(*every),
        "variance_of_replicates": variance_of_replicates([list(group.values()) for group in groups]),
    }
    if middle > 0 and not math.isnan(found.p_value):
        tested["detectable_ratio"] = 1 + detectable_difference(found.standard_error, found.dof) / middle
        needed = replicates_needed(WORTHWHILE * middle, found.deviation, paired=paired)
        tested["replicates_for_20_percent"] = pd.NA if needed is None else needed
    return tested


def _by_replicate(cells: pd.DataFrame, measure: str, condition: str) -> dict[str, Array]:
    known = cells[(cells["condition"] == condition) & cells[measure].notna()]
    return {
        str(name): rows.to_numpy(np.float64) for name, rows in known.groupby("replicate", sort=True)[measure]
    }


def _superiority(control: Array, condition: Array) -> float:
    """Return how often a cell of `condition` has more than one of `control`, ties counted half."""
    statistic = float(stats.mannwhitneyu(condition, control, method="asymptotic").statistic)
    return statistic / (len(control) * len(condition))


def _p_of_cells(control: Array, condition: Array) -> float:
    if min(len(control), len(condition)) < 2 or not (np.ptp(control) > 0 or np.ptp(condition) > 0):
        return math.nan
    return float(stats.ttest_ind(condition, control, equal_var=False).pvalue)


def _require_pairs(cells: pd.DataFrame, control: str, other: str) -> None:
    replicates = [set(cells.loc[cells["condition"] == name, "replicate"]) for name in (control, other)]
    if len(replicates[0] & replicates[1]) < 2:
        raise InvalidInputError(
            f"Paired, conditions '{control}' and '{other}' need two replicates or more of the same names; "
            f"they have {', '.join(sorted(replicates[0]))} and {', '.join(sorted(replicates[1]))}."
        )


def _ends(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
