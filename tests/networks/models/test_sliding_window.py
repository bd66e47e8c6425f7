"""The network slid over a frame gives what it gives for each window on its own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from podia.data.errors import ConfigurationError
from podia.networks.models.cost import measure_receptive_field
from podia.networks.models.published.sliding_window import SlidingWindow
from podia.networks.models.registry import build_network
from small_networks import build_small


def test_all_windows_at_once_are_each_window_alone() -> None:
    network = build_small("sliding-window").eval()
    assert isinstance(network, SlidingWindow)
    window = network.config.window_px
    frame = torch.randn(1, 1, 40, 48, generator=torch.Generator().manual_seed(0))
    margin = (window - 4) // 2
    padded = functional.pad(frame, (margin, margin, margin, margin))
    with torch.no_grad():
        at_once = network.dense(*network.encode(frame))
        assert at_once.shape[-2:] == (10, 12)
        for row, column in [(0, 0), (3, 5), (9, 11)]:
            crop = padded[..., 4 * row : 4 * row + window, 4 * column : 4 * column + window]
            x = functional.max_pool2d(functional.relu(network.first(crop)), 2)
            x = functional.max_pool2d(functional.relu(network.second(x)), 2)
            # As dense layers: a matrix on all that is left of the window, in a row.
            for layer in (network.dense[0], network.dense[2], network.dense[4]):
                weight = layer.get_parameter("weight").flatten(1)
                x = functional.linear(x.flatten(1), weight, layer.get_parameter("bias"))
                x = x if layer is network.dense[4] else functional.relu(x)
            torch.testing.assert_close(x[0], at_once[0, :, row, column])


def test_each_window_is_centred_on_its_four_pixels() -> None:
    """A block of 4 px sees the window around it, and by interpolation those beside it: as far to either side."""
    seen = measure_receptive_field(build_small("sliding-window"))
    assert seen is not None
    assert seen.side_px == 24 + 2 * 4
    assert seen.halo_px == (seen.side_px - 4) / 2


def test_a_window_that_is_no_multiple_of_its_steps_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="multiple of 4"):
        build_network("sliding-window", {"window_px": 98})
