"""Whether cells were found, completely and steadily."""

from __future__ import annotations

import numpy as np

from podia.reporting.checks.warning import QualityWarning
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import listing, share

_FLICKER = 0.1
"""A steady segmentation stays below; see the column ``area_flicker``."""
_STRONG_FLICKER = 0.25
_COUNT_JUMP = 0.3
"""Share of the cells that come or go from one frame to the next."""
_COUNT_JUMP_CELLS = 4
_BORDER_CELLS = 0.25


def no_cells(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if no frame has a cell."""
    if len(inputs.column("cells", "frame")):
        return None
    return QualityWarning(
        "problem",
        "No cells were found",
        "Not one cell was found in any frame, so there is nothing to measure.",
        "Look at the movie below. If you see cells, try the other segmentation method, a lower threshold or a "
        "smaller minimum area, or give your own masks with --labels.",
        {"n_cells": 0},
    )


def area_flicker(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if areas jump to and fro between frames."""
    flicker = inputs.column("frames", "area_flicker").to_numpy(np.float64)
    if not np.isfinite(flicker).any():
        return None
    median = float(np.nanmedian(flicker))
    if median <= _FLICKER:
        return None
    worst = [int(f) for f in np.argsort(-np.nan_to_num(flicker), kind="stable")[:3]]
    return QualityWarning(
        "problem" if median > _STRONG_FLICKER else "check",
        "Outlines flicker",
        f"A cell's area typically jumps by {share(median)} from frame to frame and back, where a steady "
        f"segmentation stays below {share(_FLICKER)}. Protrusions may come and go without being real.",
        "Play the movie below and watch the outlines. Another segmentation method, or masks from a trained network "
        "given with --labels, will help.",
        {"median_flicker": median, "limit": _FLICKER},
        tuple(sorted(worst)),
    )


def count_jump(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the number of cells changes faster than cells can come and go."""
    n_cells = inputs.column("frames", "n_cells").to_numpy(np.float64)
    change = np.abs(np.diff(n_cells))
    larger = np.maximum(n_cells[1:], n_cells[:-1])
    frames = [
        int(f) + 1 for f in np.flatnonzero((change > _COUNT_JUMP * larger) & (change >= _COUNT_JUMP_CELLS))
    ]
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The number of cells jumps",
        f"It changes by up to {int(change.max())} cells from one frame to the next (before frame {listing(frames)}). "
        f"Cells do not appear or vanish that fast: the segmentation fails in some frames.",
        "Look at these frames. Bubbles, focus loss or a moved dish are the usual reasons.",
        {"largest_change": float(change.max()), "limit_share": _COUNT_JUMP},
        tuple(frames),
    )


def border_cells(inputs: ReportInputs) -> QualityWarning | None:
    """Tell if many cells are cut by the edge of the frame."""
    touching = inputs.column("cells", "touches_border")
    if not len(touching) or touching.mean() <= _BORDER_CELLS:
        return None
    part = float(touching.mean())
    return QualityWarning(
        "note",
        "Many cells touch the border",
        f"{share(part)} of all cells and frames touch the edge of the field, where the cell is cut. They count, but "
        f"the shape plots below leave them out.",
        "Filter by touches_border when you work with cells.csv.",
        {"share": part, "limit": _BORDER_CELLS},
    )
