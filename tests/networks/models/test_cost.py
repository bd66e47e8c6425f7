"""Parameters, multiply-adds and receptive fields: published ones, by hand, and frozen."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor, nn

from golden_networks import GOLDEN_FILE, cost_of, output_of
from podia.data.errors import ConfigurationError
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engines import engine_for
from podia.networks.inference.resolve import Placement
from podia.networks.models.cost import (
    ParameterCounts,
    count_multiply_adds,
    count_parameters,
    measure_receptive_field,
)
from podia.networks.models.frame_network import FrameNetwork, FrameNetworkConfig
from podia.networks.models.network import Tensors
from podia.networks.models.registry import build_network
from small_networks import PER_PIXEL, SMALL, build_small

GOLDEN = json.loads(GOLDEN_FILE.read_text())


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("b1", (227_266, 477_250, 490_530)),
        ("b2", (188_358, 280_326, 288_370)),
        ("b3", (188_358, 280_326, 288_370)),
        ("b4", (622_008, 713_976, 723_520)),
        ("b5", (83_430, 99_270, 101_714)),
    ],
)
def test_parameters_equal_table_2_of_the_paper(name: str, published: tuple[int, int, int]) -> None:
    counts = count_parameters(build_network(f"convlstm-mobilenet-{name}"))
    assert counts == ParameterCounts(*published)


@pytest.mark.parametrize("name", PER_PIXEL)
def test_parameters_and_multiply_adds_are_as_frozen(name: str) -> None:
    assert cost_of(name) == GOLDEN["costs"][name]


@pytest.mark.parametrize("situation", SMALL)
def test_receptive_fields_and_a_seeded_output_are_as_frozen(situation: str) -> None:
    frozen, now = GOLDEN["small"][situation], output_of(situation)
    assert now["receptive_field"] == frozen["receptive_field"]
    assert now["logits"] == pytest.approx(frozen["logits"], rel=1e-3, abs=1e-5)


def test_the_conv_lstm_takes_nine_tenths_of_the_arithmetic_of_b3() -> None:
    with_memory = count_multiply_adds(build_network("convlstm-mobilenet-b3"))
    without = count_multiply_adds(build_network("convlstm-mobilenet-b3-2d"))
    of_input = of_state = 3 * 3 * 25 * 4 * 25 * 1_000_000
    assert with_memory.recur == of_state
    assert with_memory.encode - without.encode == of_input
    assert with_memory.decode == without.decode == 25 * 2 * 1_000_000
    assert with_memory.in_window(5) == with_memory.total + 4 * of_state
    assert (of_input + of_state) / with_memory.total > 0.85


def test_receptive_field_of_b5_is_the_one_worked_out_by_hand() -> None:
    # Reach to the left, from the output inwards: 5 steps of the ConvLSTM's 3x3 and two 3x3 before it (7 px, so two
    # cells of the level at stride 4); two 3x3 there (4 cells, 16 px, two cells of 8); two 3x3 there (32 px); then the
    # encoder up to block 6: 3x3 at strides 2, 4, 8, 8 reach 2 + 4 + 8 + 8 px. To the right, SAME padding with stride 2
    # adds the pixels 1 (stem), 2 (block 1) and 4 (block 3).
    seen = measure_receptive_field(build_network("convlstm-mobilenet-b5"))
    assert seen is not None
    left = 32 + 2 + 4 + 8 + 8
    right = left + 1 + 2 + 4
    assert (seen.side_px, seen.halo_px) == (left + 8 + right, right)


@pytest.mark.parametrize(
    "situation",
    [
        "b5",
        "b3",
        "u-lstm-decoder",
        "u-lstm-encoder",
        "podia",
        "resnet18-unet",
        "resnet18-fpn",
        "linknet",
        "tipnet",
        "unet",
    ],
)
def test_what_lies_past_the_halo_changes_nothing(situation: str) -> None:
    network = build_small(situation).eval()
    seen, stride = measure_receptive_field(network), network.stride
    assert seen is not None
    halo = seen.halo_px
    rows = -(-halo // stride) * stride
    frames = network.window or 1
    clip = torch.randn(
        1, frames, 1, 2 * rows + 3 * stride, stride, generator=torch.Generator().manual_seed(0)
    )
    block = slice(rows + stride, rows + 2 * stride)
    outside = clip.clone()
    outside[..., : block.start - halo, :] += 1
    outside[..., block.stop + halo :, :] += 1
    with torch.no_grad():
        before, after = network(clip)[0][:, -1], network(outside)[0][:, -1]
    assert torch.equal(before[..., block, :], after[..., block, :])
    assert not torch.equal(before, after)


class _NormalisedOverTheFrame(FrameNetwork):
    """A network whose group norm mixes all pixels of a frame."""

    def __init__(self) -> None:
        super().__init__(FrameNetworkConfig())
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.Conv2d(4, 1, 1))

    def encode(self, frames: Tensor) -> Tensors:
        return (self.layers(frames),)

    def decode(self, features: Tensors) -> Tensor:
        return features[0]


def test_a_network_that_sees_the_whole_frame_has_no_receptive_field_and_is_not_cut_into_tiles() -> None:
    network = _NormalisedOverTheFrame().eval()
    assert measure_receptive_field(network) is None
    config = InferenceConfig(tile_above_megapixels=0.001, tile_px=64)
    with pytest.raises(
        ConfigurationError, match=r"global receptive field .* cannot be cut into tiles\. Increase "
    ):
        engine_for(network, (128, 128), Placement("torch", threads=1), config)
    whole = engine_for(network, (128, 128), Placement("torch", threads=1), InferenceConfig())
    assert whole.traits.head == network.config.head
