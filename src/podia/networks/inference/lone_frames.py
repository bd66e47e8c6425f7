"""Predictions of single frames of a movie, at any scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.grey_range import grey_range as measure_grey_range
from podia.data.movie import Movie
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.resampling import resample_values
from podia.networks.inference.resolve import ResolvedModel
from podia.networks.inference.scale_looks import ScaleLook, look_at_scale
from podia.networks.inference.tiles import pad_to_stride

_MAX_PX = 400_000
"""Maximum number of pixels predicted per frame; in larger frames, the part with the most texture is used."""
_THREADS = 1
"""Number of threads; the last bits of a prediction depend on it. Two threads mostly wait for each other."""


class LoneFrames:
    """Predictions of single frames of `movie` by the first network of `model`; they depend only on these two.

    `grey_range` is the 0.1 and 99.1 percentile of the movie; measured where None.
    """

    def __init__(
        self, movie: Movie, model: ResolvedModel, *, grey_range: tuple[float, float] | None = None
    ) -> None:
        # torch takes seconds to import, and a run whose cells are found does not need it.
        from podia.networks.inference.torch_engine import TorchEngine
        from podia.networks.model_file import load_model

        self._movie, self._decode = movie, model.decode
        self._low, self._high = measure_grey_range(movie) if grey_range is None else grey_range
        network = load_model(model.path)[0]
        self._head, self._stride = network.config.head, network.stride
        device = model.placement.device if model.placement.backend == "torch" else "cpu"
        self._engine = TorchEngine(network, device, threads=_THREADS)

    def look(self, frames: Sequence[int], scale: float) -> ScaleLook:
        """Return the predictions of `frames` with `scale` network pixels per movie pixel."""
        predictions = [self.predict(frame, scale) for frame in frames]
        return look_at_scale(predictions, self._head, scale, self._decode)

    def predict(self, frame: int, scale: float) -> NDArray[np.float32]:
        """Return the prediction ``(K, Y, X)`` of the part of a frame with the most texture."""
        image = self._movie.frame(frame).astype(np.float32)
        edge = int(np.sqrt(_MAX_PX) / scale)
        piece = image[busiest_window(image, (edge, edge))]
        height, width = (max(self._stride, round(n * scale)) for n in piece.shape)
        plane = scale_grey(resample_values(piece, (height, width)), self._low, self._high)
        prediction, _ = self._engine.step(pad_to_stride(plane, self._stride), None)
        return prediction[:, :height, :width]


def spread_frames(movie: Movie, n_wanted: int) -> list[int]:
    """Return up to `n_wanted` frames spread evenly over the recorded frames, without the first and the last.

    The first frame if none was recorded.

    Examples
    --------
    >>> spread_frames(Movie.from_array(np.zeros((100, 8, 8), np.uint8)), 2)
    [24, 74]
    """
    pictures = [frame for frame in range(movie.n_frames) if movie.has_picture(frame)] or [0]
    places = np.linspace(0, len(pictures) - 1, 2 * n_wanted + 1)[1::2]
    return [pictures[place] for place in np.unique(places.astype(int)).tolist()]


def busiest_window(image: NDArray[np.floating], shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the window of `shape` with the most texture in an image ``(Y, X)``; all of a smaller image."""
    height, width = (min(n, m) for n, m in zip(image.shape, shape, strict=True))
    step = max(1, max(image.shape) // 256)
    coarse = np.asarray(image[::step, ::step], np.float32)
    # The square root reduces the weight of single bright particles.
    activity = np.sqrt(np.abs(ndi.gaussian_laplace(coarse, 1.0)))
    mean = ndi.uniform_filter(activity, (max(1, height // step), max(1, width // step)), mode="constant")
    y, x = np.unravel_index(int(mean.argmax()), mean.shape)
    top = int(np.clip(y * step - height // 2, 0, image.shape[0] - height))
    left = int(np.clip(x * step - width // 2, 0, image.shape[1] - width))
    return slice(top, top + height), slice(left, left + width)
