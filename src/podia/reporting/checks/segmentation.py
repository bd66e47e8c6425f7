"""Checks of the segmentation."""

from __future__ import annotations

import numpy as np

from podia.networks.inference.trust import TRAINING_HINT, TRUST_LIMIT
from podia.reporting.checks.warning import QualityWarning
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import listing, share

_FLICKER = 0.1
"""A steady segmentation stays below; see the column ``area_flicker``."""
_STRONG_FLICKER = 0.25
_TRAIN = (
    "train the network on your cells: podia annotate MOVIE -o DATA, draw cells in the frames it chooses, then "
    "podia train podia DATA -o MODEL and podia run MOVIE --model MODEL/model.safetensors."
)
_COUNT_JUMP = 0.3
"""Share of the cells that come or go from one frame to the next."""
_COUNT_JUMP_CELLS = 4
_BORDER_CELLS = 0.25


def unknown_cells(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the network does not seem to know cells like these."""
    trust = inputs.trust
    if trust is None or trust.knows:
        return None
    return QualityWarning(
        "problem",
        "The network may not know these cells",
        "According to its own predictions, the probability that its masks fit the cells is "
        f"{share(trust.value)} (podia warns below {share(TRUST_LIMIT)}). All numbers below are based on "
        "these masks.",
        TRAINING_HINT,
        {"trust": trust.value, "limit": TRUST_LIMIT},
        trust.frames[:3],
    )


def no_cells(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if no frame has a cell."""
    if len(inputs.column("cells", "frame")):
        return None
    return QualityWarning(
        "problem",
        "No cells were found",
        "No frame contains a cell, so nothing was measured.",
        f"If you see cells in the movie below, {_TRAIN} Check the pixel size first: it sets the scale at which cells "
        f"are searched for.",
        {"n_cells": 0},
    )


def area_flicker(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if cell areas fluctuate from frame to frame."""
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
        f"The area of a typical cell fluctuates by {share(median)} from frame to frame; a steady segmentation stays "
        f"below {share(_FLICKER)}. Some protrusions may be artefacts.",
        f"Play the movie below and watch the outlines. If they are wrong, {_TRAIN}",
        {"median_flicker": median, "limit": _FLICKER},
        tuple(sorted(worst)),
    )


def count_jump(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the number of cells changes faster than cells can come and go."""
    pictured = np.flatnonzero(inputs.column("frames", "intensity_std").notna())
    n_cells = inputs.column("frames", "n_cells").to_numpy(np.float64)[pictured]
    change = np.abs(np.diff(n_cells))
    larger = np.maximum(n_cells[1:], n_cells[:-1])
    frames = [
        int(pictured[f + 1])
        for f in np.flatnonzero((change > _COUNT_JUMP * larger) & (change >= _COUNT_JUMP_CELLS))
    ]
    if not frames:
        return None
    return QualityWarning(
        "check",
        "The number of cells jumps",
        f"It changes by up to {int(change.max())} cells from one frame to the next (before frame {listing(frames)}). "
        f"Cells do not appear or disappear that fast, so the segmentation fails in some frames.",
        "Look at these frames. Common causes are bubbles, loss of focus, or a moved dish.",
        {"largest_change": float(change.max()), "limit_share": _COUNT_JUMP},
        tuple(frames),
    )


def border_cells(inputs: ReportInputs) -> QualityWarning | None:
    """Note if many cells are cut by the edge of the frame."""
    touching = inputs.column("cells", "touches_border")
    if not len(touching) or touching.mean() <= _BORDER_CELLS:
        return None
    part = float(touching.mean())
    return QualityWarning(
        "note",
        "Many cells touch the border",
        f"{share(part)} of all outlines touch the edge of the field, where cells are cut. They are counted, but the "
        f"shape plots below omit them.",
        "Filter by touches_border when you use cells.csv.",
        {"share": part, "limit": _BORDER_CELLS},
    )
