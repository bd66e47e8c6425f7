"""Test-time augmentation: predictions averaged over flips and rotations (Ayanzadeh et al.)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from podia.networks.inference.engine import Engine, Plane
from podia.networks.inference.instance_consensus import instance_consensus
from podia.networks.inference.views import EngineOf, View, ViewsEngine
from podia.networks.outputs.base import Output, Prediction

Augmentation = Literal["none", "flips", "all"]


def augmented_engine(engine_of: EngineOf, frame_shape: tuple[int, int], augmentation: Augmentation) -> Engine:
    """Return an engine that averages predictions over 4 flips, or over 8 flips and quarter turns.

    A recurrent network has one state per view. Predictions are averaged before they are decoded into cells; for an
    instance detector, the cells that most views contain are kept.
    """
    upright = engine_of(frame_shape)
    if augmentation == "none":
        return upright
    sides = _SIDES[augmentation]
    height, width = frame_shape
    turned = engine_of((width, height)) if height != width and augmentation == "all" else upright
    views = [View(turned if side.swaps_axes else upright, side.see) for side in sides]

    def merge(predictions: Iterator[Prediction]) -> Prediction:
        undone = (side.undo(prediction) for side, prediction in zip(sides, predictions, strict=True))
        return merge_predictions(undone, upright.traits.head)

    return ViewsEngine(views, merge)


def merge_predictions(predictions: Iterator[Prediction], head: Output[Any, Any]) -> Prediction:
    """Return the mean of several predictions of one frame; for instance detectors, the cells that most of them contain.

    A single prediction is returned unchanged.
    """
    if not head.per_pixel:
        looks = list(predictions)
        return looks[0] if len(looks) == 1 else instance_consensus(looks)
    total, n = next(predictions), 1
    for prediction in predictions:
        total, n = total + prediction, n + 1
    return total if n == 1 else np.ascontiguousarray(total / np.float32(n))


@dataclass(frozen=True)
class Side:
    """An orientation: an optional flip of the rows, then a number of counter-clockwise quarter turns."""

    flipped: bool
    quarter_turns: int

    @property
    def swaps_axes(self) -> bool:
        """Whether height and width are swapped."""
        return self.quarter_turns % 2 == 1

    def see(self, frame: Plane) -> Plane:
        """Return `frame` ``(Y, X)`` in this orientation."""
        return np.ascontiguousarray(np.rot90(frame[::-1] if self.flipped else frame, self.quarter_turns))

    def undo(self, prediction: Prediction) -> Prediction:
        """Return `prediction` ``(K, Y, X)`` in the original orientation."""
        upright = np.rot90(prediction, -self.quarter_turns, axes=(1, 2))
        return upright[:, ::-1] if self.flipped else upright


# Flipping the rows and a half turn together flip the columns.
_SIDES: dict[Augmentation, tuple[Side, ...]] = {
    "flips": tuple(Side(flipped, turns) for flipped in (False, True) for turns in (0, 2)),
    "all": tuple(Side(flipped, turns) for flipped in (False, True) for turns in range(4)),
}
