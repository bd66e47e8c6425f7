"""Autocorrelation of edge velocity, and its cross-correlation with the intensity inside the edge."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.edge_tables import EDGE_CORRELATION
from podia.data.kymographs import Kymographs


def edge_correlation(kymographs: Kymographs, *, max_lag_frames: int) -> pd.DataFrame:
    """Return the table EDGE_CORRELATION in frames, one row per lag, for tracks of five frames or more."""
    rows = []
    for track_id in np.unique(kymographs.track_ids).tolist():
        frames, velocity = kymographs.of_track(track_id, "velocity")
        _, intensity = kymographs.of_track(track_id, "intensity")
        span = int(frames[-1] - frames[0]) + 1
        most = min(max_lag_frames, (span - 1) // 4)
        if most < 1:
            continue
        v, grey = (_without_means(frames, values) for values in (velocity, intensity))
        for lag in range(-most, most + 1):
            own, n_pairs = correlation_at(v, v, lag)
            other, _ = correlation_at(v, grey, lag)
            rows.append((track_id, lag, float(lag), own, other, n_pairs))
    if not rows:
        return EDGE_CORRELATION.empty()
    return pd.DataFrame(rows, columns=EDGE_CORRELATION.base_names)


def correlation_at(first: NDArray[np.float64], second: NDArray[np.float64], lag: int) -> tuple[float, int]:
    """Return the correlation of `first` with `second` `lag` rows later, and the number of pairs.

    Both are ``(T, P)`` with means subtracted; undefined values are ignored. NaN if either is constant.
    """
    earlier = first[: len(first) - lag] if lag >= 0 else first[-lag:]
    later = second[lag:] if lag >= 0 else second[:lag]
    both = np.isfinite(earlier) & np.isfinite(later)
    a, b = earlier[both], later[both]
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return (float(a @ b) / norm if norm > 0 else np.nan), int(both.sum())


def _without_means(frames: NDArray[np.int64], values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return one row per frame from first to last, with each position's mean over time subtracted."""
    dense = np.full((int(frames[-1] - frames[0]) + 1, values.shape[1]), np.nan)
    dense[frames - frames[0]] = values
    known = np.isfinite(dense)
    total = np.where(known, dense, 0.0).sum(axis=0)
    return np.asarray(dense - total / np.maximum(known.sum(axis=0), 1))
