"""The two stages of Mask R-CNN with torchvision's parts: region proposals, then classification and masks.

R is the number of boxes in all frames together. Boxes are x and y of two corners, in px of the rescaled frames.
Everything except the layers is computed in float32.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from podia.networks.models.network import Tensors

_LEVELS = ("0", "1", "2", "3", "pool")
"""torchvision's names of the levels of the pyramid, strides 4 to 64."""
_FINEST_PX = 4
_CELL = 1
"""Class number of cells; background is 0."""


@dataclass(frozen=True)
class Proposals:
    """Region proposals and the anchors that they come from; A is the number of anchors per frame.

    Parameters
    ----------
    boxes
        For each frame, the proposals that remain, ``(P, 4)``, most likely first.
    anchors
        For each frame, ``(A, 4)``.
    objectness
        Log odds that an anchor contains a cell, ``(N A,)``.
    offsets
        Encoded offsets from anchors to boxes, ``(N A, 4)``.
    """

    boxes: list[Tensor]
    anchors: list[Tensor]
    objectness: Tensor
    offsets: Tensor


@dataclass(frozen=True)
class Found:
    """Detections in one frame: masks ``(R, m, m)`` in 0..1, boxes ``(R, 4)``, scores ``(R,)`` in 0..1, best first."""

    masks: Tensor
    boxes: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Detector:
    """torchvision's region proposal network and heads, for the features of a pyramid."""

    rpn: Any
    roi_heads: Any

    def propose(self, features: Tensors) -> Proposals:
        """Return region proposals; more of them during training."""
        detection = import_module("torchvision.models.detection.rpn")
        images = import_module("torchvision.models.detection.image_list")
        n, size = len(features[0]), seen_size(features)
        objectness, offsets = self.rpn.head(list(features))
        levels = [feature.float() for feature in features]
        # Only the shapes are used.
        shown = images.ImageList(levels[0].new_empty(()).expand(n, 3, *size), [size] * n)
        anchors = self.rpn.anchor_generator(shown, levels)
        counts = [level[0].numel() for level in objectness]
        objectness, offsets = detection.concat_box_prediction_layers(objectness, offsets)
        objectness, offsets = objectness.float(), offsets.float()
        boxes = self.rpn.box_coder.decode(offsets.detach(), anchors).reshape(n, -1, 4)
        kept, _ = self.rpn.filter_proposals(boxes, objectness, shown.image_sizes, counts)
        return Proposals(kept, anchors, objectness.flatten(), offsets)

    def judge(self, features: Tensors, boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the logits of background and cell, ``(R, 2)``, and encoded offsets for each, ``(R, 8)``."""
        pooled = self.roi_heads.box_roi_pool(*_arguments(features, boxes))
        logits, offsets = self.roi_heads.box_predictor(self.roi_heads.box_head(pooled))
        return logits.float(), offsets.float()

    def draw(self, features: Tensors, boxes: Sequence[Tensor]) -> Tensor:
        """Return the log odds that the pixels of a mask belong to the cell, ``(R, 1, m, m)``."""
        pooled = self.roi_heads.mask_roi_pool(*_arguments(features, boxes))
        logits: Tensor = self.roi_heads.mask_predictor(self.roi_heads.mask_head(pooled))
        return logits[:, _CELL : _CELL + 1].float()

    def find(self, features: Tensors) -> list[Found]:
        """Return the cells of each frame."""
        proposals = self.propose(features).boxes
        sizes = [seen_size(features)] * len(proposals)
        boxes, scores, _ = self.roi_heads.postprocess_detections(
            *self.judge(features, proposals), proposals, sizes
        )
        masks = torch.split(self.draw(features, boxes).sigmoid()[:, 0], [len(own) for own in boxes])
        return [Found(*found) for found in zip(masks, boxes, scores, strict=True)]


def seen_size(features: Tensors) -> tuple[int, int]:
    """Return the size of the rescaled frames from their pyramid `features`, px."""
    height, width = features[0].shape[-2:]
    return height * _FINEST_PX, width * _FINEST_PX


def _arguments(features: Tensors, boxes: Sequence[Tensor]) -> tuple[object, object, object]:
    """Return the arguments of torchvision's pooling."""
    levels = OrderedDict(zip(_LEVELS, features, strict=True))
    return levels, list(boxes), [seen_size(features)] * len(boxes)
