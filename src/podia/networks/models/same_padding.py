"""Convolution with TensorFlow's padding, so that weights trained in Keras give the same features."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class SameConv2d(nn.Conv2d):
    """A square convolution with TensorFlow's SAME padding.

    With stride s and size n the output has ceil(n / s) pixels; if the number of zeros is odd, the extra one is added
    **after** (right, bottom). PyTorch's own ``padding=k // 2`` differs by one pixel for stride 2 and even sizes.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        symmetric = stride == 1 and kernel_size % 2 == 1
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2 if symmetric else 0,
            groups=groups,
            bias=bias,
        )
        self._pads_by_size = not symmetric

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of `x` ``(N, C, H, W)``, ``(N, C', ceil(H / s), ceil(W / s))``."""
        return super().forward(self.pad(x))

    def pad(self, frames: Tensor) -> Tensor:
        """Pad `frames` with the zeros that PyTorch's own padding cannot express."""
        if not self._pads_by_size:
            return frames
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = frames.shape[-2:]
        top, bottom = same_padding(height, kernel, stride)
        left, right = same_padding(width, kernel, stride)
        return functional.pad(frames, (left, right, top, bottom))


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after an axis of `size` pixels (TensorFlow, `tf.nn.conv2d`, padding SAME)."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
