"""podia's own network: what its memory, its look-ahead and its scale do."""

from __future__ import annotations

import pytest
import torch

from podia.networks.models.podia_net import PodiaNet, PodiaNetConfig

SMALL = {"memory": (4, 8), "decoder": (8, 8, 8), "detail": 4}


def network(**values: object) -> PodiaNet:
    torch.manual_seed(0)
    return PodiaNet(PodiaNetConfig(**{**SMALL, **values})).eval()


def clip(n_frames: int = 4, side: int = 64) -> torch.Tensor:
    return torch.randn(1, n_frames, 1, side, side, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def changed_frames(net: PodiaNet, *, at: int) -> list[int]:
    """Return the frames whose logits change when frame `at` of a clip of four does."""
    before = clip()
    after = before.clone()
    after[:, at] += 1.0
    difference = (net(before)[0] - net(after)[0]).abs().amax(dim=(0, 2, 3, 4))
    return [int(t) for t in torch.nonzero(difference > 0)[:, 0]]


def test_memory_carries_a_frame_into_all_later_ones() -> None:
    assert changed_frames(network(), at=1) == [1, 2, 3]


def test_without_recurrence_every_frame_stands_alone() -> None:
    assert changed_frames(network(recurrent=False), at=1) == [1]


def test_look_ahead_lets_a_frame_be_seen_by_those_before_it() -> None:
    assert changed_frames(network(lookahead=1), at=2) == [1, 2, 3]


def test_look_ahead_without_recurrence_is_none() -> None:
    assert network(lookahead=2, recurrent=False).lookahead == 0


@pytest.mark.parametrize(("scale", "stride"), [(0.5, 32), (1.0, 16), (2.0, 8)])
def test_scale_changes_the_stride_and_not_the_size_of_what_comes_out(scale: float, stride: int) -> None:
    net = network(scale=scale)
    assert net.stride == stride
    assert net(clip(2))[0].shape == (1, 2, 3, 64, 64)


@torch.no_grad()
def test_half_scale_works_on_averages_of_two_by_two() -> None:
    coarse = clip(1, 32)
    fine = coarse.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
    at_half = network(scale=0.5).encode(fine[:, 0])
    at_one = network(scale=1.0).encode(coarse[:, 0])
    for half, one in zip(at_half, at_one, strict=True):
        torch.testing.assert_close(half, one)
