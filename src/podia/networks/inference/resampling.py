"""Resampling of frames to the pixel size of a model, and of its results back to the movie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.transform import resize

from podia.data.movie import Image, LabelImage
from podia.labels.cleaning import keep_largest_pieces
from podia.networks.inference.config import InferenceConfig

Shape = tuple[int, int]
_STAIRS_PX = 0.6
"""Standard deviation of the smoothing that removes pixel steps from outlines before enlarging, px; more would erase
arms that are one pixel wide.
"""
_REACH_PX = 2
"""Reach of the smoothing, px."""


def shape_for_model(
    frame_shape: Shape,
    pixel_size_um: float | None,
    model_pixel_size_um: float | None,
    config: InferenceConfig,
) -> Shape:
    """Return the size ``(Y, X)`` to resample frames to; `frame_shape` if pixel sizes are similar or unknown."""
    if not config.resample or pixel_size_um is None or model_pixel_size_um is None:
        return frame_shape
    scale = pixel_size_um / model_pixel_size_um
    if 1 - config.resample_beyond <= scale <= 1 + config.resample_beyond:
        return frame_shape
    height, width = (max(1, round(size * scale)) for size in frame_shape)
    return height, width


def shape_at_cell_diameter(
    frame_shape: Shape, diameter_px: float, model_diameter_px: float, config: InferenceConfig
) -> Shape:
    """Return the size ``(Y, X)`` at which cells have the model's diameter; `frame_shape` if it is close."""
    return shape_for_model(frame_shape, model_diameter_px, diameter_px, config)


def resample_values(image: Image, shape: Shape) -> NDArray[np.float32]:
    """Resample grey values or probabilities ``(Y, X)`` to another size, with linear interpolation.

    If pixels become larger, the image is smoothed first by scikit-image's rule, as in training.
    """
    if image.shape == shape:
        return image.astype(np.float32, copy=False)
    smaller = shape[0] < image.shape[0] or shape[1] < image.shape[1]
    resized: NDArray[np.float32] = resize(
        image.astype(np.float32), shape, order=1, mode="reflect", anti_aliasing=smaller, preserve_range=True
    )
    return resized.astype(np.float32, copy=False)


def resample_labels(labels: LabelImage, shape: Shape) -> LabelImage:
    """Resample labels ``(Y, X)`` to another size with smooth outlines.

    Each mask is resampled linearly, like grey values; if pixels become smaller, it is first smoothed by a little more
    than half a pixel. A pixel gets the label that covers most of it, if labels cover half of it or more.
    Nearest-neighbour resampling would give staircase outlines and noisy shape measures. If a label breaks into pieces,
    the largest is kept; the number of a label that vanishes is not reused.
    """
    if labels.shape == shape:
        return labels
    rows, columns = (_Axis(n_in, n_out) for n_in, n_out in zip(labels.shape, shape, strict=True))
    resampled = np.zeros(shape, dtype=np.int32)
    covered, most = (np.zeros(shape, dtype=np.float32) for _ in range(2))
    for label, box in enumerate(ndi.find_objects(labels), start=1):
        if box is None:
            continue
        down, across = rows.spread(box[0]), columns.spread(box[1])
        region = rows.reached_from(down), columns.reached_from(across)
        mask = (labels[rows.read_for(down), columns.read_for(across)] == label).astype(np.float32)
        share = rows.interpolate(columns.interpolate(mask, across, axis=1), down, axis=0)
        covered[region] += share
        leads = share > most[region]
        resampled[region][leads] = label
        most[region][leads] = share[leads]
    # Shares are products of fractions, so a half may be smaller than 0.5 by a rounding error.
    resampled[covered < 0.5 - 1e-5] = 0
    return keep_largest_pieces(resampled)


def resample_positions(
    positions: NDArray[np.float64], from_shape: Sequence[int], to_shape: Sequence[int]
) -> NDArray[np.float64]:
    """Convert positions ``(N, 2)`` in px of a frame ``(Y, X)`` to px of the same frame at another size."""
    # Pixel centres have integer coordinates, so the edge lies half a pixel before the first.
    moved: NDArray[np.float64] = (positions + 0.5) * np.divide(to_shape, from_shape) - 0.5
    return moved


class _Axis:
    """Linear interpolation along one axis from `n_in` to `n_out` pixels of the same extent; ends are extended."""

    def __init__(self, n_in: int, n_out: int) -> None:
        centres = np.clip((np.arange(n_out) + 0.5) * n_in / n_out - 0.5, 0, n_in - 1)
        self._n_in = n_in
        self._lower = np.floor(centres).astype(np.intp)
        self._upper = np.minimum(self._lower + 1, n_in - 1)
        self._weight = (centres - self._lower).astype(np.float32)
        self._smoothing_px = _STAIRS_PX if n_out > n_in else 0.0

    def spread(self, box: slice) -> slice:
        """Return `box` grown by the reach of the smoothing."""
        reach = _REACH_PX if self._smoothing_px else 0
        return slice(max(box.start - reach, 0), min(box.stop + reach, self._n_in))

    def reached_from(self, box: slice) -> slice:
        """Return the output pixels that depend on the input pixels of `box`."""
        return slice(
            int(np.searchsorted(self._upper, box.start)), int(np.searchsorted(self._lower, box.stop))
        )

    def read_for(self, box: slice) -> slice:
        """Return the input pixels on which the output pixels of `box` depend."""
        return slice(max(box.start - 1, 0), min(box.stop + 1, self._n_in))

    def interpolate(self, values: NDArray[np.float32], box: slice, axis: int) -> NDArray[np.float32]:
        """Interpolate `values` from the pixels of :meth:`read_for` to those of :meth:`reached_from`."""
        where, start = self.reached_from(box), self.read_for(box).start
        if self._smoothing_px:
            values = ndi.gaussian_filter1d(
                values, self._smoothing_px, axis=axis, mode="nearest", radius=_REACH_PX
            )
        lower, upper = (values.take(index[where] - start, axis) for index in (self._lower, self._upper))
        weight = np.expand_dims(self._weight[where], 1 - axis)
        blended: NDArray[np.float32] = lower + weight * (upper - lower)
        return blended
