"""Cells from what a network predicts: one function for every head."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage
from podia.labels.cleaning import fill_cell_holes, grow_into, keep_cells, keep_largest_pieces
from podia.labels.discs import draw_discs
from podia.labels.foreground import EIGHT_NEIGHBOURS, close_gaps
from podia.labels.instances import InstanceConfig, find_instances
from podia.labels.watershed import flood_cells, flood_from_seeds
from podia.networks.outputs.decode_config import DecodeConfig
from podia.networks.outputs.heads import HEADS, Head
from podia.networks.outputs.spot_detection import find_spots, spot_heights

__all__ = ["DecodeConfig", "Prediction", "decode"]

Prediction = NDArray[np.float32]
"""What a network says about a frame after activation, ``(K, Y, X)``."""


def decode(prediction: Prediction, head: Head, config: DecodeConfig | None = None) -> LabelImage:
    """Return the cells of a frame, ``(Y, X)``, numbered 1, 2, ... from the top; each is one 8-connected region.

    Parameters
    ----------
    prediction
        ``(K, Y, X)``: the channels of :data:`podia.networks.outputs.heads.HEADS` after activation; more channels
        (tips) are not looked at.
    head
        What the channels are.
    config
        Thresholds, and sizes in pixels of the prediction.

    Raises
    ------
    InvalidInputError
        If there are fewer channels than the head has.

    Examples
    --------
    >>> probability = np.zeros((1, 4, 8), np.float32)
    >>> probability[0, 1:3, 1:3] = probability[0, 1:3, 5:7] = 0.9
    >>> decode(probability, "mask")[1]
    array([0, 1, 1, 0, 0, 2, 2, 0], dtype=int32)
    """
    config = config or DecodeConfig()
    n_channels = HEADS[head].n_channels
    if prediction.ndim != 3 or prediction.shape[0] < n_channels:
        raise InvalidInputError(
            f"The head '{head}' needs a prediction of {n_channels} channels (K, Y, X), not an array of shape "
            f"{prediction.shape}."
        )
    return _DECODERS[head](prediction, config)


def draw_positions(
    positions: NDArray[np.float64], frame_shape: tuple[int, int], config: DecodeConfig
) -> LabelImage:
    """Return a small disc on each of `positions` ``(N, 2)``, but for those that are too near the frame's edge.

    All that is in px is taken in pixels of `frame_shape`. Discs have no size of their own: limits are for cells.
    """
    return _keep_in_field(draw_discs(positions, frame_shape, config.spot_radius_px), config)


def _decode_probability(probability: NDArray[np.float32], config: DecodeConfig) -> LabelImage:
    """Return the post-processing of S0: threshold, closing, holes, small objects; necks are cut if asked."""
    # A pixel counts as one micrometre here.
    instances = InstanceConfig(
        closing_radius_um=config.closing_radius_px,
        max_hole_area_um2=config.max_hole_area_px,
        min_area_um2=config.min_area_px,
        split="none" if config.split_depth_px is None else "distance",
        split_smoothing_um=config.split_smoothing_px,
        split_depth_um=config.split_depth_px or 0.0,
    )
    cells = find_instances(probability > config.threshold, probability, instances)
    return _keep(cells, config)


def _decode_foreground(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    return _decode_probability(prediction[1], config)


def _decode_mask(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    return _decode_probability(prediction[0], config)


def _decode_contour(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    background, cell, contour = prediction[:3]
    if config.method == "s1":
        core = (cell > background) & (cell > contour) & (contour <= config.contour_threshold)
        labels, _ = ndi.label(core, EIGHT_NEIGHBOURS)
        grown = grow_into(labels, contour > config.contour_threshold, config.contour_reach_px)
        return _clean(grown, config)
    foreground = close_gaps(background < 1.0 - config.threshold, config.closing_radius_px)
    core = _smooth(cell - contour, config) > config.seed_threshold
    return _clean(flood_cells(foreground, core, -contour, min_seed_area_px=config.min_seed_area_px), config)


def _decode_distance(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    """Return cells flooded from where they are deep and no other is near (after Scherr et al. 2020)."""
    cell, depth, neighbour = prediction[:3]
    foreground = close_gaps(cell > config.threshold, config.closing_radius_px)
    height = _smooth(depth - neighbour, config)
    core = height > config.seed_threshold
    cells = flood_cells(
        foreground,
        core,
        height,
        min_seed_area_px=config.min_seed_area_px,
        min_pass_depth=config.min_pass_depth,
    )
    return _clean(cells, config)


def _decode_spots(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    return draw_positions(find_spots(prediction, config)[:, :2], prediction.shape[1:], config)


def _decode_cells_and_spots(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    """Return cells flooded from spots over the foreground; a patch of it without a spot is one cell.

    A spot on background stands for a cell that the foreground misses, and becomes a disc of any size.
    """
    foreground = close_gaps(prediction[0] > config.threshold, config.closing_radius_px)
    spots = find_spots(prediction, config, head="cells_and_spots")
    seeds = draw_discs(spots[:, :2], foreground.shape, config.spot_radius_px)
    heights = spot_heights(prediction, "cells_and_spots")
    cells = flood_from_seeds(foreground | (seeds > 0), seeds, heights)
    without_spot, _ = ndi.label(foreground & (cells == 0), EIGHT_NEIGHBOURS)
    labels = np.where(without_spot > 0, without_spot + cells.max(), cells).astype(np.int32)
    labels = fill_cell_holes(labels, config.max_hole_area_px)
    missed = (labels > 0) & np.isin(labels, labels[foreground], invert=True)
    seen = _keep(np.where(missed, 0, labels), config)
    return _keep_in_field(np.where(missed, labels + seen.max(), seen), config)


def _decode_instances(prediction: Prediction, config: DecodeConfig) -> LabelImage:
    """Return the cells as they were found; what a better one cuts off them is left out."""
    instance, score = prediction[:2]
    labels = np.where(score > config.threshold, np.rint(instance), 0).astype(np.int32)
    return _clean(keep_largest_pieces(labels), config)


def _smooth(values: NDArray[np.float32], config: DecodeConfig) -> NDArray[np.float32]:
    if config.seed_smoothing_px == 0:
        return values
    return np.asarray(ndi.gaussian_filter(values, config.seed_smoothing_px, mode="nearest"))


def _clean(labels: LabelImage, config: DecodeConfig) -> LabelImage:
    return _keep(fill_cell_holes(labels, config.max_hole_area_px), config)


def _keep(labels: LabelImage, config: DecodeConfig) -> LabelImage:
    return keep_cells(
        labels,
        min_area_px=config.min_area_px,
        max_area_px=config.max_area_px,
        exclude_border=config.exclude_border,
        field_margin_px=config.field_margin_px,
    )


def _keep_in_field(labels: LabelImage, config: DecodeConfig) -> LabelImage:
    return keep_cells(labels, exclude_border=config.exclude_border, field_margin_px=config.field_margin_px)


_DECODERS: dict[Head, Callable[[Prediction, DecodeConfig], LabelImage]] = {
    "foreground": _decode_foreground,
    "contour": _decode_contour,
    "distance": _decode_distance,
    "mask": _decode_mask,
    "spots": _decode_spots,
    "cells_and_spots": _decode_cells_and_spots,
    "presence": _decode_spots,
    "instances": _decode_instances,
}
