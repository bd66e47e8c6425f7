"""The losses of Mask R-CNN (He et al. 2017, section 3), ignoring unlabelled pixels.

torchvision's losses cannot be used: they treat everything that is not a cell as background, divide by the number of
boxes even if it is 0, and have a fixed mask loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from podia.networks.models.network import PixelLoss, Tensors
from podia.networks.models.published.box_operators import box_iou
from podia.networks.models.published.detection import Detector
from podia.networks.models.published.true_cells import TrueCells

_MOSTLY = 0.5
"""Unlabelled share of a box above which it is not used as background."""
_BETWEEN, _BACKGROUND, _CELL = -1, 0, 1
"""Classes of a box in the loss; boxes in between are ignored."""
_BETA = 1.0 / 9.0
"""Transition of the offset loss from quadratic to linear (torchvision)."""


def detection_loss(
    detector: Detector, features: Tensors, truths: Sequence[TrueCells], mask_loss: PixelLoss, scale: float
) -> Tensor:
    """Return the sum of five losses: classification and offsets of proposals and of boxes, and masks.

    Parameters
    ----------
    detector
        The detector, in training mode.
    features
        Feature pyramid of N frames.
    truths
        The true cells of each frame, in pixels of the original frames.
    mask_loss
        ``loss(logits (R, 1, m, m), target (R, C, m, m))``.
    scale
        Scale of the rescaled frames relative to the original ones.
    """
    proposed = detector.propose(features)
    anchors = _sample(
        detector.rpn.proposal_matcher, detector.rpn.fg_bg_sampler, proposed.anchors, truths, scale
    )
    objectness = proposed.objectness[anchors.chosen]
    total = functional.binary_cross_entropy_with_logits(objectness, anchors.is_cell, reduction="sum")
    total = total + _offset_loss(detector.rpn.box_coder, proposed.offsets[anchors.chosen], anchors)
    total = total / max(len(objectness), 1)

    boxes = [torch.cat([own, truth.boxes * scale]) for own, truth in zip(proposed.boxes, truths, strict=True)]
    heads = detector.roi_heads
    taken = _sample(heads.proposal_matcher, heads.fg_bg_sampler, boxes, truths, scale)
    logits, offsets = detector.judge(features, taken.boxes_of_frames)
    of_boxes = functional.cross_entropy(logits, taken.is_cell.long(), reduction="sum")
    of_boxes = of_boxes + _offset_loss(heads.box_coder, offsets[:, 4:], taken)
    return (
        total
        + of_boxes / max(len(logits), 1)
        + _mask_loss(detector, features, truths, taken, mask_loss, scale)
    )


@dataclass(frozen=True)
class _Sampled:
    """Boxes sampled for the loss, in the order of frames.

    Parameters
    ----------
    chosen
        Indices among all boxes of all frames, ``(R,)``.
    boxes_of_frames
        The boxes of each frame, ``(R, 4)`` in total.
    cells_of_frames
        Index of the cell matched to each box.
    is_cell
        1.0 or 0.0, ``(R,)``.
    true_boxes
        Boxes of those cells, ``(R, 4)``; meaningless for background.
    """

    chosen: Tensor
    boxes_of_frames: list[Tensor]
    cells_of_frames: list[Tensor]
    is_cell: Tensor
    true_boxes: Tensor

    @property
    def boxes(self) -> Tensor:
        return torch.cat(self.boxes_of_frames)


def _sample(
    matcher: Any, sampler: Any, boxes: Sequence[Tensor], truths: Sequence[TrueCells], scale: float
) -> _Sampled:
    """Sample boxes of each frame, with the sampler's share of boxes on cells if there are enough."""
    cells, kinds = zip(
        *(_assign(matcher, b, t, scale) for b, t in zip(boxes, truths, strict=True)), strict=True
    )
    positive, negative = sampler(list(kinds))
    taken = [torch.where((p + n) > 0)[0] for p, n in zip(positive, negative, strict=True)]
    firsts = torch.tensor([0, *(len(b) for b in boxes)]).cumsum(0).tolist()
    return _Sampled(
        torch.cat([own + first for own, first in zip(taken, firsts, strict=False)]),
        [b[own] for b, own in zip(boxes, taken, strict=True)],
        [c[own] for c, own in zip(cells, taken, strict=True)],
        torch.cat([(k[own] == _CELL).float() for k, own in zip(kinds, taken, strict=True)]),
        torch.cat(
            [
                t.boxes[c[own]] * scale if len(t.boxes) else b[own]
                for t, c, b, own in zip(truths, cells, boxes, taken, strict=True)
            ]
        ),
    )


def _assign(matcher: Any, boxes: Tensor, truth: TrueCells, scale: float) -> tuple[Tensor, Tensor]:
    """Return the cell matched to each of `boxes` ``(R, 4)``, and the class of each box."""
    if len(truth.boxes):
        # Negative values of the matcher encode why there is no cell.
        matched = matcher(box_iou(truth.boxes * scale, boxes))
        kinds = torch.where(matched == matcher.BELOW_LOW_THRESHOLD, _BACKGROUND, _BETWEEN)
        kinds = torch.where(matched >= 0, _CELL, kinds)
        cells = matched.clamp(min=0)
    else:
        kinds, cells = (torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device) for _ in range(2))
    unknown = truth.unlabelled_share(boxes / scale) > _MOSTLY
    return cells, torch.where((kinds == _BACKGROUND) & unknown, _BETWEEN, kinds)


def _offset_loss(coder: Any, offsets: Tensor, sampled: _Sampled) -> Tensor:
    """Return the loss between `offsets` ``(R, 4)`` and the true ones, summed over the boxes on cells."""
    is_cell = sampled.is_cell > 0
    true = coder.encode_single(sampled.true_boxes[is_cell], sampled.boxes[is_cell])
    return functional.smooth_l1_loss(offsets[is_cell], true, beta=_BETA, reduction="sum")


def _mask_loss(
    detector: Detector,
    features: Tensors,
    truths: Sequence[TrueCells],
    sampled: _Sampled,
    loss: PixelLoss,
    scale: float,
) -> Tensor:
    """Return `loss` of the masks in the boxes on cells; 0 if there are none."""
    of_cells = torch.split(sampled.is_cell, [len(own) for own in sampled.boxes_of_frames])
    boxes = [b[c > 0] for b, c in zip(sampled.boxes_of_frames, of_cells, strict=True)]
    cells = [i[c > 0] for i, c in zip(sampled.cells_of_frames, of_cells, strict=True)]
    logits = detector.draw(features, boxes)
    if not len(logits):
        return logits.sum()  # an empty sum: 0, with gradients of 0
    target = torch.cat(
        [t.masks(b / scale, i, logits.shape[-1]) for t, b, i in zip(truths, boxes, cells, strict=True)]
    )
    return loss(logits, target)
