from __future__ import annotations

import pytest
import torch
from torch import Tensor

from podia.networks.models.published.instance_painting import paint_instances
from podia.networks.models.published.true_cells import TrueCells


def labelled() -> Tensor:
    """A cell of 4 x 6 pixels, one of a single pixel that touches it, and a corner of which nothing is known."""
    labels = torch.zeros(1, 12, 16)
    labels[0, 2:6, 3:9] = 5
    labels[0, 6, 3] = 2
    labels[0, 8:, 8:] = -1
    return labels


def test_boxes_are_around_the_pixels_of_each_cell() -> None:
    cells = TrueCells.of(labelled())
    assert cells.labels.tolist() == [2, 5]
    assert cells.boxes.tolist() == [[3, 6, 4, 7], [3, 2, 9, 6]]
    assert TrueCells.of(torch.full((1, 4, 4), -1.0)).boxes.shape == (0, 4)


def test_the_unlabelled_share_of_a_box_is_of_its_part_inside_the_frame() -> None:
    cells = TrueCells.of(labelled())
    boxes = torch.tensor(
        [[0.0, 0, 8, 8], [8.0, 8, 30, 30], [4.0, 8, 12, 12], [6.0, 6, 10, 10], [20.0, 0, 30, 4]]
    )
    assert cells.unlabelled_share(boxes).tolist() == [0, 1, 0.5, 0.25, 0]


def test_a_mask_in_the_cells_own_box_is_full_and_half_a_box_further_half_full() -> None:
    cells = TrueCells.of(labelled())
    boxes = torch.tensor([[3.0, 2, 9, 6], [6.0, 2, 12, 6]])
    masks = cells.masks(boxes, torch.tensor([1, 1]), 4)
    assert (masks[0] == 1).all()
    assert masks[1, 0].tolist() == [[1, 1, 0, 0]] * 4


def test_in_a_mask_another_cell_is_background_and_the_unlabelled_stays_so() -> None:
    cells = TrueCells.of(labelled())
    other = cells.masks(torch.tensor([[3.0, 5, 5, 7]]), torch.tensor([0]), 2)
    assert other[0, 0].tolist() == [[0, 0], [1, 0]]
    unknown = cells.masks(torch.tensor([[6.0, 8, 10, 12]]), torch.tensor([1]), 2)
    assert unknown[0, 0].tolist() == [[0, -1], [0, -1]]


def test_weights_come_along_as_means() -> None:
    weights = torch.arange(16.0).expand(12, 16)[None]
    cells = TrueCells.of(torch.cat([labelled(), weights]))
    masks = cells.masks(torch.tensor([[4.0, 2, 8, 6]]), torch.tensor([1]), 2)
    assert masks[0, 1].tolist() == [[4.5, 6.5], [4.5, 6.5]]


def test_masks_cut_from_labels_paint_those_labels_again() -> None:
    labels = torch.zeros(1, 40, 40)
    y, x = torch.meshgrid(torch.arange(40), torch.arange(40), indexing="ij")
    labels[0][(y - 12) ** 2 + (x - 14) ** 2 < 81] = 1
    labels[0][(y - 28) ** 2 + (x - 27) ** 2 < 36] = 2
    cells = TrueCells.of(labels)
    masks = cells.masks(cells.boxes, torch.tensor([0, 1]), 28)[:, 0]
    painted = paint_instances(masks, cells.boxes, torch.tensor([0.9, 0.8]), (40, 40))
    for number in (1, 2):
        both = ((painted[0] == number) & (labels[0] == number)).sum()
        either = ((painted[0] == number) | (labels[0] == number)).sum()
        assert both / either > 0.95


def test_the_surer_cell_lies_on_top_and_a_box_past_the_frame_is_cut() -> None:
    masks = torch.ones(3, 4, 4)
    boxes = torch.tensor([[1.0, 1, 5, 5], [3.0, 3, 9, 9], [-9.0, -9, -1, -1]])
    painted = paint_instances(masks, boxes, torch.tensor([0.6, 0.75, 0.5]), (6, 7))
    assert painted[0, 2].tolist() == [0, 2, 2, 2, 2, 0, 0]
    assert painted[0, 4].tolist() == [0, 2, 2, 1, 1, 1, 1]
    assert painted[1, 4].tolist() == pytest.approx([0, 0.6, 0.6, 0.75, 0.75, 0.75, 0.75])
    assert not paint_instances(masks[:0], boxes[:0], torch.zeros(0), (6, 7)).any()
