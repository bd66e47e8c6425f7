from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from podia.networks.inference.augment import Augmentation, augmented_engine
from podia.networks.inference.streaming import StateStream
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.models.network import NetworkConfig, Tensors
from toy_network import ToyNetwork

SHAPE = (12, 20)
FRAMES = np.random.default_rng(0).normal(size=(4, *SHAPE)).astype(np.float32)


class EvenHandedNetwork(ToyNetwork):
    """Its kernels are the same from every side, so that it sees a turned frame as it sees the frame."""

    def __init__(self) -> None:
        super().__init__(NetworkConfig())
        self.coarse = nn.Sequential(nn.Conv2d(6, 8, 1), nn.ELU(), nn.AvgPool2d(4))
        with torch.no_grad():
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    turned = [torch.rot90(module.weight, k, (2, 3)) for k in range(4)]
                    both = torch.stack([*turned, *(kernel.flip(2) for kernel in turned)])
                    module.weight.copy_(both.mean(dim=0))


class HorizontalGradient(ToyNetwork):
    """Without recurrence; says how much brighter the left is than the right: the flip says the opposite."""

    def encode(self, frames: Tensor) -> Tensors:
        shifted = nn.functional.pad(frames, (0, 1))[..., 1:]
        return (frames - shifted,)

    def decode(self, features: Tensors) -> Tensor:
        return torch.cat([torch.zeros_like(features[0]), features[0], torch.zeros_like(features[0])], dim=1)


@pytest.mark.parametrize("augmentation", ["flips", "all"])
def test_a_network_that_sees_all_sides_alike_is_not_changed(augmentation: Augmentation) -> None:
    engine = TorchEngine(EvenHandedNetwork())
    augmented = augmented_engine(lambda _shape: engine, SHAPE, augmentation)
    plain = StateStream(engine, FRAMES.__getitem__, len(FRAMES), 2)
    averaged = StateStream(augmented, FRAMES.__getitem__, len(FRAMES), 2)
    for frame in range(len(FRAMES)):
        np.testing.assert_allclose(averaged.predict(frame), plain.predict(frame), atol=1e-6)


@pytest.mark.parametrize(("augmentation", "n_views"), [("none", 1), ("flips", 4), ("all", 8)])
def test_every_view_is_seen_once_a_frame_and_carries_its_state(
    augmentation: Augmentation, n_views: int
) -> None:
    network = ToyNetwork()
    engine = augmented_engine(lambda _shape: TorchEngine(network), SHAPE, augmentation)
    _, state = engine.step(FRAMES[0], None)
    assert network.counts["encoded"] == n_views
    assert len(engine.state_to_arrays(state)) == n_views
    again = engine.state_from_arrays(engine.state_to_arrays(state))
    np.testing.assert_array_equal(engine.step(FRAMES[1], again)[0], engine.step(FRAMES[1], state)[0])


def test_predictions_are_averaged_where_the_frame_lies() -> None:
    engine = TorchEngine(HorizontalGradient(recurrent=False))
    augmented = augmented_engine(lambda _shape: engine, SHAPE, "flips")
    frame = np.zeros(SHAPE, np.float32)
    frame[:, :10] = 2.0  # bright on the left: the only edge lies between columns 9 and 10
    flipped = np.ascontiguousarray(frame[:, ::-1])
    expected = (engine.step(frame, None)[0] + engine.step(flipped, None)[0][..., ::-1]) / 2
    np.testing.assert_allclose(augmented.step(frame, None)[0], expected, atol=1e-6)


def test_quarter_turns_of_oblong_frames_get_an_engine_of_their_own() -> None:
    asked = []

    def engine_of(shape: tuple[int, int]) -> TorchEngine:
        asked.append(shape)
        return TorchEngine(ToyNetwork())

    augmented_engine(engine_of, (12, 20), "flips")
    assert asked == [(12, 20)]
    augmented_engine(engine_of, (12, 20), "all")
    assert asked[1:] == [(12, 20), (20, 12)]
