"""Overlapping tiles of a frame that give the same result as the whole frame."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.errors import InvalidInputError

Region = tuple[slice, slice]
"""Slices of rows and columns."""


@dataclass(frozen=True)
class Tile:
    """One tile: ``whole[write] = network(frame[read])[crop]``.

    Parameters
    ----------
    read
        Input region of the network; all tiles of a frame have the same size.
    write
        Output region; every pixel of the frame is written by exactly one tile.
    crop
        Part of the result that is written.
    """

    read: Region
    write: Region
    crop: Region


def tiles(frame_shape: tuple[int, int], tile_px: int, halo_px: int, stride: int) -> list[Tile]:
    """Return the tiles of a frame ``(Y, X)``, row by row.

    Tiles start at multiples of `stride`, so that pixels keep their position in the downsampling grid of the network.
    The written region is at least `halo_px` from the edges of the tile, except at the edges of the frame. If the halo
    is the radius of the network's receptive field, the result equals that of the whole frame.

    Parameters
    ----------
    frame_shape
        Size of the frame, multiples of `stride`: pad it first.
    tile_px
        Edge of a tile, halo included; a multiple of `stride`. If the frame is smaller, the tile is the frame.
    halo_px
        Margin that is read around the written region.
    stride
        Stride of the network.

    Raises
    ------
    InvalidInputError
        If sizes are not multiples of the stride, or the halo is too large for the tile.

    Examples
    --------
    >>> [tile.write[1] for tile in tiles((8, 20), tile_px=12, halo_px=2, stride=2)]
    [slice(0, 10, None), slice(10, 20, None)]
    """
    if any(size <= 0 or size % stride for size in (*frame_shape, tile_px)):
        raise InvalidInputError(
            f"Frame {frame_shape} and tile ({tile_px} px) must be multiples of the network's stride, "
            f"{stride} px: pad the frame, or choose another tile size."
        )
    halo = -(-halo_px // stride) * stride
    if tile_px <= 2 * halo and tile_px < max(frame_shape):
        raise InvalidInputError(
            f"A tile of {tile_px} px has no room between two halos of {halo} px: it must be larger than "
            f"{2 * halo} px. Increase network.tile_px."
        )
    rows, columns = (_spans(size, tile_px, halo) for size in frame_shape)
    return [Tile(read=(y[0], x[0]), write=(y[1], x[1]), crop=(y[2], x[2])) for y in rows for x in columns]


def _spans(size: int, tile_px: int, halo_px: int) -> list[tuple[slice, slice, slice]]:
    """Return the slices that each tile reads, writes and crops along one axis."""
    if size <= tile_px:
        whole = slice(0, size)
        return [(whole, whole, whole)]
    spans = []
    written = 0
    while written < size:
        start = min(max(written - halo_px, 0), size - tile_px)
        stop = start + tile_px
        end = size if stop == size else stop - halo_px
        spans.append((slice(start, stop), slice(written, end), slice(written - start, end - start)))
        written = end
    return spans
