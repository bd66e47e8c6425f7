"""Overlapping tiles of a frame that give the same result as the whole frame."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.errors import InvalidInputError

Region = tuple[slice, slice]
"""Rows and columns."""


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

    Tiles start at multiples of `stride`, so that a network that halves the size several times sees each pixel in
    the same place of its grid as in the whole frame. What a tile writes is at least `halo_px` from its edges, but
    for those that are the frame's edges as well. With a halo of the network's receptive field (its radius) the
    result is that of the whole frame.

    Parameters
    ----------
    frame_shape
        Size of the frame, multiples of `stride`: pad it first.
    tile_px
        Edge of a tile, halo included, a multiple of `stride`; where the frame is smaller, tiles are as large as it.
    halo_px
        What is seen around what is written.
    stride
        The network's.

    Raises
    ------
    InvalidInputError
        If sizes are no multiples of the stride, or the halo leaves nothing of a tile.

    Examples
    --------
    >>> [tile.write[1] for tile in tiles((8, 20), tile_px=12, halo_px=2, stride=2)]
    [slice(0, 10, None), slice(10, 20, None)]
    """
    if any(size <= 0 or size % stride for size in (*frame_shape, tile_px)):
        raise InvalidInputError(
            f"Frame {frame_shape} and tile ({tile_px} px) must be multiples of the network's stride, {stride} px: "
            f"pad the frame, choose another tile."
        )
    halo = -(-halo_px // stride) * stride
    if tile_px <= 2 * halo and tile_px < max(frame_shape):
        raise InvalidInputError(
            f"A tile of {tile_px} px has no room between two halos of {halo} px: it must be larger than {2 * halo} px. "
            f"Raise network.tile_px."
        )
    rows, columns = (_spans(size, tile_px, halo) for size in frame_shape)
    return [Tile(read=(y[0], x[0]), write=(y[1], x[1]), crop=(y[2], x[2])) for y in rows for x in columns]


def _spans(size: int, tile_px: int, halo_px: int) -> list[tuple[slice, slice, slice]]:
    """Return what each tile reads, writes and crops along one axis."""
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
