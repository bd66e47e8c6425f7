"""Positions and protrusion tips from tables, and cells' centroids from labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import LabelImage
from podia.evaluation.overlap import index_labels
from podia.io.damaged import unreadable_file

TIP_COLUMNS = ("frame", "track_id", "protrusion_id", "tip_y", "tip_x", "length", "touches_border")


@dataclass(frozen=True)
class Tips:
    """Protrusion tips of one side, in px, columns :data:`TIP_COLUMNS`.

    Parameters
    ----------
    stubs
        True protrusions that are too short to count: a detection there is neither right nor wrong.
    min_length_px
        Shortest length that this side reports.
    """

    tips: pd.DataFrame
    stubs: pd.DataFrame
    min_length_px: float = 0.0


def read_positions(path: Path) -> pd.DataFrame | Tips:
    """Return the positions in a CSV with ``frame, y, x`` (or ``y_px, x_px``), or its tips (``tip_y, tip_x``).

    Raises
    ------
    MovieReadError
        If it cannot be read, lacks columns or rows, or holds something that is no number.
    """
    table = read_csv(path)
    if "tip_y" in table.columns:
        return Tips(as_tips(table, path), no_tips())
    missing = [name for name in ("frame", "y", "x") if name not in table.columns]
    if missing:
        raise MovieReadError(
            f"'{path}' lacks the columns {missing} (it has {list(table.columns)}); a table of centroids has "
            f"frame, y, x in px, or y_px, x_px."
        )
    if table.empty:
        raise MovieReadError(f"'{path}' has no rows: there is nothing to compare.")
    return table[["frame", "y", "x"]].astype({"frame": np.int64, "y": float, "x": float})


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV with ``_px`` taken off its columns' names, its positions checked to be numbers."""
    try:
        table = pd.read_csv(path)
    except Exception as error:  # parsers raise whatever they like
        raise unreadable_file(path, "CSV table", error) from error
    table = table.rename(columns=lambda name: str(name).strip().removesuffix("_px"))
    if "x" not in table.columns and "tip_y" not in table.columns and "x_um" in table.columns:
        raise MovieReadError(f"'{path}' has positions in um; give them in px, as y_px and x_px.")
    for name in {"frame", "y", "x", "tip_y", "tip_x", "length"} & set(table.columns):
        numbers = pd.to_numeric(table[name], errors="coerce")
        broken = numbers[~np.isfinite(numbers) | ((numbers % 1 != 0) & (name == "frame"))]
        if len(broken):
            row = int(broken.index[0])
            raise MovieReadError(
                f"Row {row + 1} of '{path}' has {name} '{table[name].iloc[row]}'; frames are whole numbers, "
                f"positions numbers of px."
            )
        table[name] = numbers
    return table


def as_tips(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return `table` with the columns of tips; MovieReadError if it lacks one."""
    if "touches_border" not in table.columns:
        table = table.assign(touches_border=False)
    missing = [name for name in TIP_COLUMNS if name not in table.columns]
    if missing:
        raise MovieReadError(
            f"The tips in '{path}' lack the columns {missing}; they need {list(TIP_COLUMNS)}."
        )
    whole = dict.fromkeys(("frame", "track_id", "protrusion_id"), np.int64)
    return table[list(TIP_COLUMNS)].astype(whole | {"touches_border": bool}).reset_index(drop=True)


def no_tips() -> pd.DataFrame:
    """Return a table of tips without rows."""
    return pd.DataFrame({name: pd.Series([], dtype=float) for name in TIP_COLUMNS})


def by_frame(table: pd.DataFrame) -> dict[int, NDArray[np.float64]]:
    """Return ``frame -> positions (N, 2)`` as ``(y, x)`` in px."""
    return {int(frame): rows[["y", "x"]].to_numpy(float) for frame, rows in table.groupby("frame")}


def centroids(labels: LabelImage) -> NDArray[np.float64]:
    """Return the centroids ``(N, 2)`` as ``(y, x)`` px of the cells of a label image, by ascending label."""
    y, x = np.nonzero(labels)
    values, index = index_labels(labels[y, x])
    sums = [np.bincount(index, position, len(values)) for position in (y, x)]
    return np.stack(sums, axis=1) / np.bincount(index, minlength=len(values))[:, None]
