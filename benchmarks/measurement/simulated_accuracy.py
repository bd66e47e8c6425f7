"""Accuracy of tips, lengths, tracks, divisions and drift on twenty simulated movies with true masks.

python -m benchmarks.measurement.simulated_accuracy [number of movies, 20 by default]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.movie import LabelMovie
from podia.data.tables import PROTRUSIONS
from podia.evaluation.ctc import ctc_scores
from podia.evaluation.ctc_sequence import TrackedMovie
from podia.evaluation.localisation import LocalisationCounts
from podia.evaluation.tips import TipScores, tip_scores
from podia.measurement.config import MeasurementConfig
from podia.measurement.measure import measure
from podia.preprocessing.drift import estimate_drift
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import SimulatedMovie, simulate
from podia.tracking.track import track

N_FRAMES = 30
TIP_CUT_OFF_PX = 3.0
DIVISION_RATE_PER_H = 0.3
"""Ten times that of the myoblasts, so that a short movie has divisions to find."""


def main() -> None:
    n_movies = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rows = list(_scores(n_movies))
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4f}"))
    print(table.drop(columns="seed").mean().to_frame("mean").T.to_string(index=False))


def _scores(n_movies: int) -> Iterator[dict[str, float]]:
    pooled = LocalisationCounts()
    for seed in range(n_movies):
        simulated = simulate(
            SimulationConfig(
                n_frames=N_FRAMES, size_px=512, n_cells=15, seed=seed, division_rate_per_h=DIVISION_RATE_PER_H
            )
        )
        lineage = track(simulated.labels)
        tracking = ctc_scores(
            TrackedMovie(simulated.labels, simulated.lineage),
            TrackedMovie(simulated.labels, lineage),
            measures=["TRA", "LNK", "BC(0)"],
        ).scores
        tips = _tip_scores(simulated)
        pooled += tips.counts
        error = estimate_drift(simulated.movie).shifts - simulated.drift.shifts
        yield {
            "seed": seed,
            "tips": tips.counts.tp + tips.counts.fn,
            "tip F": tips.f_score,
            "tip F pooled": pooled.f_score,
            "median |length error|": tips.median_length_error,
            "length bias": tips.length_bias,
            "TRA": tracking["TRA"],
            "LNK": tracking["LNK"],
            "divisions": sum(len(d) > 1 for d in simulated.lineage.daughters().values()),
            "BC(0)": tracking["BC(0)"],
            "drift error max px": float(np.hypot(*error.T).max()),
        }


def _tip_scores(simulated: SimulatedMovie) -> TipScores:
    labels = LabelMovie(simulated.labels.source, simulated.movie.calibration)
    calibration = simulated.movie.calibration
    measures = measure(simulated.movie, labels, simulated.lineage, drift=simulated.drift)
    found = PROTRUSIONS.to_base(measures.protrusions, calibration)
    # One rule for both sides: a protrusion counts from the lengths that the settings say, also where the
    # simulator calls it a stub. Cells that the frame's edge cuts are left out: their masks do not show all of them.
    truth = pd.concat([simulated.tips, simulated.stubs], ignore_index=True)
    cells = measures.cells[~measures.cells["touches_border"]][["frame", "track_id"]]
    return tip_scores(
        _long_enough(truth, calibration).merge(cells).reset_index(drop=True),
        found.merge(cells).reset_index(drop=True),
        cut_off_px=TIP_CUT_OFF_PX,
    )


def _long_enough(tips: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    rule = MeasurementConfig().protrusions
    beyond = tips["length_beyond_body"] >= rule.min_length_beyond_body.in_px(calibration)
    return tips[beyond & (tips["length"] >= rule.min_length.in_px(calibration))]


if __name__ == "__main__":
    main()
