"""Non-maximum suppression and RoIAlign in plain PyTorch: closed forms, and torchvision's where it has them."""

from __future__ import annotations

import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mask_rcnn_cases import needs_torchvision
from podia.data.errors import InvalidInputError
from podia.networks.models.published.box_operators import box_iou, nms, roi_align
from podia.networks.models.published.torchvision_loading import compiled_operators_load, load_torchvision


def one_by_one(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    """Return what stays, as the definition has it: the best goes first and takes what it overlaps with it."""
    left, kept = torch.argsort(scores, descending=True, stable=True).tolist(), []
    while left:
        best, *left = left
        kept.append(best)
        left = [i for i in left if box_iou(boxes[[best]], boxes[[i]]) <= threshold]
    return kept


def some_boxes(n: int, side: float, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(n, 2, generator=generator) * side
    return torch.cat([corners, corners + 0.2 + torch.rand(n, 2, generator=generator) * side], dim=1)


def test_iou_of_boxes_that_share_a_third_that_only_touch_and_without_area() -> None:
    boxes = torch.tensor([[0.0, 0, 2, 2], [1.0, 0, 3, 2], [2.0, 0, 4, 2], [5.0, 5, 5, 5]])
    expected = torch.eye(4)
    expected[3, 3] = 0  # nothing has nothing in common with itself
    expected[0, 1] = expected[1, 0] = expected[1, 2] = expected[2, 1] = 1 / 3
    torch.testing.assert_close(box_iou(boxes, boxes), expected)


def test_a_box_hidden_by_one_that_goes_itself_stays() -> None:
    # Each overlaps the next by a third: the second goes for the first, so that the third is hidden by none.
    boxes = torch.tensor([[4.0, 0, 6, 2], [3.0, 0, 5, 2], [2.0, 0, 4, 2]])
    scores = torch.tensor([0.7, 0.8, 0.9])
    assert nms(boxes, scores, 0.3).tolist() == [2, 0]
    assert nms(boxes, scores, 0.34).tolist() == [2, 1, 0]


def test_of_equal_boxes_and_scores_the_first_stays_and_none_of_none() -> None:
    assert nms(torch.ones(3, 4) * torch.tensor([0.0, 0, 1, 1]), torch.full((3,), 0.5), 0.5).tolist() == [0]
    assert nms(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.floats(0.05, 0.95), st.integers(0, 1000))
def test_suppression_at_once_equals_one_by_one(n: int, threshold: float, seed: int) -> None:
    boxes = some_boxes(n, 6.0, seed)
    scores = torch.rand(n, generator=torch.Generator().manual_seed(seed)).round(decimals=1)
    assert nms(boxes, scores, threshold).tolist() == one_by_one(boxes, scores, threshold)


@pytest.mark.parametrize(("sampling_ratio", "aligned"), [(1, False), (2, False), (3, True)])
def test_a_ramp_is_pooled_to_its_value_at_the_middle_of_each_bin(sampling_ratio: int, aligned: bool) -> None:
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    ramps = torch.stack([x, y])[None]
    # Boxes of features at half size: 4..20 and 6..14 of them, in four bins by two.
    box = torch.tensor([[0.0, 8.0, 12.0, 40.0, 28.0]])
    pooled = roi_align(ramps, box, (2, 4), 0.5, sampling_ratio, aligned)
    shift = 0.5 if aligned else 0.0
    torch.testing.assert_close(pooled[0, 0], (torch.tensor([6.0, 10, 14, 18]) - shift).expand(2, 4))
    torch.testing.assert_close(pooled[0, 1], (torch.tensor([8.0, 12]) - shift)[:, None].expand(2, 4))


def test_each_box_is_pooled_from_its_own_image_and_gradients_go_there() -> None:
    images = torch.stack([torch.full((1, 6, 6), value) for value in (1.0, 5.0)]).requires_grad_()
    boxes = torch.tensor([[1.0, 1, 1, 4, 4], [0.0, 1, 1, 4, 4], [1.0, 0, 0, 2, 2]])
    pooled = roi_align(images, boxes, 2)
    assert pooled[:, 0, 0, 0].tolist() == [5.0, 1.0, 5.0]
    pooled[0].sum().backward()
    assert images.grad is not None
    assert images.grad[0].sum() == 0
    assert images.grad[1].sum().item() == pytest.approx(4.0)  # each bin is a mean


def test_the_border_goes_on_for_a_pixel_and_then_there_is_nothing() -> None:
    image = torch.full((1, 1, 4, 4), 3.0)
    outside = torch.tensor([[0.0, -0.9, 0.0, 0.1, 1.0], [0.0, -9.0, 0.0, -8.0, 1.0]])
    assert roi_align(image, outside, 1).flatten().tolist() == [3.0, 0.0]


def test_a_number_of_points_that_depends_on_the_box_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 1, not -1"):
        roi_align(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5), 2, sampling_ratio=-1)


def boxes_in_frames() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    boxes = some_boxes(30, 6.0)
    return torch.randn(2, 3, 14, 15), torch.cat([torch.arange(30)[:, None] % 2, boxes], dim=1)


@needs_torchvision
@pytest.mark.parametrize("aligned", [False, True])
def test_pooling_equals_torchvisions_own_of_plain_python(aligned: bool) -> None:
    load_torchvision()
    features, boxes = boxes_in_frames()
    # It is wrapped for compilation, and past the border it differs from the compiled operators.
    reference = sys.modules["torchvision.ops.roi_align"]._roi_align.__wrapped__
    inside = boxes.clone()
    inside[:, 1:] += 0.5
    expected = reference(features, inside, 0.9, 5, 7, 2, aligned)
    torch.testing.assert_close(
        roi_align(features, inside, (5, 7), 0.9, 2, aligned), expected, rtol=1e-4, atol=1e-5
    )


@needs_torchvision
def test_both_equal_the_compiled_operators() -> None:
    torchvision = load_torchvision()
    if not compiled_operators_load():
        pytest.skip("torchvision's compiled operators do not load beside this build of torch")
    features, boxes = boxes_in_frames()
    for aligned in (False, True):
        torch.testing.assert_close(
            roi_align(features, boxes - 1, (5, 7), 0.9, 2, aligned),
            torchvision.ops.roi_align(features, boxes - 1, (5, 7), 0.9, 2, aligned),
            rtol=1e-4,
            atol=1e-5,
        )
    scores = torch.rand(len(boxes))
    assert nms(boxes[:, 1:], scores, 0.4).tolist() == torchvision.ops.nms(boxes[:, 1:], scores, 0.4).tolist()
