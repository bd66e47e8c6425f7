"""Kymographs of every track, small enough for the page, so that it can show that of a chosen one."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.edge_tables import KYMOGRAPHS
from podia.reporting.config import ReportConfig
from podia.reporting.inputs import ReportInputs

_POSITIONS = 48
"""Positions around a cell in the page; neighbours are averaged."""
_MIN_FRAMES = 3
_SHARE_OF_PAGE = 0.1
_COLOURS_REACH = 98
"""Percentile of the speeds at which the colours end."""
_LARGEST = 127
UNDEFINED = -128
"""Stands where there is no data."""


def track_kymographs(inputs: ReportInputs, config: ReportConfig) -> dict[str, Any] | None:
    """Return edge velocities by track, ready for JSON; None without any.

    Rows are int8 in base64, one per frame from ``first`` on, of ``n`` positions, 127 for ``most``. The longest tracks
    come first, until a tenth of ``config.max_page_mb`` is used.
    """
    if inputs.kymographs is None:
        return None
    name = KYMOGRAPHS.name_of("velocity", inputs.calibration)
    speeds = np.abs(inputs.kymographs.arrays[name])
    speeds = speeds[np.isfinite(speeds)]
    most = float(np.percentile(speeds, _COLOURS_REACH)) if len(speeds) else 0.0
    if most <= 0:
        return None
    tracks, lengths = np.unique(inputs.kymographs.track_ids, return_counts=True)
    room = int(config.max_page_mb * 1e6 * _SHARE_OF_PAGE * 3 / 4)
    packed = {}
    for track in tracks[np.argsort(-lengths, kind="stable")].tolist():
        frames, velocity = inputs.kymographs.of_track(track, name)
        if len(frames) < _MIN_FRAMES:
            break
        values = _small(frames, velocity, most)
        room -= values.size
        if room < 0:
            break
        packed[str(track)] = [int(frames[0]), base64.b64encode(values.tobytes()).decode("ascii")]
    n = min(_POSITIONS, inputs.kymographs.n_positions)
    return {
        "most": float(f"{most:.3g}"),
        "unit": inputs.unit("edges", "edge_velocity_mean"),
        "n": n,
        "tracks": packed,
    }


def _small(frames: NDArray[np.int64], velocity: NDArray[np.float32], most: float) -> NDArray[np.int8]:
    """Return ``(T, n)``, one row per frame without gaps, of a kymograph's rows."""
    n = min(_POSITIONS, velocity.shape[1])
    edges = np.linspace(0, velocity.shape[1], n + 1).astype(int)
    defined = np.isfinite(velocity)
    sums = np.add.reduceat(np.where(defined, velocity, 0), edges[:-1], axis=1)
    counts = np.add.reduceat(defined, edges[:-1], axis=1)
    small = np.full((int(frames[-1] - frames[0]) + 1, n), UNDEFINED, np.int8)
    means = np.clip(np.rint(_LARGEST * sums / np.maximum(counts, 1) / most), -_LARGEST, _LARGEST)
    small[frames - frames[0]] = np.where(counts > 0, means, UNDEFINED).astype(np.int8)
    return small
