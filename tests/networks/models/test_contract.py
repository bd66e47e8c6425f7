"""What every architecture promises, run over all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from podia.networks.card import ModelCard
from podia.networks.inference.tiles import pad_to_stride
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.model_file import load_model, save_model
from podia.networks.models.network import Network
from podia.networks.models.registry import build_network
from small_networks import PER_PIXEL, SMALL, build_small, random_clip


@pytest.fixture(params=SMALL)
def network(request: pytest.FixtureRequest) -> Network:
    return build_small(request.param)


def test_every_registered_architecture_is_here() -> None:
    assert {architecture for architecture, _ in SMALL.values()} == set(PER_PIXEL)


def test_logits_have_the_size_of_the_frames_and_the_channels_of_the_head(network: Network) -> None:
    clip = random_clip(network, n=2, frames=2, height=2, width=3)
    with torch.no_grad():
        logits, _ = network.eval()(clip)
    channels = network.config.n_outputs
    assert logits.shape == (2, 2, channels, *clip.shape[-2:])
    assert logits.isfinite().all()


def test_frames_of_any_size_are_padded_and_what_is_padded_cut_off(network: Network) -> None:
    height, width = 2 * network.stride - 3, network.stride + 1
    frame = np.random.default_rng(0).normal(0, 0.5, (height, width)).astype(np.float32)
    prediction, _ = TorchEngine(network).step(pad_to_stride(frame, network.stride), None)
    assert prediction.shape == (network.config.n_outputs, 2 * network.stride, 2 * network.stride)
    assert np.isfinite(prediction[:, :height, :width]).all()


def test_gradients_reach_every_parameter(network: Network) -> None:
    # In eval mode: while training, batch norm takes away what a bias before it adds.
    logits, _ = network.eval()(random_clip(network, frames=2 + network.lookahead))
    (logits * torch.randn_like(logits)).sum().backward()
    untouched = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert untouched == []


def test_one_batch_can_be_overfitted(network: Network) -> None:
    # A network that gives one number in 4 x 4 px needs some of them to draw a disc.
    side = max(2, 32 // network.stride)
    clip = random_clip(network, frames=2 + network.lookahead, height=side, width=side)
    size = clip.shape[-1]
    distance = torch.linspace(-1, 1, size).square()
    disc = ((distance[:, None] + distance) < 0.4).float() * 2 - 1
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        logits, _ = network.train()(clip)
        loss = (logits - disc).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_one_frame_at_a_time_gives_what_a_clip_gives(network: Network) -> None:
    clip = random_clip(network, n=2, frames=4)
    with torch.no_grad():
        at_once, last_state = network.eval()(clip)
        encoded = [network.encode(clip[:, t]) for t in range(4)]
        state = network.initial_state(encoded[0])
        streamed = []
        for t in range(4):
            joined, state = network.recur(encoded[t], state, encoded[t + 1 : t + 1 + network.lookahead])
            streamed.append(network.decode(joined))
    torch.testing.assert_close(torch.stack(streamed, dim=1), at_once)
    assert len(state) == len(last_state) == len(network.initial_state(encoded[0]))
    assert network.recurrent == bool(state)
    for mine, its in zip(state, last_state, strict=True):
        torch.testing.assert_close(mine, its)


def test_no_state_says_what_a_state_of_zeros_says(network: Network) -> None:
    with torch.no_grad():
        features = network.eval().encode(random_clip(network)[:, 0])
        nothing = network.recur(features, None)
        zeros = network.recur(features, network.initial_state(features))
    for mine, its in zip(nothing, zeros, strict=True):
        assert len(mine) == len(its)
        assert all(torch.equal(a, b) for a, b in zip(mine, its, strict=True))


def test_a_clip_goes_on_where_the_state_of_the_last_one_ended(network: Network) -> None:
    clip = random_clip(network, frames=4)
    with torch.no_grad():
        at_once, _ = network.eval()(clip)
        first, state = network(clip[:, : 2 + network.lookahead])
        second, _ = network(clip[:, 2:], None if not state else _state_after(network, clip[:, :2]))
    torch.testing.assert_close(torch.cat((first[:, :2], second), dim=1), at_once)


def _state_after(network: Network, clip: Tensor) -> tuple[Tensor, ...]:
    return network(clip)[1]


def test_a_clip_does_not_depend_on_the_others_in_its_batch(network: Network) -> None:
    clip = random_clip(network, n=2)
    with torch.no_grad():
        together, _ = network.eval()(clip)
        alone = torch.cat([network(clip[i : i + 1])[0] for i in range(2)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_gradients_on_or_off_and_memory_layout_give_the_same_logits(network: Network) -> None:
    clip = random_clip(network)
    with_gradients, _ = network.eval()(clip)
    with torch.inference_mode():
        network.to(memory_format=torch.channels_last)
        without, _ = network(clip)
    torch.testing.assert_close(with_gradients.detach(), without, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("situation", SMALL)
def test_a_saved_model_comes_back_identical_and_the_file_is_reproducible(
    situation: str, tmp_path: Path
) -> None:
    architecture, values = SMALL[situation]
    network = build_small(situation).eval()
    card = ModelCard(name="small", architecture=architecture, network=network.config.model_dump(mode="json"))
    save_model(tmp_path / "once.safetensors", network, card)
    save_model(tmp_path / "twice.safetensors", network.to(memory_format=torch.channels_last), card)
    assert (tmp_path / "once.safetensors").read_bytes() == (tmp_path / "twice.safetensors").read_bytes()
    loaded, its_card = load_model(tmp_path / "once.safetensors")
    assert its_card == card
    assert loaded.config == build_network(architecture, values).config
    clip = random_clip(network)
    with torch.no_grad():
        assert torch.equal(loaded(clip)[0], build_small(situation).eval()(clip)[0])
    assert not loaded.training


@pytest.mark.parametrize("situation", {its: name for name, (its, _) in reversed(SMALL.items())}.values())
def test_onnx_runtime_computes_the_same(situation: str) -> None:
    pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
    from podia.networks.inference.export_onnx import export_step

    network = build_small(situation)
    graph = export_step(network.eval(), metadata={})  # itself compares them, at three sizes
    assert graph.max_difference < 1e-4
    assert graph.n_state == len(network.initial_state(network.encode(random_clip(network)[:, 0])))
