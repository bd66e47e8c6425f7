"""Fit the trust in a movie's cells, and judge it and the estimate of the scale, from what `sweep_scales.py` wrote.

python -m benchmarks.default_model.fit_trust sweep.json ...

Trust: a logistic regression of whether SEG is .5 or more, at scales up to that at which cells are 70 px wide; each set
is left out in turn for the AUROC and the alarms. Scale: the estimated width over the true one, and the SEG lost.
"""

from __future__ import annotations

import argparse
import json
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from podia.networks.inference.scale_looks import ScaleLook, best_diameter
from podia.networks.inference.trust import TRUST_LIMIT

CELL_PX, WIDEST_PX, GOOD_SEG = 40.0, 70.0, 0.5
FEATURES = {
    "certainty": ("certainty",),
    "and consistency": ("certainty", "consistency"),
    "certainty, stability": ("certainty", "stability"),
    "all three": ("certainty", "consistency", "stability"),
    "and agreement with EGT": ("certainty", "consistency", "egt"),
    "and with PHANTAST": ("certainty", "consistency", "egt", "phantast"),
}
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweeps", type=Path, nargs="+")
    arguments = parser.parse_args()
    rows = [row for path in arguments.sweeps for row in json.loads(path.read_text(encoding="utf-8"))]
    annotated = [row for row in rows if row.get("truth", 0) > 0 and row["true_diameter_px"]]
    _judge_scale(annotated)
    _fit([row for row in annotated if row["n_cells"] and row["true_diameter_px"] * row["scale"] <= WIDEST_PX])


def _fit(rows: list[Row]) -> None:
    sets = np.array([row["set"] for row in rows])
    good = np.array([row["seg"] / row["truth"] >= GOOD_SEG for row in rows])
    print(f"Trust: {len(rows)} rows of {len(set(sets))} sets, {good.mean():.2f} good")
    for name, keys in FEATURES.items():
        values = np.array([[row[key] for key in keys] for row in rows]) - 0.8
        left_out = np.empty(len(rows))
        for one in np.unique(sets):
            kept = sets != one
            left_out[~kept] = _regression(values[kept], good[kept]).predict_proba(values[~kept])[:, 1]
        model = _regression(values, good)
        alarms = left_out < TRUST_LIMIT
        print(
            f"  {name}: AUROC {roc_auc_score(good, left_out):.3f} with sets left out; alarm for "
            f"{alarms[good].mean():.3f} of the good, {alarms[~good].mean():.3f} of the bad; "
            f"bias {model.intercept_[0]:.2f}, weights {np.round(model.coef_[0], 1).tolist()}"
        )
        for one in np.unique(sets):
            here = sets == one
            print(
                f"    {one:11} alarm for {_share(alarms[here & good])} good, {_share(alarms[here & ~good])} bad"
            )


def _share(alarms: NDArray[np.bool_]) -> str:
    return f"{alarms.sum()} of {len(alarms)}"


def _regression(values: NDArray[np.float64], good: NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=100, max_iter=5000).fit(values, good)


def _judge_scale(rows: list[Row]) -> None:
    errors, lost = [], []
    for (name, image), group in groupby(rows, key=lambda row: (row["set"], row["image"])):
        looks = list(group)
        width = best_diameter([_look(row) for row in looks], CELL_PX)
        scores = np.array([row["seg"] / row["truth"] for row in looks])
        places = np.log2([row["scale"] for row in looks])
        errors.append(width / looks[0]["true_diameter_px"])
        lost.append(scores.max() - np.interp(np.log2(CELL_PX / width), places, scores))
        print(f"  {name:11} {image:16} width x {errors[-1]:.2f}, SEG lost {lost[-1]:.3f}")
    off = np.abs(np.log2(errors))
    print(
        f"Scale: {len(off)} images, off by more than 1.4: {np.mean(off > np.log2(1.4)):.2f}, "
        f"median error x {2 ** np.median(off):.2f}, SEG lost {np.mean(lost):.3f}"
    )


def _look(row: Row) -> ScaleLook:
    keys = ("scale", "n_cells", "diameter_px", "certainty", "consistency", "foreground")
    return ScaleLook(*(row[key] for key in keys))


if __name__ == "__main__":
    main()
