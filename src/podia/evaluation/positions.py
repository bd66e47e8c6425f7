"""Positions and protrusion tips from tables, and centroids of cells from labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import LabelImage
from podia.evaluation.overlap import index_labels
from podia.io.points import read_points, read_position_csv

SCORE_COLUMN = "score"
"""Column with the confidence of a detection: any number that increases with it."""
TIP_COLUMNS = ("frame", "track_id", "protrusion_id", "tip_y", "tip_x", "length", "touches_border")


@dataclass(frozen=True)
class Tips:
    """Protrusion tips of one side, in px, columns :data:`TIP_COLUMNS`.

    Parameters
    ----------
    stubs
        True protrusions that are too short to count: a detection there is neither correct nor false.
    min_length_px
        Minimum length that this side reports.
    """

    tips: pd.DataFrame
    stubs: pd.DataFrame
    min_length_px: float = 0.0


def read_positions(path: Path) -> pd.DataFrame | Tips:
    """Return the positions in a file (see :func:`podia.io.points.read_points`), or tips from a CSV (``tip_y, tip_x``).

    Raises
    ------
    MovieReadError
        If it cannot be read, lacks columns or rows, or contains non-numeric values.
    """
    if path.suffix.lower() == ".csv":
        table = read_position_csv(path)
        if "tip_y" in table.columns:
            return Tips(as_tips(table, path), no_tips())
    positions = read_points(path)
    if positions.empty:
        raise MovieReadError(f"'{path}' has no rows, so there is nothing to compare.")
    return positions[["frame", "y", "x", *scores_of(positions, path.name)]]


def scores_of(table: pd.DataFrame, name: str) -> list[str]:
    """Return the scores of a table of detections, if it has any, checked to be numeric.

    Raises
    ------
    MovieReadError
        If a score is not a number.
    """
    if SCORE_COLUMN not in table.columns:
        return []
    numbers = pd.to_numeric(table[SCORE_COLUMN], errors="coerce")
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise MovieReadError(
            f"Row {row + 1} of '{name}' has the score '{table[SCORE_COLUMN].iloc[row]}'; scores must be numbers. "
            f"Remove the column '{SCORE_COLUMN}' if detections have no scores."
        )
    return [SCORE_COLUMN]


def as_tips(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return `table` with the columns of tips; raise MovieReadError if it lacks one."""
    if "touches_border" not in table.columns:
        table = table.assign(touches_border=False)
    missing = [name for name in TIP_COLUMNS if name not in table.columns]
    if missing:
        raise MovieReadError(
            f"The tips in '{path}' lack the columns {missing}; they need {list(TIP_COLUMNS)}."
        )
    whole = dict.fromkeys(("frame", "track_id", "protrusion_id"), np.int64)
    # From a text file they are words, and every word would count as true.
    touches = table["touches_border"].astype(str).str.strip().str.lower().isin(("true", "1", "1.0"))
    tips = table.assign(touches_border=touches)[list(TIP_COLUMNS)]
    return tips.astype(whole).reset_index(drop=True)


def no_tips() -> pd.DataFrame:
    """Return a table of tips without rows."""
    return pd.DataFrame({name: pd.Series([], dtype=float) for name in TIP_COLUMNS})


def by_frame(table: pd.DataFrame) -> dict[int, NDArray[np.float64]]:
    """Return ``frame -> positions (N, 2)`` as ``(y, x)`` in px."""
    return {int(frame): rows[["y", "x"]].to_numpy(float) for frame, rows in table.groupby("frame")}


def scores_by_frame(table: pd.DataFrame) -> dict[int, NDArray[np.float64]] | None:
    """Return ``frame -> scores (N,)`` in the order of :func:`by_frame`; None for a table without them."""
    if SCORE_COLUMN not in table.columns:
        return None
    return {int(frame): rows[SCORE_COLUMN].to_numpy(float) for frame, rows in table.groupby("frame")}


def centroids(labels: LabelImage) -> NDArray[np.float64]:
    """Return the centroids ``(N, 2)`` as ``(y, x)`` px of the cells of a label image, by ascending label."""
    y, x = np.nonzero(labels)
    values, index = index_labels(labels[y, x])
    sums = [np.bincount(index, position, len(values)) for position in (y, x)]
    return np.stack(sums, axis=1) / np.bincount(index, minlength=len(values))[:, None]
