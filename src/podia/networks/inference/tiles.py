"""Tiled prediction of large frames, and padding of frames to the stride of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from podia.networks.inference.engine import Engine, Plane
from podia.networks.inference.tiling import Region, tiles
from podia.networks.inference.views import EngineOf, View, ViewsEngine
from podia.networks.outputs.base import Prediction


def pad_to_stride(frame: Plane, stride: int) -> Plane:
    """Return `frame` ``(Y, X)`` continued below and to the right by reflection, to multiples of `stride`."""
    missing = [(0, -size % stride) for size in frame.shape]
    return np.pad(frame, missing, mode="reflect") if any(after for _, after in missing) else frame


def padded_shape(frame_shape: tuple[int, int], stride: int) -> tuple[int, int]:
    """Return the size that :func:`pad_to_stride` gives."""
    height, width = (size + -size % stride for size in frame_shape)
    return height, width


def tiled_engine(
    engine_of: EngineOf, frame_shape: tuple[int, int], *, tile_px: int, halo_px: int, stride: int
) -> Engine:
    """Return an engine that sees frames tile by tile, each tile with a state of its own.

    With a halo of the receptive field, predictions are those of the whole frame for networks without recurrence and
    in window mode, if the halo is that of the window. A state that is carried on has seen further with every frame, so
    that its tiles differ from the whole, the less the further from the tiles' edges.

    Parameters
    ----------
    engine_of
        Gives the engine for tiles; all are of one size.
    frame_shape
        Size ``(Y, X)``, multiples of `stride`.
    tile_px
        Edge of a tile with its halo, a multiple of `stride`.
    halo_px
        What is seen around what is written.
    stride
        The network's.

    Raises
    ------
    InvalidInputError
        If the halo leaves nothing of a tile.
    """
    placed = tiles(frame_shape, tile_px, halo_px, stride)
    height, width = (min(size, tile_px) for size in frame_shape)
    engine = engine_of((height, width))

    def merge(predictions: Iterator[Prediction]) -> Prediction:
        whole = np.empty((engine.traits.n_channels, *frame_shape), dtype=np.float32)
        for tile, prediction in zip(placed, predictions, strict=True):
            whole[:, *tile.write] = prediction[:, *tile.crop]
        return whole

    return ViewsEngine([View(engine, _reader(tile.read)) for tile in placed], merge)


def _reader(region: Region) -> Callable[[Plane], Plane]:
    return lambda frame: np.ascontiguousarray(frame[region])
