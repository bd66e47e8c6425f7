from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from podia.data.errors import InvalidInputError
from podia.networks.inference.tiling import tiles

shapes = st.tuples(st.integers(1, 12), st.integers(1, 12))


def blur_on_a_grid(frame: np.ndarray, stride: int, radius: int) -> np.ndarray:
    """Like a network: sees `radius` px around, pads with its own border, and averages blocks of `stride`."""
    seen = ndi.uniform_filter(frame, 2 * radius + 1, mode="nearest")
    blocks = seen.reshape(seen.shape[0] // stride, stride, seen.shape[1] // stride, stride)
    return blocks.mean((1, 3)).repeat(stride, 0).repeat(stride, 1) + seen


@settings(max_examples=80, deadline=None)
@given(shapes, st.integers(1, 4), st.integers(0, 5), st.integers(1, 5))
def test_tiled_equals_whole(blocks, stride, radius, room):
    """The halo covers the radius and the block that a pixel is averaged with."""
    shape = (blocks[0] * stride, blocks[1] * stride)
    halo = radius + stride - 1
    tile_px = (2 * -(-halo // stride) + room) * stride
    frame = np.random.default_rng(0).random(shape)
    tiled = np.full(shape, np.nan)
    for tile in tiles(shape, tile_px, halo, stride):
        assert np.isnan(tiled[tile.write]).all()  # written once
        tiled[tile.write] = blur_on_a_grid(frame[tile.read], stride, radius)[tile.crop]
    np.testing.assert_allclose(tiled, blur_on_a_grid(frame, stride, radius), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(1, 4), st.integers(0, 9), st.integers(1, 5))
def test_tiles_are_of_one_size_on_the_grid_and_inside_the_frame(blocks, stride, halo, room):
    shape = (blocks[0] * stride, blocks[1] * stride)
    tile_px = (2 * -(-halo // stride) + room) * stride
    cut = tiles(shape, tile_px, halo, stride)
    assert len({tuple(s.stop - s.start for s in tile.read) for tile in cut}) == 1
    for tile in cut:
        for axis in (0, 1):
            read, write = tile.read[axis], tile.write[axis]
            assert read.start % stride == 0
            assert 0 <= read.start <= write.start < write.stop <= read.stop <= shape[axis]
            assert write.start - read.start >= halo or read.start == 0
            assert read.stop - write.stop >= halo or read.stop == shape[axis]


def test_small_frame_is_one_tile_without_halo():
    (tile,) = tiles((32, 48), tile_px=64, halo_px=100, stride=16)
    assert tile.read == tile.write == tile.crop == (slice(0, 32), slice(0, 48))


@pytest.mark.parametrize(("shape", "tile_px"), [((30, 64), 32), ((64, 64), 40), ((0, 64), 32)])
def test_sizes_off_the_grid_are_refused(shape, tile_px):
    with pytest.raises(InvalidInputError, match="multiples of the network's stride, 16 px"):
        tiles(shape, tile_px, 8, 16)


def test_tile_that_is_all_halo_is_refused():
    with pytest.raises(InvalidInputError, match=r"larger than 64 px\. Increase network\.tile_px"):
        tiles((128, 128), 64, 20, 16)
