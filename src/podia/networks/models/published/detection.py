"""The two stages of Mask R-CNN, run on torchvision's parts: boxes proposed, then judged and filled with masks.

R is the number of boxes in all frames together. Boxes are x and y of two corners, px of the frames as they are seen.
Everything but the layers themselves is computed in float32.
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
"""torchvision's names of the pyramid's levels, strides 4 to 64."""
_FINEST_PX = 4
_CELL = 1
"""Number of the class of cells; background is 0."""


@dataclass(frozen=True)
class Proposals:
    """Boxes that may hold a cell, and what they were made of; A is the number of anchors of a frame.

    Parameters
    ----------
    boxes
        For each frame those that are left, ``(P, 4)``, the likeliest first.
    anchors
        For each frame, ``(A, 4)``.
    objectness
        Log odds that an anchor holds a cell, ``(N A,)``.
    offsets
        From anchors to boxes, coded, ``(N A, 4)``.
    """

    boxes: list[Tensor]
    anchors: list[Tensor]
    objectness: Tensor
    offsets: Tensor


@dataclass(frozen=True)
class Found:
    """Cells of one frame: masks ``(R, m, m)`` in 0..1, boxes ``(R, 4)``, scores ``(R,)`` in 0..1, best first."""

    masks: Tensor
    boxes: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Detector:
    """torchvision's region proposal network and its heads, for features of one pyramid."""

    rpn: Any
    roi_heads: Any

    def propose(self, features: Tensors) -> Proposals:
        """Return the boxes that may hold cells; more while training than after."""
        detection = import_module("torchvision.models.detection.rpn")
        images = import_module("torchvision.models.detection.image_list")
        n, size = len(features[0]), seen_size(features)
        objectness, offsets = self.rpn.head(list(features))
        levels = [feature.float() for feature in features]
        # Only shapes are looked at.
        shown = images.ImageList(levels[0].new_empty(()).expand(n, 3, *size), [size] * n)
        anchors = self.rpn.anchor_generator(shown, levels)
        counts = [level[0].numel() for level in objectness]
        objectness, offsets = detection.concat_box_prediction_layers(objectness, offsets)
        objectness, offsets = objectness.float(), offsets.float()
        boxes = self.rpn.box_coder.decode(offsets.detach(), anchors).reshape(n, -1, 4)
        kept, _ = self.rpn.filter_proposals(boxes, objectness, shown.image_sizes, counts)
        return Proposals(kept, anchors, objectness.flatten(), offsets)

    def judge(self, features: Tensors, boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the logits of background and cell, ``(R, 2)``, and coded offsets for each, ``(R, 8)``."""
        pooled = self.roi_heads.box_roi_pool(*_arguments(features, boxes))
        logits, offsets = self.roi_heads.box_predictor(self.roi_heads.box_head(pooled))
        return logits.float(), offsets.float()

    def draw(self, features: Tensors, boxes: Sequence[Tensor]) -> Tensor:
        """Return the log odds that a mask's pixels are the cell's, ``(R, 1, m, m)``."""
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
    """Return the size of the frames whose pyramid `features` are, px as they are seen."""
    height, width = features[0].shape[-2:]
    return height * _FINEST_PX, width * _FINEST_PX


def _arguments(features: Tensors, boxes: Sequence[Tensor]) -> tuple[object, object, object]:
    """Return what torchvision's pooling wants."""
    levels = OrderedDict(zip(_LEVELS, features, strict=True))
    return levels, list(boxes), [seen_size(features)] * len(boxes)
