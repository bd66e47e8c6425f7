"""Frame-by-frame prediction of a movie; the 2-D part of the network sees each frame once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engine import Engine, Features, Plane, State
from podia.networks.outputs.base import Prediction

ReadPlane = Callable[[int], Plane]
"""Reads a frame ``(Y, X)``, scaled and padded for the engine."""

CHECKPOINT_FRAMES = 16
"""Number of frames between stored states: a resumed run repeats at most as many."""


_S0_WINDOW_FRAMES = 5
"""Window length for networks that were not trained on windows."""


class StateStore(Protocol):
    """Storage of recurrent states, so that an interrupted run resumes without starting at the first frame."""

    def save(self, frame: int, arrays: Sequence[NDArray[np.float32]]) -> None:
        """Store the state after `frame`."""

    def load_latest(self, before: int) -> tuple[int, list[NDArray[np.float32]]] | None:
        """Return the last stored frame before `before` and the state after it; None if there is none."""

    def of_member(self, number: int) -> StateStore:
        """Return the store for another model of an ensemble; `number` counts from 1."""


class FrameStream(Protocol):
    """Predictions of the frames of one movie. Reading in order is fastest; the order does not change the result."""

    def predict(self, frame: int) -> Prediction:
        """Return the prediction of `frame`, ``(K, Y, X)``."""


def frame_stream(
    engine: Engine,
    read: ReadPlane,
    n_frames: int,
    config: InferenceConfig,
    states: StateStore | None = None,
) -> FrameStream:
    """Return the stream for the engine's network: single frames, windows, or a state carried from frame to frame."""
    traits = engine.traits
    if not traits.recurrent:
        return SingleFrames(engine, read)
    lookahead = traits.lookahead if config.lookahead else 0
    window = traits.window if config.window_frames is None else config.window_frames
    mode = config.mode
    if mode == "auto":
        mode = "state" if traits.window is None else "window"
    if mode == "window":
        return WindowStream(
            engine, read, n_frames, _S0_WINDOW_FRAMES if window is None else window, lookahead
        )
    return StateStream(engine, read, n_frames, config.warm_up_frames, lookahead, states)


class FeatureBuffer:
    """Features of the frames around the current one, each encoded when first needed."""

    def __init__(self, engine: Engine, read: ReadPlane) -> None:
        self._engine = engine
        self._read = read
        self._features: dict[int, Features] = {}

    def __len__(self) -> int:
        return len(self._features)

    def get(self, frame: int) -> Features:
        """Return the features of `frame`."""
        if frame not in self._features:
            self._features[frame] = self._engine.encode(self._read(frame))
        return self._features[frame]

    def keep(self, first: int, last: int) -> None:
        """Drop all frames except `first` to `last`."""
        self._features = {frame: kept for frame, kept in self._features.items() if first <= frame <= last}


class SingleFrames:
    """Stream for networks without recurrence: each frame on its own."""

    def __init__(self, engine: Engine, read: ReadPlane) -> None:
        self._engine = engine
        self._read = read

    def predict(self, frame: int) -> Prediction:
        """Return the prediction of `frame`, ``(K, Y, X)``."""
        prediction, _ = self._engine.step(self._read(frame), None)
        return prediction


@dataclass
class WindowStream:
    """Stream of windows: each frame is the last of `window_frames`, and the state is built up over the window.

    As published by Gómez-de-Mariscal et al. 2021.

    Before the first frame, the first frame is repeated. The features of a window are cached, so that a window of five
    costs five steps of the recurrent part, but not five passes of the 2-D part.
    """

    engine: Engine
    read: ReadPlane
    n_frames: int
    window_frames: int
    lookahead: int = 0

    def __post_init__(self) -> None:
        self.buffer = FeatureBuffer(self.engine, self.read)

    def predict(self, frame: int) -> Prediction:
        """Return the prediction of `frame`, ``(K, Y, X)``."""
        first, last = frame - self.window_frames + 1, min(frame + self.lookahead, self.n_frames - 1)
        self.buffer.keep(max(first, 0), last)
        window = [self.buffer.get(max(index, 0)) for index in range(first, last + 1)]
        state: State = None
        joined: Features = None
        for position in range(self.window_frames):
            ahead = window[position + 1 : position + 1 + self.lookahead]
            joined, state = self.engine.recur(window[position], state, ahead)
        return self.engine.decode(joined)


@dataclass
class StateStream:
    """Stream with a state that is carried from frame to frame.

    Before the first frame, the `warm_up_frames` after it are processed in reverse, so that the state does not start
    empty (Arbelle & Riklin Raviv 2019): ``w, ..., 2, 1`` and then ``0, 1, 2, ...``. With look-ahead, "ahead" refers to
    that order.

    To predict a frame out of order, the stream continues from the last stored state before it, or from the first frame.
    The sequence of frames is always the same, so every prediction is identical bit by bit.
    """

    engine: Engine
    read: ReadPlane
    n_frames: int
    warm_up_frames: int = 0
    lookahead: int = 0
    states: StateStore | None = None

    def __post_init__(self) -> None:
        self.buffer = FeatureBuffer(self.engine, self.read)
        self._n_before = min(self.warm_up_frames, self.n_frames - 1)
        self._state: State = None
        self._next = -1
        """The frame that the state is ready for; -1 before the warm-up."""

    def predict(self, frame: int) -> Prediction:
        """Return the prediction of `frame`, ``(K, Y, X)``."""
        if frame != self._next:
            self._go_back_or_ahead(frame)
        while self._next < frame:
            self._advance()
        return self._advance()

    def _go_back_or_ahead(self, frame: int) -> None:
        """Load the latest stored state before `frame`, or start again, if that is closer than the current position."""
        stored = None if self.states is None else self.states.load_latest(frame)
        within_reach = 0 <= self._next <= frame
        if stored is not None and not (within_reach and stored[0] < self._next):
            self._state = self.engine.state_from_arrays(stored[1])
            self._next = stored[0] + 1
        elif not within_reach:
            self._warm_up()

    def _warm_up(self) -> None:
        self._state, self._next = None, -1
        for position in range(self._n_before):
            features = self.buffer.get(self._frame_at(position))
            _, self._state = self.engine.recur(features, self._state, self._ahead(position))
        self._next = 0

    def _advance(self) -> Prediction:
        """Return the prediction of the next frame and update the state."""
        frame = self._next
        self.buffer.keep(frame, max(frame + self.lookahead, self._n_before))
        if self._alone(frame):
            prediction, self._state = self.engine.step(self.read(frame), self._state)
        else:
            features, ahead = self.buffer.get(frame), self._ahead(frame + self._n_before)
            joined, self._state = self.engine.recur(features, self._state, ahead)
            prediction = self.engine.decode(joined)
        self._next = frame + 1
        if self.states is not None and self._next % CHECKPOINT_FRAMES == 0:
            self.states.save(frame, self.engine.state_to_arrays(self._state))
        return prediction

    def _alone(self, frame: int) -> bool:
        """Return whether only `frame` itself needs its features, so that :meth:`Engine.step` can be used.

        This depends only on the frame index, because the last bits of the two ways may differ.
        """
        return self.lookahead == 0 and (frame > self._n_before or self._n_before == 0)

    def _ahead(self, position: int) -> list[Features]:
        end = min(position + 1 + self.lookahead, self.n_frames + self._n_before)
        return [self.buffer.get(self._frame_at(later)) for later in range(position + 1, end)]

    def _frame_at(self, position: int) -> int:
        """Return the frame at a position of the order ``w, ..., 2, 1, 0, 1, 2, ...``."""
        return abs(position - self._n_before)
