"""Random initial weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from torch import Tensor, nn

Initialisation = Literal["xavier_uniform", "xavier_normal", "lecun_uniform", "kaiming_normal"]
"""Distributions, named after their authors; Keras calls its default, Xavier Glorot's, ``glorot_uniform``."""

_DRAWS: Mapping[Initialisation, Callable[[Tensor], Tensor]] = {
    "xavier_uniform": nn.init.xavier_uniform_,
    "xavier_normal": nn.init.xavier_normal_,
    # Without a nonlinearity, He's uniform distribution is LeCun's: variance 1 / fan in.
    "lecun_uniform": partial(nn.init.kaiming_uniform_, nonlinearity="linear"),
    "kaiming_normal": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
}


def initialise(module: nn.Module, how: Initialisation) -> None:
    """Draw the kernels of all convolutions in `module`, also transposed ones; biases become zero.

    - ``xavier_uniform``, ``xavier_normal``: variance 2 / (fan in + fan out) (Glorot and Bengio, AISTATS 2010);
    - ``lecun_uniform``: variance 1 / fan in (LeCun et al., "Efficient BackProp", 1998);
    - ``kaiming_normal``: variance 2 / fan in (He et al., ICCV 2015).

    Fans are torch's. Uses torch's global generator: seed it (`podia.networks.models.registry.build_network` does).
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            _DRAWS[how](part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def glorot_uniform(module: nn.Module) -> None:
    """Draw the kernels in `module` as Keras does, which the published temporal networks use.

    Depthwise kernels of C channels have fans of 9 and 9 C, as in Keras.
    """
    initialise(module, "xavier_uniform")
