"""Non-maximum suppression and RoIAlign in plain PyTorch, for when torchvision's compiled ones do not load."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.data.errors import InvalidInputError


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Return the indices of the boxes kept by non-maximum suppression, best first.

    A box is dropped if it overlaps a better box that is kept by more than `iou_threshold`. Boxes of equal score are
    processed in order. Memory grows with N squared.

    Parameters
    ----------
    boxes
        ``(N, 4)``: x and y of the upper left corner, then of the lower right one.
    scores
        ``(N,)``.
    iou_threshold
        Intersection over union.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    best_first = boxes[order]
    hides = torch.triu(box_iou(best_first, best_first) > iou_threshold, diagonal=1)
    stays = torch.ones_like(order, dtype=torch.bool)
    # The k-th box depends only on better ones, so it is final after k rounds; chains are short, and so is the loop.
    while True:
        settled = ~(hides & stays[:, None]).any(dim=0)
        if torch.equal(settled, stays):
            return order[stays]
        stays = settled


def box_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the intersection over union of each of `boxes` ``(N, 4)`` with each of `others` ``(M, 4)``, ``(N, M)``."""
    boxes, others = boxes.float(), others.float()
    upper_left = torch.maximum(boxes[:, None, :2], others[None, :, :2])
    lower_right = torch.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = (lower_right - upper_left).clamp(min=0).prod(dim=-1)
    areas, other_areas = ((b[:, 2:] - b[:, :2]).prod(dim=-1) for b in (boxes, others))
    # Two boxes without area do not overlap.
    return common / (areas[:, None] + other_areas - common).clamp(min=torch.finfo(torch.float32).tiny)


def roi_align(
    features: Tensor,
    boxes: Tensor,
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = 2,
    aligned: bool = False,
) -> Tensor:
    """Return `features` in `boxes`, resampled to one size: the mean of linearly interpolated points in each bin.

    He et al. 2017, "Mask R-CNN", section 3, with the arguments and the conventions of ``torchvision.ops.roi_align``:
    points up to one pixel outside have the value of the border, those farther out are 0.

    Parameters
    ----------
    features
        ``(N, C, H, W)``.
    boxes
        ``(K, 5)``: index of the image, then x and y of two corners.
    output_size
        Bins along y and x.
    spatial_scale
        Pixels of `features` per unit of the boxes.
    sampling_ratio
        Number of points per bin along each axis.
    aligned
        Whether coordinates start at the edge of the first pixel; otherwise, as in old versions, at its centre.

    Returns
    -------
    Tensor
        ``(K, C, *output_size)``.

    Raises
    ------
    InvalidInputError
        If `sampling_ratio` is not positive: numbers of points that depend on the box are not supported.
    """
    if sampling_ratio < 1:
        raise InvalidInputError(f"roi_align needs a sampling_ratio of at least 1, not {sampling_ratio}.")
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    corners = boxes[:, 1:].float() * spatial_scale - (0.5 if aligned else 0.0)
    sides = corners[:, 2:] - corners[:, :2]
    if not aligned:
        sides = sides.clamp(min=1.0)
    y = _points(corners[:, 1], sides[:, 1], rows * sampling_ratio)
    x = _points(corners[:, 0], sides[:, 0], columns * sampling_ratio)
    pooled = features.new_zeros((len(boxes), features.shape[1], rows, columns))
    for image in range(len(features)):
        (chosen,) = torch.where(boxes[:, 0] == image)
        if len(chosen):
            sampled = _sample(features[image], y[chosen], x[chosen])
            bins = functional.avg_pool2d(sampled, sampling_ratio).reshape(-1, len(chosen), rows, columns)
            pooled = pooled.index_copy(0, chosen, bins.transpose(0, 1).to(features.dtype))
    return pooled


def _points(start: Tensor, length: Tensor, n: int) -> Tensor:
    """Return the centres of `n` equal parts of each interval, ``(K, n)``."""
    centres = (torch.arange(n, dtype=start.dtype, device=start.device) + 0.5) / n
    return start[:, None] + length[:, None] * centres


def _sample(features: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Return `features` ``(C, H, W)`` at points ``y (K, P)`` times ``x (K, Q)``, ``(C, K P, Q)``.

    The boxes are stacked vertically, so that the image need not be repeated for each.
    """
    height, width = features.shape[1:]
    size = (*y.shape, x.shape[1])
    along_x, along_y = _normalised(x, width)[:, None, :], _normalised(y, height)[:, :, None]
    grid = torch.stack([along_x.expand(size), along_y.expand(size)], dim=-1).flatten(0, 1)
    sampled = functional.grid_sample(
        features[None].float(), grid[None], padding_mode="border", align_corners=True
    )
    near = _near(y, height)[:, :, None] & _near(x, width)[:, None, :]
    return sampled[0] * near.flatten(0, 1)


def _normalised(position: Tensor, n: int) -> Tensor:
    """Return pixel positions in `grid_sample` coordinates: -1 and 1 are the centres of the first and last pixel."""
    return 2.0 * position / max(n - 1, 1) - 1.0


def _near(position: Tensor, n: int) -> Tensor:
    return (position >= -1.0) & (position <= n)
