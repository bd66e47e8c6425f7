"""True cells of a frame for the training of detection networks: boxes and masks from the labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_SAMPLES = 4
"""Number of sampling points per mask pixel along each axis: one mask pixel covers several pixels of a large cell."""


@dataclass(frozen=True)
class TrueCells:
    """Cells of one frame. Boxes are x and y of two corners, from the edge of the first pixel.

    Parameters
    ----------
    target
        ``(C, Y, X)``: labels (0 background, -1 unlabelled), then pixel weights if the loss has any.
    labels
        ``(G,)``: label of each cell.
    boxes
        ``(G, 4)``: bounding box of each cell.
    """

    target: Tensor
    labels: Tensor
    boxes: Tensor

    @classmethod
    def of(cls, target: Tensor) -> TrueCells:
        """Return the cells in `target` ``(C, Y, X)``."""
        image = target[0]
        y, x = torch.where(image > 0)
        labels, cell = torch.unique(image[y, x], return_inverse=True)
        corners = [
            torch.zeros_like(labels).scatter_reduce(0, cell, position, how, include_self=False)
            for how, positions in (("amin", (x, y)), ("amax", (x + 1, y + 1)))
            for position in (p.to(labels.dtype) for p in positions)
        ]
        return cls(target, labels, torch.stack(corners, dim=1))

    def unlabelled_share(self, boxes: Tensor) -> Tensor:
        """Return the unlabelled share of each of `boxes` ``(R, 4)``, within the frame."""
        height, width = self.target.shape[1:]
        sums = functional.pad((self.target[0] < 0).double().cumsum(0).cumsum(1), (1, 0, 1, 0))
        x = boxes[:, 0::2].round().long().clamp(0, width)
        y = boxes[:, 1::2].round().long().clamp(0, height)
        unlabelled = (
            sums[y[:, 1], x[:, 1]] - sums[y[:, 0], x[:, 1]] - sums[y[:, 1], x[:, 0]] + sums[y[:, 0], x[:, 0]]
        )
        area = (x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0])
        return unlabelled / area.clamp(min=1)

    def masks(self, boxes: Tensor, cells: Tensor, side: int) -> Tensor:
        """Return the target mask in each of `boxes` for its cell, ``(R, C, side, side)``.

        The first channel is 1 where the cell covers at least half of a mask pixel, -1 where more than half is
        unlabelled, else 0: other cells count as background. Weights are means.

        Parameters
        ----------
        boxes
            ``(R, 4)``.
        cells
            ``(R,)``: index of the cell of each box.
        side
            Edge length of a mask in pixels.
        """
        height, width = self.target.shape[1:]
        n = side * _SAMPLES
        steps = (torch.arange(n, device=boxes.device) + 0.5) / n
        x, y = (
            (boxes[:, k, None] + (boxes[:, k + 2] - boxes[:, k])[:, None] * steps).floor().long()
            for k in (0, 1)
        )
        seen = self.target[:, y.clamp(0, height - 1)[:, :, None], x.clamp(0, width - 1)[:, None, :]]
        own = _mean_of_samples((seen[0] == self.labels[cells][:, None, None]).float())
        unlabelled = _mean_of_samples((seen[0] < 0).float())
        classes = torch.where(unlabelled > 0.5, -1.0, (own >= 0.5).float())
        return torch.stack([classes, *(_mean_of_samples(weights) for weights in seen[1:])], dim=1)


def _mean_of_samples(values: Tensor) -> Tensor:
    return functional.avg_pool2d(values[:, None], _SAMPLES)[:, 0]
