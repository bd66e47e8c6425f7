"""Statistics of predictions at one scale, and the choice of the best of several scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.labels.distances import depth_inside
from podia.networks.outputs.base import DecodeConfig, Output
from podia.networks.outputs.distance import Distance

SCALES = tuple(2.0 ** (k / 2) for k in range(-5, 5))
"""Scales that are tried: network pixels per movie pixel."""
_MAX_CERTAINTY_DROP = 0.1
"""Maximum difference in certainty from the best scale, for a scale to be considered."""


@dataclass(frozen=True)
class ScaleLook:
    """Statistics of the predictions of a few frames at one scale.

    Parameters
    ----------
    scale
        Network pixels per movie pixel. n_cells Number of cells in all frames.
    diameter_px
        Diameter of a typical cell (that of a disc of its area) in network pixels: the median, weighted by diameter. NaN
        without cells.
    certainty
        Soft Dice between the cell probability and its thresholded version, 0 to 1.
    consistency
        Agreement of the predicted cell distance map with that of the decoded cells, 0 to 1; 1 for heads without one.
    foreground
        Share of the frames covered by cells.
    """

    scale: float
    n_cells: int
    diameter_px: float
    certainty: float
    consistency: float
    foreground: float


def look_at_scale(
    predictions: Sequence[NDArray[np.float32]], head: Output[Any, Any], scale: float, config: DecodeConfig
) -> ScaleLook:
    """Return the statistics of predictions ``(K, Y, X)``, one per frame, at one scale."""
    diameters: list[NDArray[np.float64]] = []
    agreed = summed = deviation = covered = size = 0.0
    threshold: float = getattr(config, "threshold", 0.5)  # heads for positions have none
    for prediction in predictions:
        labels = head.decode(prediction, config)
        cell = head.foreground(prediction)
        is_cell = cell > threshold
        agreed += 2.0 * float(cell[is_cell].sum())
        summed += float(cell.sum()) + float(is_cell.sum())
        inside = labels > 0
        if isinstance(head, Distance):
            deviation += float(np.abs(prediction[1] - depth_inside(labels, relative=True))[inside].sum())
        covered, size = covered + float(inside.sum()), size + labels.size
        diameters.append(whole_cell_diameters(labels))
    found = np.concatenate(diameters) if diameters else np.empty(0)
    return ScaleLook(
        scale,
        len(found),
        _middle_width(found),
        agreed / summed if summed else 0.0,
        max(0.0, 1.0 - deviation / covered) if covered else 0.0,
        covered / size if size else 0.0,
    )


def _middle_width(widths: NDArray[np.float64]) -> float:
    """Return the median of `widths` weighted by themselves, so that fragments count little; NaN if there are none."""
    if not len(widths):
        return float("nan")
    ascending = np.sort(widths)
    summed = np.cumsum(ascending)
    return float(np.interp(summed[-1] / 2, summed, ascending))


def whole_cell_diameters(labels: LabelImage) -> NDArray[np.float64]:
    """Return the diameters in px of cells that do not touch the border, or of all cells if every one does."""
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    whole = areas.copy()
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        whole[edge] = 0
    counted = whole[whole > 0] if whole.any() else areas[areas > 0]
    return np.asarray(np.sqrt(counted * (4 / np.pi)), dtype=np.float64)


def best_diameter(looks: Sequence[ScaleLook], model_diameter_px: float) -> float:
    """Return the cell diameter in movie pixels, from the scale at which cells have the model's diameter.

    At small scales, cells are narrower than the model's. They widen as the scale grows, until a large scale cuts them
    into pieces, which again have the model's diameter. Therefore the first crossing counts, among scales at which the
    network is about as certain as at its best. Diameters between two scales are interpolated. Without a crossing, the
    scale with the closest diameter counts; if no cell is found at any scale, the model's diameter is assumed.
    """
    certain = _certain_looks(looks)
    if not certain:
        return model_diameter_px
    away = [float(np.log2(look.diameter_px / model_diameter_px)) for look in certain]
    position = [float(np.log2(look.scale)) for look in certain]
    i = _first_crossing(certain, model_diameter_px)
    if i is not None:
        at = position[i] + (position[i + 1] - position[i]) * away[i] / (away[i] - away[i + 1])
        return float(model_diameter_px / 2.0**at)
    nearest = int(np.argmin(np.abs(away)))
    return float(model_diameter_px / 2.0 ** (position[nearest] - away[nearest]))


def is_settled(looks: Sequence[ScaleLook], model_diameter_px: float) -> bool:
    """Return whether larger scales than those of `looks` cannot change :func:`best_diameter`.

    This is the case if the first crossing lies between two scales that remain candidates even if a later scale has a
    certainty of 1.
    """
    certain = _certain_looks(looks)
    i = _first_crossing(certain, model_diameter_px)
    return i is not None and min(look.certainty for look in certain[i : i + 2]) >= 1.0 - _MAX_CERTAINTY_DROP


def _certain_looks(looks: Sequence[ScaleLook]) -> list[ScaleLook]:
    """Return the looks with cells that are about as certain as the best one, by ascending scale."""
    highest = max((look.certainty for look in looks if look.n_cells), default=0.0)
    certain = [look for look in looks if look.n_cells and look.certainty >= highest - _MAX_CERTAINTY_DROP]
    return sorted(certain, key=lambda look: look.scale)


def _first_crossing(certain: Sequence[ScaleLook], model_diameter_px: float) -> int | None:
    """Return the index after which cells first become at least as wide as the model's; None if they do not."""
    wide = [look.diameter_px >= model_diameter_px for look in certain]
    return next((i for i in range(len(certain) - 1) if not wide[i] and wide[i + 1]), None)
