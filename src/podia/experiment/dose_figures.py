"""Figures of dose-response curves."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from podia.experiment.compared import Compared
from podia.experiment.curve_figures import DrawnFigure
from podia.experiment.dose_response import DoseResponse, dosed_values, fit_dose_response
from podia.reporting.charts.dose import dose_plot
from podia.reporting.wording import number


def dose_figures(compared: Compared, words: Mapping[str, str], units: Mapping[str, str]) -> list[DrawnFigure]:
    """Return a figure for each compound and measure with a dose-response curve, significant ones first.

    Parameters
    ----------
    words, units
        Title and unit of each measure, by the name of its column.
    """
    found = []
    for compound, unit, measure, dose, value in dosed_values(compared.assignments, compared.replicates):
        fit = fit_dose_response(dose, value)
        if fit is None:
            continue
        dose_label = " ".join(part for part in (compound or "dose", f"({unit})" if unit else "") if part)
        plot = dose_plot(
            dose,
            value,
            fit.at if math.isfinite(fit.ec50) else None,
            ec50=fit.ec50,
            dose_label=dose_label,
            label=f"{words[measure].lower()} ({units[measure]})"
            if units[measure]
            else words[measure].lower(),
        )
        name = "_".join(part for part in ("dose_response", compound.replace(" ", "_"), measure) if part)
        title = words[measure] + (f", {compound}" if compound else "")
        data = pd.DataFrame({"dose": dose, "value": value})
        found.append((fit.p_value, DrawnFigure(name, title, plot, data, (_sentence(fit, unit),))))
    return [figure for _, figure in sorted(found, key=lambda pair: pair[0])]


def _sentence(fit: DoseResponse, unit: str) -> str:
    p = number(fit.p_value, digits=2)
    if not math.isfinite(fit.ec50):
        return f"The dose has no significant effect (p = {p})."
    low = number(fit.low) if math.isfinite(fit.low) else "not bounded"
    high = number(fit.high) if math.isfinite(fit.high) else "not bounded"
    hill = "fixed at 1" if fit.hill_fixed else number(fit.hill, digits=2)
    return f"EC50 {number(fit.ec50, unit)} (95 % CI {low} to {high}), Hill slope {hill}, p = {p}."
