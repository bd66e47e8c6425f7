"""Dose-response curves: the four-parameter log-logistic model over replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar

from podia.data.calibration import Calibration
from podia.experiment.assignment import Assignment
from podia.experiment.tables import DOSE_RESPONSE

Array = NDArray[np.float64]

MIN_DOSES = 3
"""Fewest doses for a curve: two plateaus and a place between them."""

MIN_DOSES_FOR_HILL = 5
"""Fewest doses to estimate the Hill slope; it is 1 below."""

_HILL = (0.3, 8.0)
_BEYOND = 30.0
"""How far beyond the doses EC50 is looked for, as a factor."""

_SIGNIFICANT = 0.05
_LEVEL = 0.95
_N_GRID = 161


@dataclass(frozen=True)
class DoseResponse:
    """Fit of ``f(dose) = at_infinity + (at_zero - at_infinity) / (1 + (dose / ec50) ** hill)``; NaN if undefined."""

    at_zero: float
    at_infinity: float
    ec50: float
    low: float
    high: float
    hill: float
    hill_fixed: bool
    p_value: float

    def at(self, dose: Array) -> Array:
        """Return the fitted curve."""
        return self.at_infinity + (self.at_zero - self.at_infinity) * _remaining(dose, self.ec50, self.hill)


def fit_dose_response(dose: Array, value: Array) -> DoseResponse | None:
    """Return the log-logistic fit by least squares; None with fewer than three doses or too few values.

    For given EC50 and Hill slope, both plateaus are a linear fit, so the sum of squares is minimised over the other two
    alone, and no start values are needed. The interval of EC50 is that of the profile: all values whose sum of squares
    is not significantly larger by the F test (Ritz et al., PLoS ONE 10, e0146021, 2015; Bates & Watts, Nonlinear
    Regression Analysis, 1988). A limit that is not reached within 30 times the range of doses is NaN: the data do not
    bound EC50 there. EC50 is NaN if the dose has no significant effect (F test against a constant). With fewer than
    five doses the Hill slope is 1.

    Parameters
    ----------
    dose
        ``(N,)``, 0 or more.
    value
        ``(N,)``, one per replicate and dose.

    Examples
    --------
    >>> dose = np.repeat([0.0, 1, 3, 10, 30], 2)
    >>> value = 10 - 8 * dose / (dose + 4) + np.tile([0.01, -0.01], 5)
    >>> round(fit_dose_response(dose, value).ec50, 1)
    4.0
    """
    known = np.isfinite(value) & np.isfinite(dose)
    dose, value = dose[known], value[known]
    doses = np.unique(dose)
    hill_fixed = len(doses) < MIN_DOSES_FOR_HILL
    dof = len(value) - (3 if hill_fixed else 4)
    if len(doses) < MIN_DOSES or dof < 1 or not np.ptp(value) > 0:
        return None
    positive = doses[doses > 0]
    grid = np.linspace(math.log(positive[0] / _BEYOND), math.log(positive[-1] * _BEYOND), _N_GRID)
    profile = np.array([_best(math.exp(one), dose, value, fixed=hill_fixed)[0] for one in grid])
    place = int(profile.argmin())
    around = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    refined = minimize_scalar(
        lambda one: _best(math.exp(one), dose, value, fixed=hill_fixed)[0], bounds=around, method="bounded"
    )
    centre = float(refined.x)
    squares, hill = _best(math.exp(centre), dose, value, fixed=hill_fixed)
    (at_zero, at_infinity), _ = _plateaus(math.exp(centre), hill, dose, value)
    constant = float(((value - value.mean()) ** 2).sum())
    extra = 2 if hill_fixed else 3
    f_value = (constant - squares) / extra / (max(squares, 1e-300) / dof)
    p_value = float(stats.f.sf(f_value, extra, dof))
    if p_value >= _SIGNIFICANT:
        return DoseResponse(at_zero, at_infinity, math.nan, math.nan, math.nan, hill, hill_fixed, p_value)
    limit = squares * (1 + float(stats.f.ppf(_LEVEL, 1, dof)) / dof)
    low = _crossing(grid[: place + 1][::-1], profile[: place + 1][::-1], limit)
    high = _crossing(grid[place:], profile[place:], limit)
    return DoseResponse(at_zero, at_infinity, math.exp(centre), low, high, hill, hill_fixed, p_value)


def dose_responses(assignments: Sequence[Assignment], replicates: pd.DataFrame) -> pd.DataFrame:
    """Return the table DOSE_RESPONSE, one row per compound and measure; without rows if there are no doses.

    A condition of dose 0 belongs to every compound.

    Parameters
    ----------
    assignments
        Conditions with doses.
    replicates
        The table COMPARED_REPLICATES.
    """
    rows = [
        {
            "compound": compound,
            "measure": measure,
            "dose_unit": unit,
            "n_doses": int(np.unique(dose).size),
            "n_values": len(value),
            "at_zero": fit.at_zero,
            "at_infinity": fit.at_infinity,
            "ec50": fit.ec50,
            "ec50_low": fit.low,
            "ec50_high": fit.high,
            "hill": fit.hill,
            "hill_fixed": fit.hill_fixed,
            "p_value": fit.p_value,
        }
        for compound, unit, measure, dose, value in dosed_values(assignments, replicates)
        for fit in [fit_dose_response(dose, value)]
        if fit is not None
    ]
    if not rows:
        return DOSE_RESPONSE.empty()
    return DOSE_RESPONSE.conform(pd.DataFrame(rows), Calibration())


def dosed_values(
    assignments: Sequence[Assignment], replicates: pd.DataFrame
) -> list[tuple[str, str, str, Array, Array]]:
    """Return compound, unit, measure, doses and values of replicates, for each compound and measure."""
    dose_of = {row.condition: row.dose for row in assignments if row.dose is not None}
    compound_of = {row.condition: row.compound for row in assignments}
    unit = next((row.dose_unit for row in assignments if row.dose_unit), "")
    compounds = list(dict.fromkeys(compound_of[name] for name, dose in dose_of.items() if dose > 0))
    found = []
    for compound in compounds:
        own = [name for name, dose in dose_of.items() if dose == 0 or compound_of[name] == compound]
        table = replicates[replicates["condition"].isin(own) & replicates["value"].notna()]
        for measure, rows in table.groupby("measure", sort=False):
            dose = rows["condition"].map(dose_of).to_numpy(np.float64)
            found.append((compound, unit, str(measure), dose, rows["value"].to_numpy(np.float64)))
    return found


def _remaining(dose: Array, ec50: float, hill: float) -> Array:
    return np.asarray(1 / (1 + (dose / ec50) ** hill), dtype=np.float64)


def _plateaus(ec50: float, hill: float, dose: Array, value: Array) -> tuple[tuple[float, float], float]:
    """Return the best plateaus at no and at infinite dose, and the sum of squares."""
    share = _remaining(dose, ec50, hill)
    design = np.column_stack([share, 1 - share])
    solution = np.linalg.lstsq(design, value, rcond=None)[0]
    return (float(solution[0]), float(solution[1])), float(((value - design @ solution) ** 2).sum())


def _best(ec50: float, dose: Array, value: Array, *, fixed: bool) -> tuple[float, float]:
    """Return the least sum of squares at this EC50, and the Hill slope that gives it."""
    if fixed:
        return _plateaus(ec50, 1.0, dose, value)[1], 1.0
    found = minimize_scalar(
        lambda one: _plateaus(ec50, math.exp(one), dose, value)[1],
        bounds=(math.log(_HILL[0]), math.log(_HILL[1])),
        method="bounded",
        options={"xatol": 1e-3},
    )
    return float(found.fun), math.exp(float(found.x))


def _crossing(grid: Array, profile: Array, limit: float) -> float:
    """Return the EC50 at which the profile first exceeds `limit`; NaN if it never does."""
    beyond = np.flatnonzero(profile > limit)
    if not len(beyond) or beyond[0] == 0:
        return math.nan
    after = int(beyond[0])
    part = (limit - profile[after - 1]) / (profile[after] - profile[after - 1])
    return math.exp(float(grid[after - 1] + part * (grid[after] - grid[after - 1])))
