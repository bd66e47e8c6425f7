"""What a network that makes no mistake says about a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.networks.outputs.base import Output, TargetConfig
from podia.networks.outputs.targets import make_target


def perfect_prediction(
    labels: LabelImage, head: Output[Any, Any], config: TargetConfig | None = None
) -> NDArray[np.float32]:
    """Classes as one-hot probabilities, everything else as the target itself."""
    target = make_target(labels, head, config)
    if len(target) == head.n_channels:
        return target
    return np.stack([target[0] == k for k in range(head.n_channels)]).astype(np.float32)


def lowest_iou(truth: LabelImage, result: LabelImage) -> float:
    """IoU of the cell that is met worst, each with the result that covers it best."""
    worst = 1.0
    for label in np.unique(truth[truth > 0]):
        cell = truth == label
        others = np.unique(result[cell & (result > 0)])
        ious = [np.sum(cell & (result == k)) / np.sum(cell | (result == k)) for k in others]
        worst = min(worst, max(ious, default=0.0))
    return worst
