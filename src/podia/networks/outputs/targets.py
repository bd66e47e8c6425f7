"""Training targets of output heads, drawn from labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.labels.discs import near_points
from podia.labels.foreground import Mask
from podia.networks.outputs.base import AnnotationType, Output, PartialTargetConfig, TargetConfig
from podia.networks.outputs.pixel_weights import PixelWeights, pixel_weight_map
from podia.networks.outputs.spots import centroids

Target = NDArray[np.float32]
"""Target of a head, ``(C, Y, X)``; -1 where unlabelled."""


def make_target(
    labels: LabelImage,
    head: Output[Any, Any],
    config: TargetConfig | None = None,
    *,
    weights: PixelWeights | None = None,
    kind: AnnotationType | None = None,
) -> Target:
    """Return the target of `head` for `labels` ``(Y, X)``: 0 background, positive cells, -1 unlabelled.

    Parameters
    ----------
    labels
        Cells of one frame or crop. Cells continue beyond the edge of the image: the edge is not an outline. The edge of
        an unlabelled region is an outline, as if only some cells were drawn.
    head
        Output head, which draws the channels; classes are numbers in one channel.
    config
        Target settings of the head.
    weights
        If given, the pixel weights (0 where unlabelled) are added as the last channel, for losses that need them.
    kind
        Content of the labels. Default: instances with outlines. If labels only separate cells from background, what
        depends on instances is unlabelled; if they are positions, what depends on outlines is unlabelled.

    Returns
    -------
    Target
        ``(C, Y, X)``; -1 where unlabelled.

    Examples
    --------
    >>> from podia.networks.outputs.contour import Contour
    >>> cells = np.zeros((5, 6), np.int32)
    >>> cells[1:4, 1:4] = 7
    >>> make_target(cells, Contour())[0, 2]
    array([0., 2., 1., 2., 0., 0.], dtype=float32)
    """
    config, kind = config or head.default_target(), kind or AnnotationType()
    channels = head.draw_target(labels, config, kind)
    unlabelled = labels < 0
    if isinstance(config, PartialTargetConfig) and config.ignore_beyond_px is not None:
        as_points = head.positions_only or not kind.outlines
        near = _near_annotated(labels, config.ignore_beyond_px, kind, as_points=as_points)
        unlabelled = unlabelled | ignore_mask(near, config.background_spacing_px)
    for channel in channels:
        channel[unlabelled] = -1.0
    if not kind.instances:
        head.ignore_instances(channels, labels, config, kind)
    if not kind.outlines:
        head.ignore_outlines(channels)
    if weights is not None:
        channels.append(pixel_weight_map(labels, weights))
    return np.stack(channels)


def ignore_mask(near: Mask, spacing_px: int | None) -> Mask:
    """Return the pixels ``(Y, X)`` to ignore: those neither `near` annotated cells nor on a sparse grid.

    An annotator who draws a cell has also looked at its surroundings, and would have annotated other cells there.
    Regions farther away may not have been inspected. The grid has one pixel per block of `spacing_px`, or no grid if
    that is None. Patches are cut at random positions, so that in the course of training every pixel is sometimes used
    as background.
    """
    ignored = ~near
    if spacing_px is not None:
        ignored[spacing_px // 2 :: spacing_px, spacing_px // 2 :: spacing_px] = False
    return ignored


def _near_annotated(labels: LabelImage, radius_px: float, kind: AnnotationType, *, as_points: bool) -> Mask:
    """Return which pixels are within `radius_px` of a cell, or of its centre."""
    if as_points:
        return near_points(centroids(labels, kind), labels.shape, radius_px)
    cells = labels > 0
    return np.asarray(ndi.distance_transform_edt(~cells) <= radius_px) if cells.any() else cells
