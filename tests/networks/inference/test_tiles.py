from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.errors import InvalidInputError
from podia.networks.inference.streaming import StateStream, WindowStream
from podia.networks.inference.tiles import pad_to_stride, padded_shape, tiled_engine
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.models.cost import measure_receptive_field
from toy_network import ToyNetwork

SHAPE = (72, 104)
FRAMES = np.random.default_rng(0).normal(size=(6, *SHAPE)).astype(np.float32)
TILE, STRIDE = 60, 4
HALO = 24
"""Reach of the toy network over three frames: 12 px by its recurrence, the rest by its other kernels."""


def tiled(network: ToyNetwork):
    engine = TorchEngine(network)
    return tiled_engine(lambda _shape: engine, SHAPE, tile_px=TILE, halo_px=HALO, stride=STRIDE)


def test_tiles_are_the_whole_frame_without_recurrence() -> None:
    network = ToyNetwork(recurrent=False)
    whole, _ = TorchEngine(network).step(FRAMES[0], None)
    np.testing.assert_allclose(tiled(network).step(FRAMES[0], None)[0], whole, atol=1e-6)


def test_tiles_are_the_whole_frame_in_a_window() -> None:
    network = ToyNetwork()
    seen = measure_receptive_field(ToyNetwork(window=3))
    assert seen is not None
    assert seen.halo_px <= HALO
    whole = WindowStream(TorchEngine(network), FRAMES.__getitem__, len(FRAMES), 3)
    tiles = WindowStream(tiled(network), FRAMES.__getitem__, len(FRAMES), 3)
    for frame in range(len(FRAMES)):
        np.testing.assert_allclose(tiles.predict(frame), whole.predict(frame), atol=1e-6)


def test_each_tile_carries_its_own_state() -> None:
    network = ToyNetwork()
    whole = StateStream(TorchEngine(network), FRAMES.__getitem__, len(FRAMES), 2)
    tiles = StateStream(tiled(network), FRAMES.__getitem__, len(FRAMES), 2)
    for frame in range(len(FRAMES)):
        expected, found = whole.predict(frame), tiles.predict(frame)
        # What a state has seen reaches further with every frame, but fades.
        np.testing.assert_allclose(found, expected, atol=0.02)
        assert np.median(np.abs(found - expected)) < 1e-6


def test_tiles_states_are_stored_and_taken_up_again() -> None:
    engine = tiled(ToyNetwork())
    _, state = engine.step(FRAMES[0], None)
    again = engine.state_from_arrays(engine.state_to_arrays(state))
    np.testing.assert_array_equal(engine.step(FRAMES[1], again)[0], engine.step(FRAMES[1], state)[0])


def test_tiles_without_room_between_their_halos_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"A tile of 40 px has no room between two halos of 20 px"):
        tiled_engine(lambda _shape: TorchEngine(ToyNetwork()), SHAPE, tile_px=40, halo_px=20, stride=4)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 4, 16]))
def test_padding_continues_the_frame_to_the_stride(height: int, width: int, stride: int) -> None:
    frame = np.arange(height * width, dtype=np.float32).reshape(height, width)
    padded = pad_to_stride(frame, stride)
    assert padded.shape == padded_shape((height, width), stride)
    assert all(size % stride == 0 for size in padded.shape)
    np.testing.assert_array_equal(padded[:height, :width], frame)
    if padded.shape[0] > height > 1:
        np.testing.assert_array_equal(padded[height, :width], frame[height - 2])
