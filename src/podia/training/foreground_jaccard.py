"""How well the foreground of predictions covers that of the truth, counted over batches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from podia.data.errors import ConfigurationError
from podia.segmentation.heads import HEADS, Head


@dataclass
class ForegroundJaccard:
    """``TP / (TP + FP + FN)`` over all labelled pixels of all batches; cells are whatever is not background.

    The counts are summed before they are divided, so that it does not depend on how frames are batched. Logits are
    compared as they come: the public code of S0 casts them to integers first, so that all between -1 and 1 tie.
    """

    head: Head
    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def __post_init__(self) -> None:
        if HEADS[self.head].positions_only:
            raise ConfigurationError(f"The head '{self.head}' has no foreground, and so no Jaccard index.")

    def update(self, logits: Tensor, target: Tensor) -> None:
        """Count `logits` ``(N, K, H, W)`` against `target` ``(N, C, H, W)``; channels after the head's are left out."""
        found = is_foreground(logits, self.head)
        labelled = target[:, 0] >= 0
        truth = target[:, 0] > 0
        self.true_positive += int((found & truth).sum())
        self.false_positive += int((found & ~truth & labelled).sum())
        self.false_negative += int((~found & truth).sum())

    @property
    def value(self) -> float:
        """The index, 0..1; NaN where neither truth nor prediction has a cell."""
        union = self.true_positive + self.false_positive + self.false_negative
        return self.true_positive / union if union else float("nan")


def is_foreground(logits: Tensor, head: Head) -> Tensor:
    """Return where a cell is likelier than background, ``(N, H, W)``; all of a cell's classes count together."""
    logits = logits[:, : HEADS[head].n_channels].float()
    if HEADS[head].activation == "softmax":
        return torch.logsumexp(logits[:, 1:], dim=1) > logits[:, 0]
    return logits[:, 0] > 0
