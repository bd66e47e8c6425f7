"""Errors of the measures of a culture, against simulated truth, and false positives of comparisons of curves.

python -m benchmarks.experiment.culture_accuracy [number of repeats, 300 by default]

Growth: numbers of cells that divide at random, with errors of counting. Wounds: a sheet with pixels missing at random.
Divisions: cells that divide at random. Curves: equal conditions whose replicates differ in level and slope. EC50: a
log-logistic curve with errors of replicates. No images are needed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from podia.data.lineage import Lineage
from podia.experiment.curves import curve_summaries
from podia.experiment.dose_response import fit_dose_response
from podia.experiment.replicates import contrast
from podia.measurement.culture.divisions import division_rate
from podia.measurement.culture.growth import growth
from podia.measurement.culture.wound import find_wound


def cells_that_divide(
    rng: np.random.Generator, start: int, n_frames: int, doublings: float, noise: float
) -> tuple[np.ndarray, float]:
    """Return numbers of cells, and the growth rate per frame."""
    rate = math.log(2) * doublings / n_frames
    numbers = [start]
    for _ in range(n_frames - 1):
        numbers.append(numbers[-1] + rng.binomial(numbers[-1], 1 - math.exp(-rate)))
    counted = np.array(numbers) * np.exp(noise * rng.standard_normal(n_frames))
    return np.maximum(np.round(counted), 1), rate


def growth_rates(repeats: int) -> None:
    print(
        "cells, frames, doublings, counting error | median error of the rate | 95 % interval holds | by regression"
    )
    for start, n_frames, doublings, noise in (
        (20, 24, 2, 0.0),
        (20, 96, 2, 0.05),
        (100, 48, 1, 0.03),
        (5, 48, 2, 0.0),
    ):
        rng = np.random.default_rng(0)
        apart, inside, regression = [], 0, 0
        for _ in range(repeats):
            numbers, rate = cells_that_divide(rng, start, n_frames, doublings, noise)
            time = np.arange(n_frames, dtype=float)
            found = growth(time, numbers, numbers).trend
            apart.append(abs(found.slope / rate - 1))
            inside += found.low <= rate <= found.high
            slope, error = ordinary(time, np.log(numbers))
            regression += abs(slope - rate) < 1.96 * error
        print(
            f"{start}, {n_frames}, {doublings}, {noise:.0%} | {np.median(apart):.1%} | {inside / repeats:.3f} | "
            f"{regression / repeats:.3f}"
        )


def ordinary(time: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    middle = time - time.mean()
    slope = float((middle * values).sum() / (middle**2).sum())
    rest = values - values.mean() - slope * middle
    return slope, math.sqrt(float((rest**2).sum()) / (len(time) - 2) / float((middle**2).sum()))


def division_rates(repeats: int) -> None:
    rng = np.random.default_rng(1)
    rate, n_frames = 0.02, 48
    inside, found = 0, []
    for _ in range(repeats):
        tracks, parents, last = [], {}, {}
        waiting = [(track, 0) for track in range(1, 11)]
        number = 11
        while waiting:
            track, first = waiting.pop()
            age = rng.exponential(1 / rate)
            end = first + math.floor(age)
            last[track] = min(end, n_frames - 1)
            tracks.append((track, first, last[track] - first))
            if end < n_frames - 1:
                for _ in range(2):
                    parents[number] = track
                    waiting.append((number, end + 1))
                    number += 1
        table = pd.DataFrame(tracks, columns=["track_id", "first_frame", "duration"])
        nodes = pd.DataFrame(
            [(f, t, t, 0.0, 0.0) for t, first, d in tracks for f in (first, first + d)],
            columns=["frame", "label", "track_id", "y", "x"],
        ).drop_duplicates()
        estimate = division_rate(table, Lineage(nodes, parents))
        found.append(estimate.rate / rate)
        inside += estimate.low <= rate <= estimate.high
    print(
        f"division rate: mean {np.mean(found):.3f} of the truth, 95 % interval holds {inside / repeats:.3f}"
    )


def wounds(repeats: int) -> None:
    rng = np.random.default_rng(2)
    rows, columns = np.mgrid[:120, :400] + 0.5
    for tilt in (0.0, 0.1, 0.2):
        speed, area = [], []
        for _ in range(max(repeats // 30, 3)):
            covers = []
            for t in range(20):
                place = columns + tilt * (rows - 60)
                mask = (rng.random(rows.shape) < 0.9) & ((place < 140 + 2 * t) | (place > 260 - 2 * t))
                covers.append((mask.mean(axis=1).astype("f4"), mask.mean(axis=0).astype("f4")))
            wound = find_wound(covers, (400, 120), np.zeros((20, 2)), 12)
            assert wound is not None
            speed.append(wound.front_speed.slope / 2 - 1)
            area.append(wound.closure.slope / (4 * 120 * 0.9) - 1)
        degrees = math.degrees(math.atan(tilt))
        errors = f"front speed {np.mean(speed):+.1%}, closure rate {np.mean(area):+.1%}"
        print(f"wound, tilted by {degrees:.0f} degrees: {errors}")


def false_positives(repeats: int) -> None:
    """Print how often curves of equal conditions differ; ten times as many repeats, because they are cheap."""
    time = np.arange(12.0)
    for n_replicates in (3, 6):
        rng = np.random.default_rng(3)
        p = []
        for _ in range(10 * repeats):
            one, two = (
                np.array([curve_summaries(time, random_curve(rng, time)) for _ in range(n_replicates)])
                for _ in range(2)
            )
            p.append([contrast(one[:, k], two[:, k], paired=False).p_value for k in (0, 1)])
        mean, slope = (np.array(p) < 0.05).mean(axis=0)
        print(
            f"curves of equal conditions, {n_replicates} replicates: p < 0.05 in {mean:.3f} (mean), {slope:.3f} (slope)"
        )


def random_curve(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """Return the curve of a replicate with its level, its slope, and noise that accumulates."""
    return 10 + rng.normal() + rng.normal(0, 0.3) * time + 0.2 * np.cumsum(rng.normal(size=len(time)))


def ec50(repeats: int) -> None:
    for doses in ((0, 3, 30), (0, 0.3, 1, 3, 10, 30, 100)):
        rng = np.random.default_rng(4)
        dose = np.repeat(np.array(doses, dtype=float), 4)
        inside, bounded, apart = 0, 0, []
        for _ in range(repeats // 3):
            value = 1 + 4 / (1 + dose / 5) + rng.normal(0, 0.3, len(dose))
            found = fit_dose_response(dose, value)
            assert found is not None
            low = found.low if math.isfinite(found.low) else 0.0
            high = found.high if math.isfinite(found.high) else math.inf
            inside += low <= 5 <= high
            bounded += math.isfinite(found.low) and math.isfinite(found.high)
            apart.append(abs(math.log10(found.ec50 / 5)))
        n = repeats // 3
        print(
            f"EC50 of {len(doses)} doses by 4: median error a factor of {10 ** np.median(apart):.2f}, "
            f"95 % interval holds {inside / n:.3f}, bounded {bounded / n:.3f}"
        )


PARTS: tuple[Callable[[int], None], ...] = (growth_rates, division_rates, wounds, false_positives, ec50)

if __name__ == "__main__":
    for part in PARTS:
        part(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
