"""Temporal stability of a tracked segmentation, without ground truth.

A cell changes little between consecutive frames. Changes that reverse, or that last one frame, are caused by the
segmentation, so models can be compared on movies without annotation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.movie import LabelImage, LabelMovie
from podia.evaluation.overlap import ratio


@dataclass(frozen=True)
class Stability:
    """Flicker scores of a segmentation whose labels are track ids."""

    neighbour_iou: float
    """Mean IoU of a cell with itself in the next frame, with aligned centroids; 1 for a rigid cell."""
    area_flicker: float
    """Median over cells of ``|a(t-1) - 2 a(t) + a(t+1)| / a(t)``; 0 for steady growth."""
    one_frame_cells: float
    """Fraction of cells (per cell and frame) that exist in one frame only, without the first and last frame."""
    one_frame_gaps: float
    """Fraction of cells (per cell and frame) that are missing for exactly one frame."""


@dataclass(frozen=True)
class _Cell:
    """Pixels of a cell relative to its centroid, rounded to whole pixels."""

    pixels: NDArray[np.int64]
    area: int


def stability(labels: LabelMovie) -> Stability:
    """Return the stability scores of `labels` ``(T, Y, X)``, whose values are track ids, with two frames in memory.

    All NaN for a movie without cells or with one frame.
    """
    areas: list[tuple[int, int, int]] = []
    ious: list[float] = []
    previous: dict[int, _Cell] = {}
    for frame, image in enumerate(labels):
        cells = _cells(image)
        ious += [_iou(previous[track], cell) for track, cell in cells.items() if track in previous]
        areas += [(track, frame, cell.area) for track, cell in cells.items()]
        previous = cells
    table = pd.DataFrame(areas, columns=["track_id", "frame", "area"])
    return Stability(
        neighbour_iou=float(np.mean(ious)) if ious else float("nan"),
        area_flicker=_area_flicker(table),
        one_frame_cells=_one_frame_cells(table, labels.n_frames),
        one_frame_gaps=_one_frame_gaps(table),
    )


def _cells(image: LabelImage) -> dict[int, _Cell]:
    rows, columns = np.nonzero(image)
    values = image[rows, columns]
    order = np.argsort(values, kind="stable")
    points = np.stack([rows[order], columns[order]], axis=1)
    tracks, starts = np.unique(values[order], return_index=True)
    parts = np.split(points, starts[1:]) if len(tracks) else []
    return {
        int(track): _Cell(part - np.rint(part.mean(axis=0)).astype(np.int64), len(part))
        for track, part in zip(tracks, parts, strict=True)
    }


def _iou(one: _Cell, other: _Cell) -> float:
    # Whole-pixel positions are packed into one number each, for fast intersection of pixel sets.
    keys_one, keys_other = (cell.pixels[:, 0] * (1 << 32) + cell.pixels[:, 1] for cell in (one, other))
    shared = len(np.intersect1d(keys_one, keys_other, assume_unique=True))
    return shared / (one.area + other.area - shared)


def _area_flicker(table: pd.DataFrame) -> float:
    ordered = table.sort_values(["track_id", "frame"])
    tracks, frames, areas = (ordered[name].to_numpy() for name in ("track_id", "frame", "area"))
    inner = (tracks[2:] == tracks[:-2]) & (frames[2:] == frames[:-2] + 2)
    second = np.abs(areas[:-2] - 2 * areas[1:-1] + areas[2:]) / areas[1:-1]
    return float(np.median(second[inner])) if inner.any() else float("nan")


def _one_frame_cells(table: pd.DataFrame, n_frames: int) -> float:
    if n_frames < 3:
        return float("nan")
    inner = table[(table["frame"] > 0) & (table["frame"] < n_frames - 1)]
    lengths = table.groupby("track_id").size()
    return ratio(int((lengths.loc[inner["track_id"]] == 1).sum()), len(inner))


def _one_frame_gaps(table: pd.DataFrame) -> float:
    ordered = table.sort_values(["track_id", "frame"])
    tracks, frames = ordered["track_id"].to_numpy(), ordered["frame"].to_numpy()
    gaps = (tracks[1:] == tracks[:-1]) & (frames[1:] == frames[:-1] + 2)
    return ratio(int(gaps.sum()), len(table))
