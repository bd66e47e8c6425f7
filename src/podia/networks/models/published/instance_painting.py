"""Cells found one by one, painted into a frame."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def paint_instances(masks: Tensor, boxes: Tensor, scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the number and the score of the cell that each pixel belongs to, ``(2, H, W)`` float32; 0 where none.

    Where cells overlap, the one of the higher score lies on top. Cells count from 1, the best first.

    Parameters
    ----------
    masks
        ``(R, m, m)``: probabilities in each box, brought to its size linearly; a pixel is a cell's above 0.5.
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
    """Return `mask` ``(m, m)``, which fills `box`, at the centres of pixels; it fades to 0 past the box."""
    left, top, right, bottom = box.float()
    y = torch.arange(rows.start, rows.stop, device=mask.device) + 0.5
    x = torch.arange(columns.start, columns.stop, device=mask.device) + 0.5
    # As grid_sample counts: -1 and 1 are the outer edges of the first and the last pixel of the mask.
    down = 2.0 * (y - top) / (bottom - top) - 1.0
    right_of = 2.0 * (x - left) / (right - left) - 1.0
    size = (len(y), len(x))
    grid = torch.stack([right_of[None, :].expand(size), down[:, None].expand(size)], dim=-1)
    sampled = functional.grid_sample(mask.float()[None, None], grid[None], align_corners=False)
    return sampled[0, 0]
