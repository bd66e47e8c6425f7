from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from podia.networks.models.conv_lstm import ConvLstm, StateActivation


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("activation", ["elu", "tanh"])
def test_one_pixel_one_filter_follows_the_equations(activation: StateActivation) -> None:
    cell = ConvLstm(1, 1, kernel=1, activation=activation)
    w, u, b = [0.5, -1.0, 2.0, 0.3], [1.5, 0.2, -0.7, 0.1], [0.1, 0.2, 0.3, 0.4]
    with torch.no_grad():
        cell.from_input.weight.copy_(torch.tensor(w).reshape(4, 1, 1, 1))
        cell.from_state.weight.copy_(torch.tensor(u).reshape(4, 1, 1, 1))
        cell.get_parameter("from_input.bias").copy_(torch.tensor(b))
    x, h, c = -0.8, 0.6, -0.4

    def phi(z: float) -> float:
        return math.tanh(z) if activation == "tanh" else z if z > 0 else math.exp(z) - 1

    i, f, g, o = (w[k] * x + u[k] * h + b[k] for k in range(4))
    expected_c = logistic(f) * c + logistic(i) * phi(g)
    expected_h = logistic(o) * phi(expected_c)
    pixel, *state = (torch.full((1, 1, 1, 1), value) for value in (x, h, c))
    with torch.no_grad():
        next_h, next_c = cell(pixel, tuple(state))
    assert next_c.item() == pytest.approx(expected_c, rel=1e-5)
    assert next_h.item() == pytest.approx(expected_h, rel=1e-5)


def random_cell() -> tuple[ConvLstm, Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return ConvLstm(3, 4, kernel=5), torch.randn(6, 3, 8, 7), torch.randn(2, 4, 8, 7), torch.randn(2, 4, 8, 7)


def test_two_convolutions_are_the_one_over_input_and_state_joined() -> None:
    cell, x, h, c = random_cell()
    kernel = torch.cat((cell.from_input.weight, cell.from_state.weight), dim=1)
    with torch.no_grad():
        gates = functional.conv2d(torch.cat((x[:2], h), dim=1), kernel, cell.from_input.bias, padding=2)
        i, f, g, o = gates.chunk(4, dim=1)
        expected_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        next_h, next_c = cell(x[:2], (h, c))
    torch.testing.assert_close(next_c, expected_c)
    torch.testing.assert_close(next_h, o.sigmoid() * expected_c.tanh())


def test_a_clip_at_once_equals_frame_by_frame() -> None:
    cell, x, h, c = random_cell()
    with torch.no_grad():
        shown, last = cell.over_time(x, 3, (h, c))
        for frame in range(3):
            h, c = cell(x.reshape(2, 3, 3, 8, 7)[:, frame], (h, c))
            torch.testing.assert_close(shown.reshape(2, 3, 4, 8, 7)[:, frame], h)
    torch.testing.assert_close(last, (h, c))


def test_neither_gates_nor_state_handed_over_are_changed() -> None:
    cell, x, h, c = random_cell()
    with torch.no_grad():
        gates = cell.input_gates(x[:2])
        before = gates.clone(), h.clone(), c.clone()
        cell.step(gates, (h, c))
        cell.step(gates, None)
    for tensor, its_copy in zip((gates, h, c), before, strict=True):
        assert torch.equal(tensor, its_copy)


def test_nothing_before_the_first_frame_is_a_state_of_zeros_without_its_convolution() -> None:
    cell, x, _, _ = random_cell()
    calls: list[int] = []
    cell.from_state.register_forward_hook(lambda *_: calls.append(1))
    with torch.no_grad():
        empty = cell(x[:2])
        assert not calls
        zeros = cell(x[:2], cell.initial_state(x[:2]))
    assert len(calls) == 1
    assert all(torch.equal(mine, its) for mine, its in zip(empty, zeros, strict=True))


def test_forget_gates_start_open_and_the_rest_at_zero() -> None:
    bias = ConvLstm(2, 3).get_parameter("from_input.bias")
    assert bias.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
