"""Each frame passes the 2-D part once, and every prediction is that of the plain way, in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engine import Engine, Prediction
from podia.networks.inference.streaming import (
    CHECKPOINT_FRAMES,
    FrameStream,
    SingleFrames,
    StateStream,
    WindowStream,
    frame_stream,
)
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.models.activation import activate
from podia.networks.models.cost import count_multiply_adds
from small_networks import build_small
from toy_network import ToyNetwork

SHAPE = (12, 16)
N_FRAMES = 9
FRAMES = np.random.default_rng(0).normal(size=(60, *SHAPE)).astype(np.float32)

MakeStream = Callable[[Engine, int], FrameStream]


def state_stream(warm_up: int, lookahead: int) -> MakeStream:
    return lambda engine, n: StateStream(engine, FRAMES.__getitem__, n, warm_up, lookahead)


def window_stream(window: int, lookahead: int) -> MakeStream:
    return lambda engine, n: WindowStream(engine, FRAMES.__getitem__, n, window, lookahead)


STREAMS: dict[str, MakeStream] = {
    "state": state_stream(0, 0),
    "state, warmed up": state_stream(3, 0),
    "state, looking ahead": state_stream(0, 2),
    "state, warmed up and looking ahead": state_stream(4, 2),
    "window": window_stream(5, 0),
    "window, looking ahead": window_stream(3, 2),
}


class StatesInMemory:
    def __init__(self) -> None:
        self.kept: dict[int, list[NDArray[np.float32]]] = {}

    def save(self, frame: int, arrays: Sequence[NDArray[np.float32]]) -> None:
        self.kept[frame] = [array.copy() for array in arrays]

    def load_latest(self, before: int) -> tuple[int, list[NDArray[np.float32]]] | None:
        earlier = [frame for frame in self.kept if frame < before]
        return (max(earlier), self.kept[max(earlier)]) if earlier else None


def predict(stream: FrameStream, frames: Sequence[int]) -> list[Prediction]:
    return [stream.predict(frame) for frame in frames]


@pytest.mark.parametrize("name", STREAMS)
def test_every_frame_is_encoded_and_decoded_once(name: str) -> None:
    network = ToyNetwork(lookahead=2)
    predict(STREAMS[name](TorchEngine(network), N_FRAMES), range(N_FRAMES))
    assert network.counts["encoded"] == N_FRAMES
    assert network.counts["decoded"] == N_FRAMES


@pytest.mark.parametrize(("name", "a_frame"), [("state", 1), ("window", 5), ("window, looking ahead", 3)])
def test_the_recurrence_runs_once_a_frame_with_state_and_once_a_frame_of_the_window(
    name: str, a_frame: int
) -> None:
    network = ToyNetwork()
    predict(STREAMS[name](TorchEngine(network), N_FRAMES), range(N_FRAMES))
    assert network.counts["joined"] == a_frame * N_FRAMES


def test_a_window_of_five_frames_costs_one_2d_part_and_four_convolutions_of_the_state() -> None:
    network = build_small("b3")
    stream = WindowStream(TorchEngine(network), lambda t: np.full((32, 32), t, np.float32), N_FRAMES, 5)
    adds = count_multiply_adds(network)
    for frame in range(5):
        with FlopCounterMode(display=False) as counter:
            stream.predict(frame)
        counted = counter.get_total_flops() / 2 / 32**2 * 1e6
        assert counted == pytest.approx(adds.encode + 4 * adds.recur + adds.decode, rel=1e-6)


@pytest.mark.parametrize("lookahead", [0, 2])
@pytest.mark.parametrize("window", [1, 3, 5])
def test_the_cached_window_is_exactly_the_naive_one(window: int, lookahead: int) -> None:
    engine = TorchEngine(ToyNetwork(lookahead=lookahead))
    stream = WindowStream(engine, FRAMES.__getitem__, N_FRAMES, window, lookahead)
    for frame in range(N_FRAMES):
        state = joined = None
        for position in range(frame - window + 1, frame + 1):
            later = range(position + 1, min(position + lookahead, N_FRAMES - 1) + 1)
            ahead = [engine.encode(FRAMES[max(index, 0)]) for index in later]
            joined, state = engine.recur(engine.encode(FRAMES[max(position, 0)]), state, ahead)
        np.testing.assert_array_equal(stream.predict(frame), engine.decode(joined))


@pytest.mark.parametrize("lookahead", [0, 2])
@pytest.mark.parametrize("warm_up", [0, 1, 4, 20])
def test_the_carried_state_is_that_of_one_long_clip_begun_in_reverse(warm_up: int, lookahead: int) -> None:
    network = ToyNetwork(lookahead=lookahead).eval()
    before = min(warm_up, N_FRAMES - 1)
    order = [*range(before, 0, -1), *range(N_FRAMES)]
    with torch.no_grad():
        logits, _ = network(torch.from_numpy(FRAMES[order])[None, :, None])
    expected = activate(logits, network.config.head)[0, before:].numpy()
    stream = StateStream(TorchEngine(network), FRAMES.__getitem__, N_FRAMES, warm_up, lookahead)
    # Clips go through the 2-D parts as a batch, whose last bits differ.
    np.testing.assert_allclose(predict(stream, range(N_FRAMES)), expected, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(list(STREAMS)), st.lists(st.integers(0, N_FRAMES - 1), max_size=6))
def test_frames_come_out_the_same_in_any_order(name: str, order: list[int]) -> None:
    engine = TorchEngine(ToyNetwork(lookahead=2))
    in_order = predict(STREAMS[name](engine, N_FRAMES), range(N_FRAMES))
    for frame, prediction in zip(order, predict(STREAMS[name](engine, N_FRAMES), order), strict=True):
        np.testing.assert_array_equal(prediction, in_order[frame])


@pytest.mark.parametrize(
    "stopped_at", [1, CHECKPOINT_FRAMES - 1, CHECKPOINT_FRAMES, 2 * CHECKPOINT_FRAMES + 5]
)
@pytest.mark.parametrize(("warm_up", "lookahead"), [(0, 0), (3, 0), (20, 0), (2, 2)])
def test_a_stream_that_was_stopped_goes_on_to_the_same_bits(
    stopped_at: int, warm_up: int, lookahead: int
) -> None:
    n_frames = 3 * CHECKPOINT_FRAMES
    network = ToyNetwork(lookahead=lookahead)
    engine = TorchEngine(network)
    whole = predict(StateStream(engine, FRAMES.__getitem__, n_frames, warm_up, lookahead), range(n_frames))
    states = StatesInMemory()
    predict(StateStream(engine, FRAMES.__getitem__, n_frames, warm_up, lookahead, states), range(stopped_at))
    network.counts.clear()
    resumed = StateStream(engine, FRAMES.__getitem__, n_frames, warm_up, lookahead, states)
    np.testing.assert_array_equal(predict(resumed, range(stopped_at, n_frames)), whole[stopped_at:])
    repeated = stopped_at % CHECKPOINT_FRAMES
    from_the_start = warm_up if stopped_at < CHECKPOINT_FRAMES else 0
    assert network.counts["joined"] == n_frames - stopped_at + repeated + from_the_start


@pytest.mark.parametrize("name", STREAMS)
def test_what_is_held_does_not_grow_with_the_movie(name: str) -> None:
    stream = STREAMS[name](TorchEngine(ToyNetwork(lookahead=2)), len(FRAMES))
    held = []
    for frame in range(len(FRAMES)):
        stream.predict(frame)
        held.append(len(stream.buffer))
    assert max(held) <= 7
    assert held[10] == held[40]


@pytest.mark.parametrize("name", STREAMS)
def test_a_movie_of_one_frame_has_a_prediction(name: str) -> None:
    (prediction,) = predict(STREAMS[name](TorchEngine(ToyNetwork(lookahead=2)), 1), [0])
    assert prediction.shape == (3, *SHAPE)
    np.testing.assert_allclose(prediction.sum(axis=0), 1, atol=1e-5)


def test_a_frame_that_cannot_be_read_leaves_the_stream_usable() -> None:
    broken = {2}

    def read(frame: int) -> NDArray[np.float32]:
        if frame in broken:
            raise OSError("damaged")
        return FRAMES[frame]

    engine = TorchEngine(ToyNetwork())
    stream = StateStream(engine, read, N_FRAMES, warm_up_frames=3)
    with pytest.raises(OSError, match="damaged"):
        stream.predict(0)
    broken.clear()
    whole = StateStream(engine, FRAMES.__getitem__, N_FRAMES, warm_up_frames=3)
    np.testing.assert_array_equal(predict(stream, range(4)), predict(whole, range(4)))


def test_the_mode_is_what_the_network_was_made_for_unless_asked_otherwise() -> None:
    def kind(network: ToyNetwork, **values: object) -> FrameStream:
        config = InferenceConfig.parse(values)
        return frame_stream(TorchEngine(network), FRAMES.__getitem__, N_FRAMES, config)

    windowed = kind(ToyNetwork(window=7))
    assert isinstance(windowed, WindowStream)
    assert windowed.window_frames == 7
    assert isinstance(kind(ToyNetwork()), StateStream)
    assert isinstance(kind(ToyNetwork(window=7), mode="state"), StateStream)
    asked = kind(ToyNetwork(lookahead=2), mode="window", window_frames=3)
    assert isinstance(asked, WindowStream)
    assert (asked.window_frames, asked.lookahead) == (3, 2)
    blind = kind(ToyNetwork(lookahead=2), lookahead=False)
    assert isinstance(blind, StateStream)
    assert blind.lookahead == 0


def test_a_network_without_recurrence_sees_single_frames() -> None:
    network = ToyNetwork(recurrent=False)
    stream = frame_stream(TorchEngine(network), FRAMES.__getitem__, N_FRAMES, InferenceConfig())
    assert isinstance(stream, SingleFrames)
    np.testing.assert_array_equal(predict(stream, [3, 1, 3])[0], stream.predict(3))
    assert network.counts["encoded"] == 4
