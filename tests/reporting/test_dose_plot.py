"""Dose-response plots."""

import numpy as np
import pytest

from podia.reporting.charts.dose import dose_plot

DOSE = np.array([0.0, 0.0, 1.0, 10.0])
VALUE = np.array([3.0, 4.0, 2.0, 1.0])


@pytest.mark.parametrize("with_curve", [True, False])
def test_replicates_doses_and_ec50_are_drawn(with_curve: bool) -> None:
    curve = (lambda dose: 1 + 3 / (1 + dose / 2)) if with_curve else None
    plot = dose_plot(
        DOSE, VALUE, curve, ec50=2.0 if with_curve else np.nan, dose_label="drug (uM)", label="speed"
    )
    assert plot is not None
    assert plot.count("<circle") == 4
    assert ("EC50 2" in plot) == with_curve
    assert [f">{tick}<" in plot for tick in ("0", "1", "10")] == [True] * 3
    assert "nan" not in plot


def test_doses_of_zero_alone_have_no_plot() -> None:
    assert dose_plot(DOSE[:2], VALUE[:2], None, ec50=np.nan, dose_label="", label="") is None
