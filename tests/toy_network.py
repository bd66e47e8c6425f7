"""A network small enough for tests of everything around networks; it counts what passes through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from podia.networks.models.network import Network, NetworkConfig, Tensors


class Counts(Counter[str]):
    """Frames that passed each part, of a network and all its copies."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> Counts:
        return self


class ToyNetwork(Network):
    """Two scales, a recurrent convolution at the coarse one; every operation of a real network, in miniature."""

    stride = 4

    def __init__(
        self,
        config: NetworkConfig | None = None,
        *,
        lookahead: int = 0,
        window: int | None = None,
        recurrent: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(config or NetworkConfig())
        self.lookahead = lookahead
        self.window = window
        self._recurrent = recurrent
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.fine = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ELU())
            self.coarse = nn.Sequential(nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.ELU(), nn.AvgPool2d(2))
            self.memory = nn.Conv2d(16, 8, 3, padding=1)
            self.ahead = nn.Conv2d(8, 8, 1)
            self.out = nn.Conv2d(14, self.config.n_outputs, 1)
        self.counts = Counts()

    @property
    def recurrent(self) -> bool:
        return self._recurrent

    def encode(self, frames: Tensor) -> Tensors:
        self.counts["encoded"] += 1
        fine = self.fine(frames)
        return fine, self.coarse(fine)

    def initial_state(self, features: Tensors) -> Tensors:
        return (torch.zeros_like(features[1]),) if self.recurrent else ()

    def recur(
        self, features: Tensors, state: Tensors | None, ahead: Sequence[Tensors] = ()
    ) -> tuple[Tensors, Tensors]:
        self.counts["joined"] += 1
        if not self.recurrent:
            return features, ()
        fine, coarse = features
        for later in ahead:
            coarse = coarse + 0.3 * self.ahead(later[1])
        before = torch.zeros_like(features[1]) if state is None else state[0]
        memory = torch.tanh(self.memory(torch.cat([coarse, before], dim=1)))
        return (fine, memory), (memory,)

    def decode(self, features: Tensors) -> Tensor:
        self.counts["decoded"] += 1
        fine, memory = features
        wide = nnf.interpolate(memory, scale_factor=4.0, mode="bilinear", align_corners=False)
        return 3.0 * self.out(torch.cat([fine, wide], dim=1))
