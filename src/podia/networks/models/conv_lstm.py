"""Convolutional long short-term memory (Shi et al., NeurIPS 2015), without peepholes."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.initialisation import glorot_uniform

State = tuple[Tensor, Tensor]
"""Hidden state h and cell c, ``(N, f, H, W)`` each."""
StateActivation = Literal["elu", "tanh"]
"""Activation of candidate and output: tanh as published, ELU in Gómez-de-Mariscal et al. 2021."""


def _odd(pixels: int) -> int:
    if pixels % 2 == 0:
        raise ValueError("the kernel size must be odd, so that it has a centre")
    return pixels


KernelSide = Annotated[int, Field(ge=1, le=15), AfterValidator(_odd)]
"""Edge length of a kernel in pixels."""


class ConvLstm(nn.Module):
    """One step in time: input ``(N, C, H, W)``, hidden state h and cell c ``(N, f, H, W)``, to the next h and c.

    With i, f, o logistic and phi the activation::

        i, f, g, o = split(W * x + U * h + b)
        c' = f c + i phi(g)
        h' = o phi(c')

    W and U are separate convolutions, so that the part that depends on the input alone, :meth:`input_gates`, is
    computed once per frame, regardless of the number of windows, and for all frames of a clip as one batch. Before the
    first frame, when h and c are zeros (the state None), U * h is not computed.

    Parameters
    ----------
    in_channels, hidden
        C and f.
    kernel
        Edge length of both kernels in pixels, odd; borders are padded with zeros.
    activation
        phi.
    """

    def __init__(
        self, in_channels: int, hidden: int, kernel: int = 3, activation: StateActivation = "tanh"
    ) -> None:
        super().__init__()
        self.hidden = hidden
        self.activation = activation
        self.from_input = nn.Conv2d(in_channels, 4 * hidden, kernel, padding=kernel // 2)
        self.from_state = nn.Conv2d(hidden, 4 * hidden, kernel, padding=kernel // 2, bias=False)
        glorot_uniform(self)
        with torch.no_grad():  # open the forget gates at first, as Keras does
            self.get_parameter("from_input.bias")[hidden : 2 * hidden] = 1.0

    def initial_state(self, x: Tensor) -> State:
        """Return h and c of zeros, equivalent to None; batch, size, type and device as `x` (an input, or gates)."""
        shape = (x.shape[0], self.hidden, *x.shape[2:])
        return x.new_zeros(shape), x.new_zeros(shape)

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """Return the next h and c after the input `x`."""
        return self.step(self.input_gates(x), state)

    def input_gates(self, x: Tensor) -> Tensor:
        """Return the input's part of the gates, ``(N, 4 f, H, W)`` in the order i, f, g, o, bias included."""
        gates: Tensor = self.from_input(x)
        return gates

    def step(self, input_gates: Tensor, state: State | None) -> State:
        """Return the next h and c, given the input's part of the gates."""
        gates = input_gates if state is None else self.from_state(state[0]).add_(input_gates)
        # Copy first: ELU on a strided quarter takes four times as long as the copy and ELU together.
        candidate = self._activate(gates[:, 2 * self.hidden : 3 * self.hidden].clone())
        # One pass over all gates is faster than three over strided quarters; in place if nothing else needs them.
        needed = state is None or torch.is_grad_enabled()
        logistic = gates.sigmoid() if needed else gates.sigmoid_()
        let_in, keep, _, show = logistic.chunk(4, dim=1)
        c = let_in * candidate if state is None else torch.addcmul(keep * state[1], let_in, candidate)
        return show * self._activate(c), c

    def over_time(self, x: Tensor, frames: int, state: State | None) -> tuple[Tensor, State]:
        """Return h of every frame ``(N * T, f, H, W)`` and the last ``(h, c)``, for N clips of T `frames` each.

        `x` is ``(N * T, C, H, W)``; the frames of a clip are consecutive.
        """
        gates = self.input_gates(x)
        gates = gates.reshape(-1, frames, *gates.shape[1:])
        shown: list[Tensor] = []
        for frame in range(frames):
            h, c = self.step(gates[:, frame], state)
            shown.append(h)
            state = h, c
        return torch.stack(shown, dim=1).flatten(0, 1), (h, c)

    def _activate(self, x: Tensor) -> Tensor:
        return functional.elu(x) if self.activation == "elu" else torch.tanh(x)
