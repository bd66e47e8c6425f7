"""An engine for several views of a frame, such as tiles or flips, each with its own features and state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.networks.inference.engine import Engine, Features, Plane, State, Traits
from podia.networks.outputs.base import Prediction

EngineOf = Callable[[tuple[int, int]], Engine]
"""Builds the engine for frames of a size ``(Y, X)``."""


@dataclass(frozen=True)
class View:
    """A view of a frame and the engine that predicts it."""

    engine: Engine
    see: Callable[[Plane], Plane]


class ViewsEngine:
    """An :class:`~podia.networks.inference.engine.Engine` that predicts each frame in several views.

    Parameters
    ----------
    views
        At least one view; all with the same network.
    merge
        Merges the predictions of the views, in order, into one.
    """

    def __init__(self, views: Sequence[View], merge: Callable[[Iterator[Prediction]], Prediction]) -> None:
        self._views = views
        self._merge = merge
        self.traits: Traits = views[0].engine.traits

    def encode(self, frame: Plane) -> list[Features]:
        """Return the features of each view of one frame."""
        return [view.engine.encode(view.see(frame)) for view in self._views]

    def recur(
        self,
        features: list[Features],
        state: list[State] | None,
        ahead: Sequence[list[Features]] = (),
    ) -> tuple[list[Features], list[State]]:
        """Return joined features and the next state of each view."""
        states = self._states(state)
        results = [
            view.engine.recur(features[i], states[i], [later[i] for later in ahead])
            for i, view in enumerate(self._views)
        ]
        return [joined for joined, _ in results], [after for _, after in results]

    def decode(self, joined: list[Features]) -> Prediction:
        """Return the merged prediction."""
        return self._merge(view.engine.decode(own) for view, own in zip(self._views, joined, strict=True))

    def step(self, frame: Plane, state: list[State] | None) -> tuple[Prediction, list[State]]:
        """Return the merged prediction and the next states; only the features of one view are in memory at a time."""
        after: list[State] = []

        def predictions() -> Iterator[Prediction]:
            for view, before in zip(self._views, self._states(state), strict=True):
                prediction, own = view.engine.step(view.see(frame), before)
                after.append(own)
                yield prediction

        return self._merge(predictions()), after

    def state_to_arrays(self, state: list[State]) -> list[NDArray[np.float32]]:
        """Return the arrays of all views, view by view."""
        return [
            array
            for view, own in zip(self._views, state, strict=True)
            for array in view.engine.state_to_arrays(own)
        ]

    def state_from_arrays(self, arrays: Sequence[NDArray[np.float32]]) -> list[State]:
        """Return the states; all views have the same number of arrays."""
        each = len(arrays) // len(self._views)
        return [
            view.engine.state_from_arrays(arrays[i * each : (i + 1) * each])
            for i, view in enumerate(self._views)
        ]

    def _states(self, state: list[State] | None) -> list[State]:
        return [None] * len(self._views) if state is None else state
