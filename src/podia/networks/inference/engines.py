"""Choice of the engine: backend, tiles and test-time augmentation."""

from __future__ import annotations

from functools import cache

import torch

from podia.data.errors import ConfigurationError
from podia.networks.inference.augment import augmented_engine
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engine import Engine
from podia.networks.inference.resolve import Placement
from podia.networks.inference.tiles import tiled_engine
from podia.networks.inference.views import EngineOf
from podia.networks.models.cost import measure_receptive_field
from podia.networks.models.network import Network, require_per_pixel


def build_engine(network: Network, frame_shape: tuple[int, int], placement: Placement) -> Engine:
    """Return an engine for frames of `frame_shape`, multiples of the network's stride.

    "All threads" is the number that torch would use (``OMP_NUM_THREADS``).
    """
    if placement.backend == "torch":
        from podia.networks.inference.torch_engine import TorchEngine

        return TorchEngine(network, placement.device, placement.precision, placement.threads)
    from podia.networks.inference.graph_engine import GraphEngine

    threads = torch.get_num_threads() if placement.threads is None else placement.threads
    if placement.backend == "openvino":
        from podia.networks.inference.openvino_runtime import OpenVinoRuntime

        return GraphEngine(network, frame_shape, OpenVinoRuntime(threads, placement.precision))
    from podia.networks.inference.onnx_runtime import OnnxRuntime

    return GraphEngine(network, frame_shape, OnnxRuntime(threads))


def _halo_px(network: Network) -> int:
    """Return the halo of tiles in px.

    Raises
    ------
    ConfigurationError
        If the network has a global receptive field, so that tiles would change the result.
    """
    seen = measure_receptive_field(network)
    if seen is None:
        raise ConfigurationError(
            f"{type(network).__name__} has a global receptive field (group norm or attention over the "
            "whole frame): it cannot be cut into tiles. Increase network.tile_above_megapixels, so that "
            "frames are not cut."
        )
    return seen.halo_px


def engine_for(
    network: Network,
    frame_shape: tuple[int, int],
    placement: Placement,
    config: InferenceConfig,
) -> Engine:
    """Return an engine as :func:`build_engine` does, with the tiles and augmentations that `config` sets."""

    # Square tiles stay the same when the frame is rotated.
    @cache
    def plain(shape: tuple[int, int]) -> Engine:
        return build_engine(network, shape, placement)

    whole_or_tiled: EngineOf = plain
    if config.cuts_into_tiles(frame_shape):
        require_per_pixel(network, "cut into tiles: increase network.tile_above_megapixels")
        halo_px = _halo_px(network)
        tile_px = -(-config.tile_px // network.stride) * network.stride

        def tiled(shape: tuple[int, int]) -> Engine:
            return tiled_engine(plain, shape, tile_px=tile_px, halo_px=halo_px, stride=network.stride)

        whole_or_tiled = tiled
    return augmented_engine(whole_or_tiled, frame_shape, config.test_time_augmentation)
