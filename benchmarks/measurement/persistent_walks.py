"""Coverage of 95 % intervals and MSD exponents on persistent random walks of known speed and persistence.

python -m benchmarks.measurement.persistent_walks [number of walks, 500 by default]

Walks are drawn from the exact process, with a normal localisation error. Single walks are fitted one by one, with a
fitted and with a given localisation error. The naive fit for comparison is least squares of Fuerth's formula on the
points of the MSD curve, with the errors reported by the fit.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeWarning, curve_fit

from podia.measurement.migration.msd_exponent import fit_scaling
from podia.measurement.migration.persistent_walk import persistent_msd
from podia.measurement.migration.walk_fit import Estimates, fit_all_walks, fit_each_walk
from podia.measurement.migration.walks import Path
from podia.measurement.motion import mean_squared_displacement, msd_slope
from podia.simulation.motion import step_persistent_walk

SPEED = 1.0
SITUATIONS = ((60, 4.0, 0.3), (100, 8.0, 0.5), (200, 3.0, 0.5), (60, 30.0, 0.3))
"""Frames, persistence in frames, and error of positions in px, at a speed of 1 px a frame."""

N_TRACKS = 30
"""Tracks of a movie, where all are fitted together."""


def main() -> None:
    n_walks = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    generator = np.random.default_rng(0)
    rows = [row for situation in SITUATIONS for row in _single_walks(n_walks, *situation, generator)]
    rows += [_movies(max(20, n_walks // 5), *situation, generator) for situation in SITUATIONS[:2]]
    print("Share of 95 % intervals that hold the truth, and median of the estimates over the truth")
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    print("\nMSD exponent of pure diffusion (1 px a frame and axis)")
    diffusion = [
        _diffusion(n_walks, frames, error, generator) for frames in (60, 200) for error in (0.5, 1.0)
    ]
    print(pd.DataFrame(diffusion).to_string(index=False, float_format=lambda value: f"{value:.3f}"))


def simulate_walks(
    n_walks: int, n_frames: int, persistence: float, error: float, generator: np.random.Generator
) -> list[Path]:
    """Return persistent walks of speed 1 px a frame, seen with a normal error along each axis."""
    speed = np.full(n_walks, SPEED)
    velocity = generator.normal(0, SPEED / np.sqrt(2), (n_walks, 2))
    places = np.zeros((n_frames, n_walks, 2))
    for frame in range(1, n_frames):
        step, velocity = step_persistent_walk(velocity, speed, persistence, generator)
        places[frame] = places[frame - 1] + step
    seen = places + generator.normal(0, error, places.shape)
    return [(np.arange(n_frames), seen[:, walk]) for walk in range(n_walks)]


def _single_walks(
    n_walks: int, n_frames: int, persistence: float, error: float, generator: np.random.Generator
) -> list[dict[str, object]]:
    walks = simulate_walks(n_walks, n_frames, persistence, error, generator)
    rows = []
    for given in (None, error):
        start = time.process_time()
        fits = fit_each_walk(walks, noise=given)
        seconds = time.process_time() - start
        rows.append(
            {
                "what": f"single walk, error {'given' if given else 'fitted'}",
                "frames": n_frames,
                "persistence": persistence,
                "error": error,
                "speed held": _coverage(fits.speed, SPEED),
                "persistence held": _coverage(fits.persistence, persistence),
                "error held": np.nan if given else _coverage(fits.noise, error),
                "speed / truth": np.nanmedian(fits.speed.value) / SPEED,
                "P / truth": np.nanmedian(fits.persistence.value) / persistence,
                "ms a walk": 1000 * seconds / n_walks,
            }
        )
    naive = [_naive_holds(walk, persistence) for walk in walks[:200]]
    held, ratios = np.array([h for h, _ in naive]), np.array([r for _, r in naive])
    rows.append(
        {
            "what": "single walk, naive MSD fit",
            "frames": n_frames,
            "persistence": persistence,
            "error": error,
            "speed held": held[:, 0].mean(),
            "persistence held": held[:, 1].mean(),
            "speed / truth": np.nanmedian(ratios[:, 0]),
            "P / truth": np.nanmedian(ratios[:, 1]),
        }
    )
    return rows


def _movies(
    n_movies: int, n_frames: int, persistence: float, error: float, generator: np.random.Generator
) -> dict[str, object]:
    start = time.process_time()
    fits = [
        fit_all_walks(simulate_walks(N_TRACKS, n_frames, persistence, error, generator))
        for _ in range(n_movies)
    ]
    return {
        "what": f"{n_movies} movies of {N_TRACKS} tracks",
        "frames": n_frames,
        "persistence": persistence,
        "error": error,
        "speed held": np.mean([_coverage(fit.speed, SPEED) for fit in fits]),
        "persistence held": np.mean([_coverage(fit.persistence, persistence) for fit in fits]),
        "error held": np.mean([_coverage(fit.noise, error) for fit in fits]),
        "speed / truth": np.median([fit.speed.value[0] for fit in fits]) / SPEED,
        "P / truth": np.median([fit.persistence.value[0] for fit in fits]) / persistence,
        "ms a walk": 1000 * (time.process_time() - start) / n_movies / N_TRACKS,
    }


def _diffusion(
    n_walks: int, n_frames: int, error: float, generator: np.random.Generator
) -> dict[str, object]:
    steps = generator.normal(size=(n_frames, n_walks, 2))
    seen = np.cumsum(steps, axis=0) + generator.normal(0, error, steps.shape)
    walks = [(np.arange(n_frames), seen[:, walk]) for walk in range(n_walks)]
    found = fit_scaling(walks)
    old = [msd_slope(*mean_squared_displacement(*walk)[:2]) for walk in walks[:200]]
    return {
        "walks": n_walks,
        "frames": n_frames,
        "error": error,
        "exponent": found.msd_exponent.value[0],
        "low": found.msd_exponent.low[0],
        "high": found.msd_exponent.high[0],
        "2 H, mean over walks": 2 * found.hurst.value.mean(),
        "H held": _coverage(found.hurst, 0.5),
        "slope of log MSD, mean": np.nanmean(old),
    }


def _coverage(estimates: Estimates, truth: float) -> float:
    # An end that the data do not bound excludes nothing on its side.
    above = np.where(np.isnan(estimates.low), True, estimates.low <= truth)
    below = np.where(np.isnan(estimates.high), True, estimates.high >= truth)
    return float((above & below).mean())


def _naive_holds(walk: Path, persistence: float) -> tuple[tuple[bool, bool], tuple[float, float]]:
    """Return whether the naive intervals hold speed and persistence, and both estimates over the truth."""
    lags, msd, _ = mean_squared_displacement(*walk)
    used = lags <= len(walk[0]) // 4

    def model(lag: np.ndarray, log_speed: float, log_persistence: float, error: float) -> np.ndarray:
        return persistent_msd(lag, np.exp(log_speed), np.exp(log_persistence)) + 4 * error**2

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            found, covariance = curve_fit(model, lags[used], msd[used], (0.0, 1.0, 0.3))
    except RuntimeError:
        return (False, False), (np.nan, np.nan)
    reach = 1.96 * np.sqrt(np.diag(covariance))
    truth = np.array([np.log(SPEED), np.log(persistence)])
    held = np.abs(found[:2] - truth) <= reach[:2]
    speed, time_constant = np.exp(found[:2] - truth)
    return (bool(held[0]), bool(held[1])), (float(speed), float(time_constant))


if __name__ == "__main__":
    main()
