"""Pooled MSD and autocorrelations of velocity and direction over time lag, with 95 % bands.

Each is a ratio of sums over tracks (of products over pairs, and of the number of pairs), so that long tracks have more
weight. Tracks are independent, pairs are not: the bands come from the scatter of the sums of tracks about the ratio
(Cochran, Sampling Techniques, 1977, section 2.11), with Student's t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from podia.measurement.migration.likelihood_interval import LEVEL
from podia.measurement.migration.newton import Array
from podia.measurement.migration.walks import Path

MIN_TRACKS = 3
"""Minimum number of tracks for a confidence band."""


@dataclass(frozen=True)
class _Ratio:
    """A mean over pairs, with its confidence band."""

    value: float
    low: float
    high: float


def lag_table(paths: Sequence[Path], *, drift: Array | None = None) -> pd.DataFrame:
    """Return one row per lag, in px and frames.

    Parameters
    ----------
    paths
        Paths with drift removed.
    drift
        ``(2,)`` shared velocity of all cells, px per frame, which is removed as well.

    Returns
    -------
    DataFrame
        ``lag``, ``n_tracks``, ``n_pairs`` of positions, and with ``_low`` and ``_high`` ``pooled_msd``,
        ``velocity_correlation`` (mean product of two one-frame steps at this lag, divided by their mean square) and
        ``direction_correlation`` (mean cosine of the angle between the two). NaN if no track has such a pair; limits
        are also NaN with fewer than three tracks.
    """
    drift = np.zeros(2) if drift is None else drift
    longest = max((int(frames[-1] - frames[0]) for frames, _ in paths), default=0)
    kinds = ("msd", "velocity", "direction")
    sums = {kind: np.zeros((2, len(paths), longest + 1)) for kind in kinds}
    for index, path in enumerate(paths):
        place = _by_frame(path, drift)
        steps = np.diff(place)
        length = np.abs(steps)
        unit = np.where(length > 0, steps / np.where(length > 0, length, 1), complex(np.nan, np.nan))
        for lag in range(len(place)):
            _add(sums["msd"], index, lag, np.abs(place[lag:] - place[: len(place) - lag]) ** 2)
            _add(sums["velocity"], index, lag, (steps[lag:] * steps[: len(steps) - lag].conj()).real)
            _add(sums["direction"], index, lag, (unit[lag:] * unit[: len(unit) - lag].conj()).real)
    square = sums["velocity"][:, :, 0].sum(axis=1) if longest else np.zeros(2)
    mean_square = square[0] / square[1] if square[0] > 0 else np.nan
    return pd.DataFrame([_row(sums, lag, mean_square) for lag in range(1, longest + 1)])


def _add(sums: Array, index: int, lag: int, products: Array) -> None:
    seen = ~np.isnan(products)
    sums[:, index, lag] = products[seen].sum(), seen.sum()


def _row(sums: dict[str, Array], lag: int, mean_square: float) -> dict[str, float]:
    n_pairs = sums["msd"][1, :, lag]
    row: dict[str, float] = {"lag": lag, "n_tracks": int((n_pairs > 0).sum()), "n_pairs": int(n_pairs.sum())}
    scales = {"velocity": mean_square}
    names = {"msd": "pooled_msd", "velocity": "velocity_correlation", "direction": "direction_correlation"}
    for kind, name in names.items():
        found = _ratio(*sums[kind][:, :, lag], positive=kind == "msd")
        scale = scales.get(kind, 1.0)
        row |= {
            name: found.value / scale,
            f"{name}_low": found.low / scale,
            f"{name}_high": found.high / scale,
        }
    return row


def _ratio(totals: Array, counts: Array, *, positive: bool) -> _Ratio:
    """Return the mean over pairs; for positive quantities, the band is computed for the logarithm."""
    totals, counts = totals[counts > 0], counts[counts > 0]
    n = len(counts)
    if not n:
        return _Ratio(np.nan, np.nan, np.nan)
    value = float(totals.sum() / counts.sum())
    if n < MIN_TRACKS:
        return _Ratio(value, np.nan, np.nan)
    apart = totals - value * counts
    error = float(np.sqrt((apart**2).sum() * n / (n - 1)) / counts.sum())
    reach = float(student.ppf((1 + LEVEL) / 2, n - 1)) * error
    if positive and value > 0:
        return _Ratio(value, value * float(np.exp(-reach / value)), value * float(np.exp(reach / value)))
    return _Ratio(value, value - reach, value + reach)


def _by_frame(path: Path, drift: Array) -> np.ndarray:
    """Return ``x + iy`` in each frame from the first to the last, NaN where the cell is missing."""
    frames, positions = path
    elapsed = frames - frames[0]
    place = np.full(int(elapsed[-1]) + 1, complex(np.nan, np.nan))
    moved = positions - elapsed[:, None] * drift
    place[elapsed] = moved[:, 1] + 1j * moved[:, 0]
    return place
