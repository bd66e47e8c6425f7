"""Motion and division statistics of real myoblasts for the simulator.

Reproduces the values in ``podia/simulation/myoblasts.py`` from the C2C12 centroid tracks of Ker et al., Scientific
Data 2018 (5 min per frame, 1.3 um per px)::

    PODIA_DATA_DIR=... python -m benchmarks.measurement.measure_c2c12_motion
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

UM_PER_PX = 1.3
MIN_PER_FRAME = 5.0
FITTED_LAGS = np.arange(1, 25)


def read_tracks(path: Path) -> pd.DataFrame:
    """Return ``id, frame, y, x`` (um) and ``parent`` of one file, sorted by cell and frame."""
    values = np.loadtxt(path, dtype=np.int64)
    table = pd.DataFrame(values, columns=["frame", "id", "x", "y", "parent"])
    table[["y", "x"]] = table[["y", "x"]] * UM_PER_PX
    table["id"] = path.stem + ":" + table["id"].astype(str)
    table["parent"] = np.where(table["parent"] > 0, path.stem + ":" + table["parent"].astype(str), "")
    return table.sort_values(["id", "frame"], ignore_index=True)


def velocity_autocorrelation(steps_of: list[np.ndarray], lags: np.ndarray) -> np.ndarray:
    """Return the mean scalar product of two steps `lag` frames apart (um^2), pooled over tracks."""
    sums, counts = np.zeros(len(lags)), np.zeros(len(lags))
    for steps in steps_of:
        for i, lag in enumerate(lags):
            if lag < len(steps):
                sums[i] += (steps[lag:] * steps[: len(steps) - lag]).sum()
                counts[i] += len(steps) - lag
    return sums / counts


def report_motion(tracks: pd.DataFrame) -> None:
    steps_of = [
        np.diff(rows[["y", "x"]].to_numpy(), axis=0) for _, rows in tracks.groupby("id") if len(rows) > 2
    ]
    lengths = np.hypot(*np.concatenate(steps_of).T)
    quantiles = np.percentile(lengths, [25, 50, 75, 95]).round(2)
    print(f"step length, um per 5 min: mean {lengths.mean():.2f}, 25/50/75/95 % {quantiles}")
    correlation = velocity_autocorrelation(steps_of, FITTED_LAGS)
    slope, intercept = np.polyfit(FITTED_LAGS * MIN_PER_FRAME, np.log(correlation), 1)
    print(f"persistence time: {-1 / slope:.1f} min")
    print(f"rms speed of the persistent part: {np.sqrt(np.exp(intercept)) / MIN_PER_FRAME:.3f} um/min")
    long = [steps for steps in steps_of if len(steps) >= 72]
    own = np.array([velocity_autocorrelation([steps], np.arange(1, 7)).mean() for steps in long])
    speeds = np.sqrt(own[own > 0])
    print(
        f"cell-to-cell spread of log speed: {np.log(speeds).std():.2f} ({len(speeds)} of {len(long)} long tracks)"
    )


def report_divisions(tracks: pd.DataFrame) -> None:
    positions = tracks.set_index(["id", "frame"])[["y", "x"]]
    first = tracks.groupby("id").first()
    families = first[first["parent"] != ""].groupby("parent")
    hours = len(tracks) * MIN_PER_FRAME / 60
    print(
        f"divisions: {len(families)} in {hours:.0f} cell-hours, {len(families) / hours:.4f} per cell and hour"
    )
    together = [rows for _, rows in families if len(rows) == 2 and np.ptp(rows["frame"]) == 0]
    pairs = [rows.index.to_numpy() for rows in together]
    starts = [int(first.loc[pair[0], "frame"]) for pair in pairs]
    for later in (0, 6, 12, 24):
        apart = []
        for (one, other), start in zip(pairs, starts, strict=True):
            keys = [(one, start + later), (other, start + later)]
            if all(key in positions.index for key in keys):
                apart.append(np.hypot(*(positions.loc[keys[0]] - positions.loc[keys[1]]).to_numpy()))
        median, (low, high) = np.median(apart), np.percentile(apart, [25, 75])
        print(
            f"sisters {later * MIN_PER_FRAME:.0f} min after their first frame: median {median:.1f} um, "
            f"quartiles {low:.1f} to {high:.1f}, std {np.std(apart):.1f} ({len(apart)} pairs)"
        )
    for low, high in ((-24, -12), (-12, -6), (-6, -2)):
        steps = []
        for (one, _), start in zip(pairs, starts, strict=True):
            mother = first.loc[one, "parent"]
            keys = [(mother, start + i) for i in range(low, high + 1)]
            if all(key in positions.index for key in keys):
                steps.append(np.hypot(*np.diff(positions.loc[keys].to_numpy(), axis=0).T).mean())
        print(
            f"mother {-low * MIN_PER_FRAME:.0f} to {-high * MIN_PER_FRAME:.0f} min before: "
            f"mean step {np.mean(steps):.2f} um ({len(steps)} cells)"
        )


def main() -> None:
    folder = Path(os.environ["PODIA_DATA_DIR"]) / "C2C12" / "tracks_without_images"
    tracks = pd.concat([read_tracks(path) for path in sorted(folder.glob("*.txt"))], ignore_index=True)
    print(f"{tracks['id'].nunique()} tracks, {len(tracks)} positions")
    report_motion(tracks)
    report_divisions(tracks)


if __name__ == "__main__":
    main()
