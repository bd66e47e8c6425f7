"""Evaluation of protrusion tips: detection, length and links over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from podia.data.errors import InvalidInputError
from podia.evaluation.localisation import LocalisationCounts, match_points

_COLUMNS = ("frame", "track_id", "tip_y", "tip_x", "length", "protrusion_id")


@dataclass(frozen=True)
class TipScores:
    """Tips of a movie, pooled over cells and frames.

    ``per_cell`` has one row per true cell and frame: ``frame``, ``track_id``, ``tp``, ``fp``, ``fn``, ``length_error``
    (median relative error of its detected tips, NaN without any). ``per_frame`` has ``frame``, ``tp``, ``fp``, ``fn``.
    """

    counts: LocalisationCounts
    length_bias: float
    """Median of (found - true) / true length over detected tips."""
    length_spread: float
    """Half the distance between the 16th and 84th percentile of this error."""
    median_length_error: float
    """Median of its absolute value."""
    link_counts: LocalisationCounts
    """Counts of frame-to-frame links of protrusions: correct, false, missed."""
    per_cell: pd.DataFrame
    per_frame: pd.DataFrame

    @property
    def f_score(self) -> float:
        """F-score of the tips."""
        return self.counts.f_score

    @property
    def link_f_score(self) -> float:
        """F-score of the links over time."""
        return self.link_counts.f_score


def tip_scores(truth: pd.DataFrame, result: pd.DataFrame, *, cut_off_px: float = 3.0) -> TipScores:
    """Return the scores of the tips of `result` against those of `truth`.

    Parameters
    ----------
    truth, result
        One row per tip: ``frame``, ``track_id``, ``tip_y``, ``tip_x`` (px), ``length`` (same unit on both sides),
        ``protrusion_id``. Tips are matched frame by frame, independently of their cells, so the two tables may number
        cells differently.
    cut_off_px
        Maximum distance between a detected tip and a true one.

    Raises
    ------
    InvalidInputError
        If a column is missing.
    """
    for name, table in (("truth", truth), ("result", result)):
        missing = [column for column in _COLUMNS if column not in table.columns]
        if missing:
            raise InvalidInputError(
                f"The tips of the {name} lack the columns {missing}; they need {list(_COLUMNS)}."
            )
    pairs = _matched_rows(truth, result, cut_off_px)
    true_tips, found_tips = truth.loc[[i for i, _ in pairs]], result.loc[[j for _, j in pairs]]
    error = (found_tips["length"].to_numpy() - true_tips["length"].to_numpy()) / true_tips[
        "length"
    ].to_numpy()
    distance = np.hypot(
        found_tips["tip_y"].to_numpy() - true_tips["tip_y"].to_numpy(),
        found_tips["tip_x"].to_numpy() - true_tips["tip_x"].to_numpy(),
    )
    counts = LocalisationCounts(
        len(pairs), len(result) - len(pairs), len(truth) - len(pairs), float(distance.sum())
    )
    low, high = np.percentile(error, [16, 84]) if len(error) else (np.nan, np.nan)
    return TipScores(
        counts,
        length_bias=float(np.median(error)) if len(error) else float("nan"),
        length_spread=float(high - low) / 2,
        median_length_error=float(np.median(np.abs(error))) if len(error) else float("nan"),
        link_counts=_link_counts(truth, result, pairs),
        per_cell=_per_cell(truth, result, pairs, error),
        per_frame=_per_frame(truth, result, pairs),
    )


def _matched_rows(truth: pd.DataFrame, result: pd.DataFrame, cut_off_px: float) -> list[tuple[int, int]]:
    found_frames = dict(list(result.groupby("frame")))
    pairs: list[tuple[int, int]] = []
    for frame, true_tips in truth.groupby("frame"):
        found_tips = found_frames.get(frame)
        if found_tips is None:
            continue
        matched = match_points(
            true_tips[["tip_y", "tip_x"]].to_numpy(float),
            found_tips[["tip_y", "tip_x"]].to_numpy(float),
            cut_off_px,
        )
        pairs += [(int(true_tips.index[i]), int(found_tips.index[j])) for i, j in matched]
    return pairs


def _steps(table: pd.DataFrame) -> set[tuple[int, int]]:
    """Return ``(row, row of the next tip of the same protrusion)`` for tips in consecutive frames."""
    ordered = table.sort_values(["protrusion_id", "frame"])
    rows, ids, frames = (
        ordered.index.to_numpy(),
        ordered["protrusion_id"].to_numpy(),
        ordered["frame"].to_numpy(),
    )
    follows = (ids[1:] == ids[:-1]) & (frames[1:] == frames[:-1] + 1)
    return {(int(a), int(b)) for a, b in zip(rows[:-1][follows], rows[1:][follows], strict=True)}


def _link_counts(
    truth: pd.DataFrame, result: pd.DataFrame, pairs: list[tuple[int, int]]
) -> LocalisationCounts:
    found_of = dict(pairs)
    true_steps, found_steps = _steps(truth), _steps(result)
    right = sum((found_of.get(a), found_of.get(b)) in found_steps for a, b in true_steps)
    return LocalisationCounts(right, len(found_steps) - right, len(true_steps) - right)


def _per_frame(truth: pd.DataFrame, result: pd.DataFrame, pairs: list[tuple[int, int]]) -> pd.DataFrame:
    counts = pd.DataFrame(
        {
            "tp": truth.loc[[i for i, _ in pairs], "frame"].value_counts(),
            "n_true": truth["frame"].value_counts(),
            "n_found": result["frame"].value_counts(),
        }
    )
    counts = counts.fillna(0).astype(np.int64).sort_index().rename_axis("frame").reset_index()
    return pd.DataFrame(
        {
            "frame": counts["frame"].astype(np.int64),
            "tp": counts["tp"],
            "fp": counts["n_found"] - counts["tp"],
            "fn": counts["n_true"] - counts["tp"],
        }
    )


def _per_cell(
    truth: pd.DataFrame, result: pd.DataFrame, pairs: list[tuple[int, int]], error: np.ndarray
) -> pd.DataFrame:
    matched = truth.loc[[i for i, _ in pairs], ["frame", "track_id"]].assign(error=np.abs(error))
    found = matched.groupby(["frame", "track_id"])["error"].agg(tp="size", length_error="median")
    total = truth.groupby(["frame", "track_id"]).size().rename("n_true")
    table = total.to_frame().join(found).reset_index()
    table["tp"] = table["tp"].fillna(0).astype(np.int64)
    table["fn"] = table.pop("n_true") - table["tp"]
    false = result.drop(index=[j for _, j in pairs]).groupby(["frame", "track_id"]).size()
    keys = pd.MultiIndex.from_frame(table[["frame", "track_id"]])
    table["fp"] = [int(false.get(key, 0)) for key in keys]
    return table[["frame", "track_id", "tp", "fp", "fn", "length_error"]]
