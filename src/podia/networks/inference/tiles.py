"""Tiled prediction of large frames, and padding of frames to the stride of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from podia.networks.inference.engine import Engine, Plane
from podia.networks.inference.tiling import Region, tiles
from podia.networks.inference.views import EngineOf, View, ViewsEngine
from podia.networks.outputs.base import Prediction


def pad_to_stride(frame: Plane, stride: int) -> Plane:
    """Pad `frame` ``(Y, X)`` at the bottom and right, by reflection, to a multiple of `stride`."""
    missing = [(0, -size % stride) for size in frame.shape]
    return np.pad(frame, missing, mode="reflect") if any(after for _, after in missing) else frame


def padded_shape(frame_shape: tuple[int, int], stride: int) -> tuple[int, int]:
    """Return the frame size after :func:`pad_to_stride`."""
    height, width = (size + -size % stride for size in frame_shape)
    return height, width


def tiled_engine(
    engine_of: EngineOf, frame_shape: tuple[int, int], *, tile_px: int, halo_px: int, stride: int
) -> Engine:
    """Return an engine that processes frames in tiles, each with its own state.

    If the halo covers the receptive field (in window mode, that of the window), predictions equal those of the whole
    frame. A state that is carried from frame to frame sees farther with every frame, so that tiles differ from the
    whole frame, less so far from the edges of tiles.

    Parameters
    ----------
    engine_of
        Builds the engine for the tiles, which all have the same size.
    frame_shape
        Size ``(Y, X)``, multiples of `stride`.
    tile_px
        Edge of a tile, halo included; a multiple of `stride`.
    halo_px
        Margin that is read around the written region.
    stride
        Stride of the network.

    Raises
    ------
    InvalidInputError
        If the halo is too large for the tile.
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
