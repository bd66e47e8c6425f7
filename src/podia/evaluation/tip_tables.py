"""Selection of protrusion tips for evaluation, and their assignment to cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.evaluation.localisation import match_points
from podia.evaluation.positions import Tips
from podia.evaluation.tips import TipScores, tip_scores


def score_tips(truth: Tips, result: Tips, cells: pd.DataFrame, cut_off_px: float) -> TipScores:
    """Return the scores of the tips that count; ``per_cell`` names true cells.

    Ignored on both sides are cells cut by the frame edge, true protrusions that are too short to count, and those below
    the minimum length of the result. A detected tip at such a place is neither correct nor false.

    Parameters
    ----------
    cells
        ``frame``, ``label``, ``result_label`` of matched cells.
    """
    counts = ~truth.tips["touches_border"] & (truth.tips["length"] >= result.min_length_px)
    counted = truth.tips[counts].reset_index(drop=True)
    doubtful = pd.concat([t for t in (truth.tips[~counts], truth.stubs) if len(t)] or [truth.stubs])
    long_enough = result.tips[result.tips["length"] >= truth.min_length_px]
    found = _without_doubtful(counted, doubtful, long_enough.reset_index(drop=True), cut_off_px)
    return tip_scores(counted, _on_true_cells(found, cells), cut_off_px=cut_off_px)


def _without_doubtful(
    counted: pd.DataFrame, doubtful: pd.DataFrame, found: pd.DataFrame, cut_off_px: float
) -> pd.DataFrame:
    keep = np.ones(len(found), bool)
    for frame, rows in found.groupby("frame"):
        places = rows[["tip_y", "tip_x"]].to_numpy(float)
        right = [j for _, j in match_points(_places(counted, frame), places, cut_off_px)]
        rest = np.setdiff1d(np.arange(len(rows)), right)
        near = [int(rest[j]) for _, j in match_points(_places(doubtful, frame), places[rest], cut_off_px)]
        cut = rest[rows["touches_border"].to_numpy(bool)[rest]]
        keep[rows.index[[*near, *cut]]] = False
    return found[keep].reset_index(drop=True)


def _places(tips: pd.DataFrame, frame: object) -> np.ndarray:
    return np.asarray(tips.loc[tips["frame"] == frame, ["tip_y", "tip_x"]], float)


def _on_true_cells(found: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return tips with the true cell in place of the result cell; a tip without a true cell gets a negative number."""
    matched = cells.loc[cells["result_label"] > 0, ["frame", "label", "result_label"]]
    matched = matched.drop_duplicates(["frame", "result_label"]).rename(columns={"result_label": "track_id"})
    joined = found.merge(matched, on=["frame", "track_id"], how="left")
    owners = joined["label"].where(joined["label"].notna(), -1 - joined["track_id"])
    return found.assign(track_id=owners.astype(np.int64).to_numpy())
