"""How weights begin where nothing pretrained is loaded."""

from __future__ import annotations

from torch import nn


def glorot_uniform(module: nn.Module) -> None:
    """Draw the kernel of every convolution in `module` from Glorot's uniform distribution; biases become zero.

    Keras' default, which S0 and S1 were trained from. Depthwise kernels of C channels take fans of 9 and 9 C there and
    here. Uses torch's global generator: seed it (`podia.segmentation.models.registry.build_network` does).
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
