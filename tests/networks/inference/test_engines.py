"""Every backend runs every network, and to the same numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from podia.networks.inference.engine import Engine, Prediction
from podia.networks.inference.engines import build_engine
from podia.networks.inference.resolve import Placement
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.models.network import Network
from small_networks import build_small
from toy_network import ToyNetwork

TOLERANCE = 1e-5
"""On probabilities; what was measured is 3e-7."""

BLOCKS = (5, 7)
"""Frame size in strides, not that of the frame that networks are traced with."""


def small_network(situation: str) -> Network:
    """Return a network whose batch norm does something."""
    network = build_small(situation)
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if (
            isinstance(module, nn.BatchNorm2d)
            and module.running_mean is not None
            and module.running_var is not None
        ):
            module.running_mean.uniform_(-0.2, 0.2, generator=generator)
            module.running_var.uniform_(0.8, 1.2, generator=generator)
    return network


def random_frames(network: Network, n: int = 3) -> list[np.ndarray]:
    height, width = (blocks * network.stride for blocks in BLOCKS)
    return list(np.random.default_rng(0).normal(size=(n, height, width)).astype(np.float32))


def by_parts(engine: Engine, frames: list[np.ndarray]) -> list[Prediction]:
    features = [engine.encode(frame) for frame in frames]
    state = None
    predictions = []
    for i in range(len(frames)):
        ahead = features[i + 1 : i + 1 + engine.traits.lookahead]
        joined, state = engine.recur(features[i], state, ahead)
        predictions.append(engine.decode(joined))
    return predictions


def by_steps(engine: Engine, frames: list[np.ndarray]) -> list[Prediction]:
    state = None
    predictions = []
    for frame in frames:
        prediction, state = engine.step(frame, state)
        predictions.append(prediction)
    return predictions


@pytest.fixture(params=["openvino", "onnx"])
def other(request: pytest.FixtureRequest) -> Callable[[Network], Engine]:
    """Builds an engine on another backend than torch."""
    pytest.importorskip(
        "onnxruntime" if request.param == "onnx" else "openvino", reason="an optional backend"
    )

    def build(network: Network) -> Engine:
        height, width = (blocks * network.stride for blocks in BLOCKS)
        return build_engine(network, (height, width), Placement(request.param, threads=1))

    return build


@pytest.mark.parametrize(
    "situation",
    [
        "podia",
        "podia, looking ahead",
        "podia, with tips",
        "b3",
        "b3-2d",
        "u-lstm-both",
        "u-lstm-none",
        "u-lstm-both, strided",
    ],
)
def test_openvino_agrees_with_torch_on_every_family_of_networks(situation: str) -> None:
    pytest.importorskip("openvino", reason="an optional backend")
    network = small_network(situation)
    frames = random_frames(network)
    height, width = frames[0].shape
    engine = build_engine(network, (height, width), Placement("openvino", threads=1))
    np.testing.assert_allclose(
        by_parts(engine, frames), by_parts(TorchEngine(network), frames), atol=TOLERANCE, rtol=0
    )


def test_backends_agree_by_parts_and_by_steps(other: Callable[[Network], Engine]) -> None:
    network = ToyNetwork(lookahead=1)
    frames = random_frames(network)
    engine = other(network)
    for way in (by_parts, by_steps):
        np.testing.assert_allclose(
            way(engine, frames), way(TorchEngine(network), frames), atol=TOLERANCE, rtol=0
        )


def test_backends_agree_on_networks_that_carry_nothing(other: Callable[[Network], Engine]) -> None:
    network = ToyNetwork(recurrent=False)
    frames = random_frames(network)
    np.testing.assert_allclose(
        by_parts(other(network), frames), by_parts(TorchEngine(network), frames), atol=TOLERANCE, rtol=0
    )


def test_torch_gives_what_the_network_gives() -> None:
    network = ToyNetwork().eval()
    frames = random_frames(network)
    with torch.no_grad():
        logits, _ = network(torch.from_numpy(np.stack(frames))[None, :, None])
    expected = torch.softmax(logits[0], dim=1).numpy()
    np.testing.assert_allclose(by_parts(TorchEngine(network), frames), expected, atol=1e-6)


def test_a_stored_state_goes_on_to_the_same_bits(other: Callable[[Network], Engine]) -> None:
    network = ToyNetwork()
    frames = random_frames(network)
    for engine in (TorchEngine(network), other(network)):
        _, state = engine.step(frames[0], None)
        again = engine.state_from_arrays(engine.state_to_arrays(state))
        np.testing.assert_array_equal(engine.step(frames[1], again)[0], engine.step(frames[1], state)[0])


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_later_calls_leave_earlier_results_alone(backend: str) -> None:
    pytest.importorskip(backend, reason="an optional backend")
    network = ToyNetwork()
    frames = random_frames(network)
    engine = build_engine(network, frames[0].shape, Placement(backend, threads=1))
    prediction, state = engine.step(frames[0], None)
    kept, (stored,) = prediction.copy(), engine.state_to_arrays(state)
    features = engine.encode(frames[0])
    joined, _ = engine.recur(features, state)
    first = engine.decode(joined)
    engine.step(frames[1], state)
    engine.recur(engine.encode(frames[2]), state)
    np.testing.assert_array_equal(prediction, kept)
    np.testing.assert_array_equal(engine.state_to_arrays(state)[0], stored)
    np.testing.assert_array_equal(engine.decode(engine.recur(features, state)[0]), first)


@pytest.mark.parametrize("situation", ["podia", "u-lstm-both"])
def test_openvino_gives_the_same_bits_with_any_number_of_threads(situation: str) -> None:
    pytest.importorskip("openvino", reason="an optional backend")
    network = small_network(situation)
    frames = random_frames(network)
    height, width = frames[0].shape
    hashes = set()
    for threads in (1, 3):
        engine = build_engine(network, (height, width), Placement("openvino", threads=threads))
        hashes.add(hashlib.sha256(np.stack(by_steps(engine, frames)).tobytes()).hexdigest())
    assert len(hashes) == 1


def test_torch_runs_with_its_own_number_of_threads_and_gives_the_others_back() -> None:
    network = ToyNetwork()
    seen = []
    network.register_forward_pre_hook(lambda *_: None)
    network.fine.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads()))
    before = torch.get_num_threads()
    build_engine(network, (20, 28), Placement("torch", threads=3)).encode(random_frames(network)[0])
    assert seen == [3]
    assert torch.get_num_threads() == before


def test_bfloat16_is_near_float32() -> None:
    network = small_network("podia")
    frames = random_frames(network)
    exact = np.stack(by_steps(TorchEngine(network), frames))
    pytest.importorskip("openvino", reason="an optional backend")
    height, width = frames[0].shape
    for engine in (
        TorchEngine(network, precision="bfloat16"),
        build_engine(network, (height, width), Placement("openvino", precision="bfloat16", threads=1)),
    ):
        np.testing.assert_allclose(by_steps(engine, frames), exact, atol=0.05)


def test_the_network_handed_over_stays_as_it_is() -> None:
    network = ToyNetwork().train()
    TorchEngine(network)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert network.out.weight.is_contiguous()
