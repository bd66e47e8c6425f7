"""The engine for a network, wherever it is to run."""

from __future__ import annotations

from functools import cache

import torch

from podia.segmentation.config import NetworkSegmentationConfig
from podia.segmentation.inference.augment import augmented_engine
from podia.segmentation.inference.choice import Placement
from podia.segmentation.inference.engine import Engine
from podia.segmentation.inference.tiles import tiled_engine
from podia.segmentation.inference.views import EngineOf
from podia.segmentation.models.cost import measure_receptive_field
from podia.segmentation.models.network import Network, require_per_pixel


def build_engine(network: Network, frame_shape: tuple[int, int], placement: Placement) -> Engine:
    """Return an engine for frames of `frame_shape`, multiples of the network's stride.

    As many threads as there are means as many as torch would use (``OMP_NUM_THREADS``).
    """
    if placement.backend == "torch":
        from podia.segmentation.inference.torch_engine import TorchEngine

        return TorchEngine(network, placement.device, placement.precision, placement.threads)
    from podia.segmentation.inference.graph_engine import GraphEngine

    threads = torch.get_num_threads() if placement.threads is None else placement.threads
    if placement.backend == "openvino":
        from podia.segmentation.inference.openvino_runtime import OpenVinoRuntime

        return GraphEngine(network, frame_shape, OpenVinoRuntime(threads, placement.precision))
    from podia.segmentation.inference.onnx_runtime import OnnxRuntime

    return GraphEngine(network, frame_shape, OnnxRuntime(threads))


def engine_for(
    network: Network,
    frame_shape: tuple[int, int],
    placement: Placement,
    config: NetworkSegmentationConfig,
) -> Engine:
    """Return :func:`build_engine`'s, over tiles and augmentations as `config` wants them."""

    # Square tiles of a turned frame are the same tiles.
    @cache
    def plain(shape: tuple[int, int]) -> Engine:
        return build_engine(network, shape, placement)

    whole_or_tiled: EngineOf = plain
    if config.cuts_into_tiles(frame_shape):
        require_per_pixel(network, "cut into tiles: set network.tile_above_megapixels higher")
        halo_px = measure_receptive_field(network).halo_px
        tile_px = -(-config.tile_px // network.stride) * network.stride

        def tiled(shape: tuple[int, int]) -> Engine:
            return tiled_engine(plain, shape, tile_px=tile_px, halo_px=halo_px, stride=network.stride)

        whole_or_tiled = tiled
    return augmented_engine(whole_or_tiled, frame_shape, config.test_time_augmentation)
