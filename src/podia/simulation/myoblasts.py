"""Motion and division statistics of real myoblasts.

Measured by ``benchmarks/measurement/measure_c2c12_motion.py`` on the C2C12 centroid tracks of Ker et al., Scientific
Data 2018: three phase-contrast movies, 1002 tracks, 68,120 positions, 5677 cell-hours, 5 min per frame, 1.3 um/px.
"""

from __future__ import annotations

RMS_SPEED_UM_PER_MIN = 0.364
"""Root mean square speed of the persistent motion: its velocity autocorrelation extrapolated to lag 0."""

PERSISTENCE_MIN = 81.7
"""Time in which the velocity autocorrelation decays to 1/e, fitted over lags of 5 to 120 min."""

LOG_SPEED_SPREAD = 0.65
"""Standard deviation of the natural logarithm of a cell's own speed, 550 tracks of 6 h and more."""

DIVISIONS_PER_CELL_AND_HOUR = 0.030
"""170 divisions in 5677 cell-hours."""

SISTER_SEPARATION_UM = 17.1
"""Median distance of two daughters' centres in their first frame, 169 pairs (quartiles 15.7 and 18.7)."""

SISTER_SEPARATION_SPREAD_UM = 2.2
"""Standard deviation of a normal distribution with those quartiles."""
