"""Comparison of every measure of every condition with the control, as a tidy table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.experiment.config import CompareConfig, Correction
from podia.experiment.correction import corrected
from podia.experiment.pooling import MEAN, Pooling
from podia.experiment.power import detectable_difference, replicates_needed
from podia.experiment.replicates import Interval, contrast, hedges_g, ratio, variance_of_replicates
from podia.experiment.tables import COMPARED_REPLICATES, COMPARISON

Array = NDArray[np.float64]

WORTHWHILE = 0.2
"""Relative difference for which the table gives the necessary number of replicates."""

_UNITLESS = Calibration()
"""No column has a unit that depends on the calibration: the unit is in the name of the measure."""


_MEAN_OF_EACH: Mapping[str, Pooling] = {}
"""Default: all measures are pooled by the mean over cells."""


def compare_conditions(
    cells: pd.DataFrame,
    measures: Sequence[str],
    config: CompareConfig | None = None,
    *,
    pooling: Mapping[str, Pooling] = _MEAN_OF_EACH,
) -> pd.DataFrame:
    """Return the table COMPARISON: one row per measure and condition.

    Parameters
    ----------
    cells
        One row per cell: ``condition``, ``replicate`` and the measures. Cells in which a measure is NaN are ignored for
        it, and so are replicates without other cells.
    measures
        Columns to compare.
    config
        Control, pairing, correction.
    pooling
        How values of replicates are computed from cells, for measures that do not use the mean.

    Returns
    -------
    DataFrame
        p-values and intervals are NaN if fewer than two replicates of a condition (or pairs) are left, or replicates
        are identical.

    Raises
    ------
    InvalidInputError
        If the control does not exist, or if two conditions of a paired comparison share fewer than two replicates.

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
    rows = [
        _row(cells, measure, pooling.get(measure, MEAN), (control, other), paired=config.paired)
        for measure in measures
        for other in others
    ]
    table = pd.DataFrame(rows).astype({"replicates_for_20_percent": "Int64"})
    return with_correction(COMPARISON.conform(table, _UNITLESS), config.correction)


def with_correction(comparison: pd.DataFrame, correction: Correction) -> pd.DataFrame:
    """Return the table with ``p_adjusted`` over all its rows."""
    return comparison.assign(p_adjusted=corrected(comparison["p_value"].to_numpy(np.float64), correction))


def replicate_table(
    cells: pd.DataFrame, measures: Sequence[str], *, pooling: Mapping[str, Pooling] = _MEAN_OF_EACH
) -> pd.DataFrame:
    """Return the table COMPARED_REPLICATES: one row per measure, condition and replicate."""
    tables = []
    for measure in measures:
        known = cells[cells[measure].notna()]
        by = known.groupby(["condition", "replicate"], sort=False)[measure]
        summary = by.agg(n_cells="size", mean="mean", median="median", deviation="std").reset_index()
        found = {
            name: _replicate_values(cells, measure, pooling.get(measure, MEAN), name)
            for name in summary["condition"].unique()
        }
        values = [found[row.condition][str(row.replicate)] for row in summary.itertuples()]
        tables.append(summary.assign(measure=measure, value=np.array(values, dtype=np.float64)))
    return COMPARED_REPLICATES.conform(pd.concat(tables, ignore_index=True), _UNITLESS)


def _row(
    cells: pd.DataFrame, measure: str, pooling: Pooling, conditions: tuple[str, str], *, paired: bool
) -> dict[str, Any]:
    groups = [_by_replicate(cells, measure, name) for name in conditions]
    if paired:
        shared = [name for name in groups[0] if name in groups[1]]
        groups = [{name: group[name] for name in shared} for group in groups]
    found = [_replicate_values(cells, measure, pooling, name) for name in conditions]
    values = [
        np.array([own[name] for name in group], dtype=np.float64)
        for own, group in zip(found, groups, strict=True)
    ]
    every = [np.concatenate([np.empty(0), *group.values()]) for group in groups]
    row: dict[str, Any] = dict.fromkeys(COMPARISON.base_names, math.nan)
    row |= {
        "measure": measure,
        "control": conditions[0],
        "condition": conditions[1],
        "n_control": len(values[0]),
        "n_condition": len(values[1]),
        "n_cells_control": len(every[0]),
        "n_cells_condition": len(every[1]),
        "replicates_for_20_percent": pd.NA,
    }
    for name, own in zip(("mean_control", "mean_condition"), values, strict=True):
        row[name] = float(own.mean()) if len(own) else math.nan
    if min(len(own) for own in values) < 2:
        return row
    return row | _tested(groups, values, every, paired=paired)


def _tested(
    groups: list[dict[str, Array]], values: list[Array], every: list[Array], *, paired: bool
) -> dict[str, Any]:
    found = contrast(*values, paired=paired)
    middle = float(values[0].mean())
    tested: dict[str, Any] = {
        **_ends("difference", found.difference),
        **_ends("ratio", ratio(*values, paired=paired)),
        **_ends("hedges_g", hedges_g(*values, paired=paired)),
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


def _replicate_values(
    cells: pd.DataFrame, measure: str, pooling: Pooling, condition: str
) -> dict[str, float]:
    """Return the value of each replicate, from all its cells, because cells without a value of their own may count."""
    own = cells[cells["condition"] == condition]
    return {str(name): pooling.value(rows, measure) for name, rows in own.groupby("replicate", sort=True)}


def _by_replicate(cells: pd.DataFrame, measure: str, condition: str) -> dict[str, Array]:
    """Return the defined values of cells, by replicate."""
    known = cells[(cells["condition"] == condition) & cells[measure].notna()]
    return {
        str(name): rows.to_numpy(np.float64) for name, rows in known.groupby("replicate", sort=True)[measure]
    }


def _superiority(control: Array, condition: Array) -> float:
    """Return the fraction of pairs in which a cell of `condition` exceeds one of `control`; ties count half."""
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
            f"For a paired comparison, conditions '{control}' and '{other}' need at least two replicates of the same "
            f"name; "
            f"they have {', '.join(sorted(replicates[0]))} and {', '.join(sorted(replicates[1]))}."
        )


def _ends(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
