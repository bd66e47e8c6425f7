"""Painting of detected cells into a frame."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def paint_instances(masks: Tensor, boxes: Tensor, scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Return number and score of the cell at each pixel, ``(2, H, W)`` float32; 0 on background.

    Where cells overlap, the one with the higher score lies on top. Cells are numbered from 1, the best first.

    Parameters
    ----------
    masks
        ``(R, m, m)``: probabilities in each box, resized to it linearly; pixels above 0.5 belong to the cell.
    boxes
        ``(R, 4)``: x and y of two corners, from the edge of the first pixel.
    scores
        ``(R,)``, positive.
    size
        H and W.
    """
    height, width = size
    painted = masks.new_zeros((2, height, width), dtype=torch.float32)
    order = torch.argsort(scores, descending=True, stable=True)
    edges = torch.cat([boxes[:, :2].floor(), boxes[:, 2:].ceil()], dim=1).long().tolist()
    for number, index in reversed(list(enumerate(order.tolist(), start=1))):
        left, top, right, bottom = edges[index]
        rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            continue
        covered = _at_pixels(masks[index], boxes[index], rows, columns) > 0.5
        painted[0, rows, columns][covered] = float(number)
        painted[1, rows, columns][covered] = scores[index].float()
    return painted


def _at_pixels(mask: Tensor, box: Tensor, rows: slice, columns: slice) -> Tensor:
    """Sample `mask` ``(m, m)``, which fills `box`, at pixel centres; it fades to 0 outside the box."""
    left, top, right, bottom = box.float()
    y = torch.arange(rows.start, rows.stop, device=mask.device) + 0.5
    x = torch.arange(columns.start, columns.stop, device=mask.device) + 0.5
    # In grid_sample's coordinates, -1 and 1 are the outer edges of the mask's first and last pixel.
    down = 2.0 * (y - top) / (bottom - top) - 1.0
    right_of = 2.0 * (x - left) / (right - left) - 1.0
    size = (len(y), len(x))
    grid = torch.stack([right_of[None, :].expand(size), down[:, None].expand(size)], dim=-1)
    sampled = functional.grid_sample(mask.float()[None, None], grid[None], align_corners=False)
    return sampled[0, 0]
