"""Migration tables: per track, per time lag and per movie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from podia.data.migration_tables import MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE
from podia.measurement.migration.hotelling import MIN_TRACKS_FOR_DRIFT, drift_test
from podia.measurement.migration.lags import lag_table
from podia.measurement.migration.msd_exponent import Scaling, fit_scaling
from podia.measurement.migration.newton import Array
from podia.measurement.migration.path_shape import (
    forward_index,
    meandering_index,
    outreach_ratio,
    random_walk_p,
)
from podia.measurement.migration.persistent_walk import persistent_msd
from podia.measurement.migration.walk_fit import Estimates, WalkFits, fit_all_walks, fit_each_walk
from podia.measurement.migration.walks import Path


@dataclass(frozen=True)
class MigrationTables:
    """The tables MIGRATION, MIGRATION_LAGS and MIGRATION_MOVIE in px and frames."""

    tracks: pd.DataFrame
    lags: pd.DataFrame
    movie: pd.DataFrame


def summarise_migration(cells: pd.DataFrame) -> MigrationTables:
    """Return the migration tables of a movie.

    With ten tracks or more, shared motion is removed before the fits, because residual drift or a common flow would
    look like persistence.

    Parameters
    ----------
    cells
        Sorted by frame, with ``track_id``, ``frame``, ``y_stable`` and ``x_stable``.
    """
    frames = cells["frame"].to_numpy(np.int64)
    positions = cells[["y_stable", "x_stable"]].to_numpy(np.float64)
    paths: dict[int, Path] = {
        int(track): (frames[rows], positions[rows])
        for track, rows in sorted(cells.groupby("track_id").indices.items())
    }
    if not paths:
        return MigrationTables(MIGRATION.empty(), MIGRATION_LAGS.empty(), MIGRATION_MOVIE.empty())
    found = list(paths.values())
    moved = drift_test(found)
    shared = (
        moved.velocity if sum(len(path[0]) > 1 for path in found) >= MIN_TRACKS_FOR_DRIFT else np.zeros(2)
    )
    still = [_without_drift(path, shared) for path in found]
    together = fit_all_walks(still)
    noise = float(together.noise.value[0])
    each = fit_each_walk(still, noise=None if np.isnan(noise) else noise)
    scaling = fit_scaling(still)
    movie: dict[str, float] = {
        "n_tracks": len(found),
        **_columns(together, 0),
        **_ends("msd_exponent", scaling.msd_exponent, 0),
        "shared_velocity_y": float(moved.velocity[0]),
        "shared_velocity_x": float(moved.velocity[1]),
        "shared_speed": float(np.hypot(*moved.velocity)),
        "shared_direction": float(np.degrees(np.arctan2(-moved.velocity[0], moved.velocity[1]))),
        "shared_velocity_p": moved.p_value,
    }
    return MigrationTables(
        _tracks(paths, each, scaling),
        _lags(still, together),
        pd.DataFrame([movie], columns=MIGRATION_MOVIE.base_names),
    )


def _without_drift(path: Path, velocity: Array) -> Path:
    frames, positions = path
    return frames, positions - (frames - frames[0])[:, None] * velocity


def _tracks(paths: dict[int, Path], each: WalkFits, scaling: Scaling) -> pd.DataFrame:
    rows = []
    for index, (track, path) in enumerate(paths.items()):
        right, up = forward_index(path)
        fitted = _columns(each, index)
        rows.append(
            {
                "track_id": track,
                **{name: fitted[name] for name in MIGRATION.base_names if name in fitted},
                **_ends("msd_exponent", _doubled(scaling.hurst), index),
                "outreach_ratio": outreach_ratio(path),
                "meandering_index": meandering_index(path),
                "forward_index_x": right,
                "forward_index_y": up,
                "random_walk_p": random_walk_p(path),
            }
        )
    return pd.DataFrame(rows, columns=MIGRATION.base_names)


def _lags(paths: list[Path], together: WalkFits) -> pd.DataFrame:
    table = lag_table(paths)
    if not len(table):
        return MIGRATION_LAGS.empty()
    lag = table["lag"].to_numpy(np.float64)
    error = np.nan_to_num(together.noise.value[0])
    model = persistent_msd(lag, together.speed.value[0], together.persistence.value[0]) + 4 * error**2
    return table.assign(lag_time=lag, pooled_msd_fit=model)[MIGRATION_LAGS.base_names]


def _doubled(hurst: Estimates) -> Estimates:
    """Return the exponent of the MSD, which is twice the Hurst exponent."""
    return Estimates(2 * hurst.value, 2 * hurst.low, 2 * hurst.high)


def _columns(fits: WalkFits, index: int) -> dict[str, float]:
    return {
        **_ends("persistent_speed", fits.speed, index),
        **_ends("persistence", fits.persistence, index),
        **_ends("position_error", fits.noise, index),
    }


def _ends(name: str, estimates: Estimates, index: int) -> dict[str, float]:
    return {
        name: float(estimates.value[index]),
        f"{name}_low": float(estimates.low[index]),
        f"{name}_high": float(estimates.high[index]),
    }
