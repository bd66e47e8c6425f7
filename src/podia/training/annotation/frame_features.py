"""Description of a frame by grey values and network features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.finite import require_finite
from podia.data.grey_range import grey_range
from podia.data.movie import Image, Movie
from podia.data.progress import Progress, silent
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.allocation import keep_freed_memory
from podia.networks.inference.cell_size import shape_for_movie
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resampling import resample_values
from podia.networks.inference.resolve import choose_model
from podia.networks.inference.tiles import pad_to_stride
from podia.networks.model_file import load_model
from podia.networks.models.activation import activate

_PERCENTILES = (1, 10, 50, 90, 99)
_OVERVIEW_PX = 256
"""Maximum edge length at which brightness is described."""
_PARTS = 4
"""Parts per side for the distribution of brightness: uneven light, empty halves."""
_MAX_MEGAPIXELS = 4.0
"""Larger frames are downsampled."""
_SEEN_WITH = InferenceConfig(backend="torch", device="cpu")


@dataclass(frozen=True)
class FrameFeatures:
    """Features of a frame.

    Parameters
    ----------
    grey
        Brightness, its spread in and over the frame, and texture, ``(G,)``.
    features
        Means over the frame of the network's deepest features, ``(K,)``; None without a network.
    entropy
        Mean entropy of the cell probability, in bits per pixel: 1 if the network is uncertain, 0 if it is certain. NaN
        without a network.
    flicker
        Mean absolute difference of the probability to the next frame (for the last frame, the previous one), each
        processed alone. NaN without a network, and for single images.
    """

    grey: NDArray[np.float64]
    features: NDArray[np.float64] | None = None
    entropy: float = float("nan")
    flicker: float = float("nan")


@dataclass(frozen=True)
class _NetworkOutput:
    """Network output for a frame: probability ``(Y, X)`` at the scale of the network, and mean features."""

    probability: NDArray[np.float32]
    features: NDArray[np.float64]


class Viewer:
    """Describes frames, with or without a network; each frame is processed alone, without recurrent state.

    Parameters
    ----------
    model
        An included model or a model file; None for none.

    Raises
    ------
    InvalidInputError
        If there is no such model.
    """

    def __init__(self, model: str | None) -> None:
        self._eye = None if model is None else _SingleFrameNetwork(model)

    def look(self, movie: Movie, frames: Sequence[int], progress: Progress = silent) -> list[FrameFeatures]:
        """Return the features of `frames` (ascending) of `movie`, reading the whole movie once for its grey range.

        Raises
        ------
        InvalidInputError
            If a frame holds NaN or infinite values.
        """
        scaled = _Scaled(movie, *grey_range(movie))
        if self._eye is not None:
            self._eye.turn_to(movie, (scaled.low, scaled.high))
        seen: dict[int, _NetworkOutput] = {}
        looks = []
        for number, frame in enumerate(frames, start=1):
            seen = {kept: seen[kept] for kept in seen if kept >= frame - 1}
            looks.append(self._look(scaled, frame, seen))
            progress("look", number, len(frames))
        return looks

    def _look(self, scaled: _Scaled, frame: int, seen: dict[int, _NetworkOutput]) -> FrameFeatures:
        grey = describe_grey(scaled.read(frame))
        if self._eye is None:
            return FrameFeatures(grey)
        last = scaled.movie.n_frames - 1
        other = frame + 1 if frame < last else frame - 1
        for index in {frame, max(other, 0)}:
            if index not in seen:
                seen[index] = self._eye.see(scaled.read(index))
        own = seen[frame]
        flicker = float("nan") if last == 0 else _difference(own, seen[other])
        return FrameFeatures(grey, own.features, entropy_of(own.probability), flicker)


class _SingleFrameNetwork:
    """A network that processes one frame at a time."""

    def __init__(self, model: str) -> None:
        keep_freed_memory()
        self._model = choose_model(_SEEN_WITH.model_copy(update={"model": model}))
        self._shape: tuple[int, int] | None = None
        network, _ = load_model(self._model.path)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it

    def turn_to(self, movie: Movie, grey_range: tuple[float, float]) -> None:
        """Look at frames of `movie` from now on, at the scale that fits the model."""
        self._shape = shape_for_movie(movie, self._model, _SEEN_WITH, grey_range=grey_range)

    def see(self, image: NDArray[np.float32]) -> _NetworkOutput:
        """Return the network output for scaled grey values ``(Y, X)``."""
        shape = self._shape or image.shape
        beyond = np.sqrt(max(1.0, shape[0] * shape[1] / (1e6 * _MAX_MEGAPIXELS)))
        height, width = (max(1, round(side / beyond)) for side in shape)
        plane = pad_to_stride(resample_values(image, (height, width)), self._network.stride)
        with torch.inference_mode():
            features = self._network.encode(torch.from_numpy(plane)[None, None])
            joined, _ = self._network.recur(features, None)
            prediction = activate(self._network.decode(joined), self._network.config.head)[0]
        smallest = min(part.shape[-1] for part in features)
        pooled = [part[0].mean(dim=(-2, -1)) for part in features if part.shape[-1] == smallest]
        probability = self._network.config.head.foreground(prediction.float().numpy())
        return _NetworkOutput(probability[:height, :width], torch.cat(pooled).double().numpy())


@dataclass(frozen=True)
class _Scaled:
    """Frames with grey values scaled for networks."""

    movie: Movie
    low: float
    high: float

    def read(self, frame: int) -> NDArray[np.float32]:
        """Return frame `frame`, ``(Y, X)``."""
        image = self.movie.frame(frame)
        require_finite(image, f"Frame {frame} of '{self.movie.name}'")
        return scale_grey(image, self.low, self.high)


def describe_grey(image: Image) -> NDArray[np.float64]:
    """Return brightness and texture features of a frame ``(Y, X)``, which are invariant to flips."""
    smaller = max(1.0, max(image.shape) / _OVERVIEW_PX)
    height, width = (max(1, round(side / smaller)) for side in image.shape)
    overview = resample_values(image, (height, width)).astype(np.float64)
    parts = [
        part.mean()
        for rows in np.array_split(overview, _PARTS)
        for part in np.array_split(rows, _PARTS, axis=1)
        if part.size
    ]
    texture = [np.abs(image - ndimage.gaussian_filter(image, sigma)) for sigma in (1.0, 4.0)]
    return np.array(
        [
            *np.percentile(overview, _PERCENTILES),
            overview.std(),
            np.std(parts),
            *(fine.mean(dtype=np.float64) for fine in texture),
            *(fine.std(dtype=np.float64) for fine in texture),
        ]
    )


def entropy_of(probability: NDArray[np.float32]) -> float:
    """Return the mean entropy of probabilities ``(Y, X)``, in bits per pixel, 0 to 1.

    >>> entropy_of(np.array([[0.5, 1.0]], np.float32))
    0.5
    """
    p = np.clip(probability.astype(np.float64), 1e-12, 1 - 1e-12)
    return round(float(np.mean(-p * np.log2(p) - (1 - p) * np.log2(1 - p))), 9)


def _difference(one: _NetworkOutput, other: _NetworkOutput) -> float:
    return float(np.abs(one.probability - other.probability).mean(dtype=np.float64))
