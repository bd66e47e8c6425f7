"""Movies from which clips are sampled, with a cache of decoded frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.errors import ConfigurationError, InvalidInputError, nearest_name_hint
from podia.data.movie import Image
from podia.networks.outputs.base import AnnotationType
from podia.training.clips.config import ClipConfig
from podia.training.clips.frame_cache import FrameCache
from podia.training.clips.transform import scaled_shape
from podia.training.data.annotated import AnnotatedMovie, UsableMovie
from podia.training.tip_targets import TipTargets

_MIN_SMOOTHING_PX = 0.2
"""Below this sigma, a Gaussian has no relevant effect."""


@dataclass(frozen=True)
class AnnotatedFrame:
    """An annotated frame, and the run of frames around it that a clip may use."""

    movie: int
    frame: int
    run: range


class TrainingMovies:
    """Parts of movies for sampling of clips. Every movie is read once to find its grey range.

    First a data set is drawn, with ``config.dataset_weights`` or the square root of its number of annotated frames, so
    that large data sets do not dominate; then one of its annotated frames, with equal probability. `tips` draws
    protrusion tips, for networks with a tip output.

    Raises
    ------
    InvalidInputError
        If there are no annotated frames.
    ConfigurationError
        If patches are larger than a movie's frames, or weights name an unknown data set.
    """

    def __init__(
        self, parts: Sequence[UsableMovie], config: ClipConfig, *, tips: TipTargets | None = None
    ) -> None:
        check_clip_config(parts, config)
        self.movies = tuple(part.annotated for part in parts)
        self.scales = tuple(scale_of(movie, config) for movie in self.movies)
        self.grey_ranges = tuple(movie.grey_range for movie in self.movies)
        self._labelled = tuple(frozenset(part.annotated_frames) for part in parts)
        self._cache = FrameCache(config.cache_mib)
        self._tips = tips
        self._frames = _annotated_frames(parts)
        self._probabilities = _probabilities(self._frames, self.movies, config)

    def draw(self, rng: np.random.Generator) -> AnnotatedFrame:
        """Return a random annotated frame."""
        index = int(np.searchsorted(self._probabilities, rng.random(), side="right"))
        return self._frames[min(index, len(self._frames) - 1)]

    def image(self, movie: int, frame: int) -> Image:
        """Return a frame's grey values ``(Y, X)``, smoothed if the network's pixels are larger than the movie's."""
        return self._cache.get(("image", movie, frame), lambda: self._read_image(movie, frame))

    def labels(self, movie: int, frame: int) -> NDArray[np.integer] | None:
        """Return a frame's labels ``(Y, X)`` in the smallest integer type, or None if it has none."""
        if frame not in self._labelled[movie]:
            return None
        return self._cache.get(("labels", movie, frame), lambda: self._read_labels(movie, frame))

    def label_kind(self, movie: int) -> AnnotationType:
        """Return the content of a movie's labels, and the pixel size of the network."""
        annotated, own = self.movies[movie], self.movies[movie].calibration.pixel_size_um
        return AnnotationType(
            annotated.instances,
            annotated.marks == "masks",
            None if own is None else own / self.scales[movie],
        )

    @property
    def gives_tips(self) -> bool:
        """Whether protrusion tips are trained."""
        return self._tips is not None

    def tips(self, movie: int, frame: int) -> NDArray[np.integer] | None:
        """Return a labelled frame's tips ``(Y, X)``: 1 on a disc, 0 elsewhere, -1 unknown; None if not requested."""
        targets, labels = self._tips, self.labels(movie, frame)
        if targets is None or labels is None:
            return None
        scale = self.scales[movie]
        return self._cache.get(
            ("tips", movie, frame),
            lambda: targets.draw(self.movies[movie], movie, frame, labels, scale=scale),
        )

    def _read_image(self, movie: int, frame: int) -> Image:
        image = self.movies[movie].movie.frame(frame)
        # As in scikit-image's resize: without it, fine texture would be aliased in larger pixels.
        sigma = (1 / self.scales[movie] - 1) / 2
        if sigma < _MIN_SMOOTHING_PX:
            return image
        smoothed: Image = ndimage.gaussian_filter(image, sigma, output=np.float32, mode="mirror")
        return smoothed

    def _read_labels(self, movie: int, frame: int) -> NDArray[np.integer]:
        labels = self.movies[movie].read_labels(frame)
        return labels.astype(np.int16) if labels.max() <= np.iinfo(np.int16).max else labels


def scale_of(movie: AnnotatedMovie, config: ClipConfig) -> float:
    """Return the number of network pixels per movie pixel; 1 if either pixel size is unknown."""
    own = movie.calibration.pixel_size_um
    if own is None or config.target_pixel_size_um is None:
        return 1.0
    return own / config.target_pixel_size_um


def check_clip_config(parts: Sequence[UsableMovie], config: ClipConfig) -> None:
    """Reject settings that do not fit the movies, before any frame is read.

    Raises
    ------
    InvalidInputError
        If no part has an annotated frame.
    ConfigurationError
        If patches are larger than a movie's frames, or weights name an unknown data set.
    """
    if not any(part.annotated_frames for part in parts):
        raise InvalidInputError("No training movie has an annotated frame.")
    for movie in (part.annotated for part in parts):
        shape = scaled_shape(movie.movie.frame_shape, scale_of(movie, config))
        if min(shape) < config.patch_px:
            own = " x ".join(map(str, movie.movie.frame_shape))
            brought = " x ".join(map(str, shape))
            at = "" if own == brought else f", {brought} at {config.target_pixel_size_um} um per pixel"
            raise ConfigurationError(
                f"Patches of {config.patch_px} x {config.patch_px} px are larger than the frames of '{movie.name}' "
                f"({own} px{at}). Set patch_px to {min(shape)} or less."
            )
    known = sorted({part.annotated.dataset for part in parts})
    for name, weight in config.dataset_weights.items():
        if name not in known:
            raise ConfigurationError(
                f"dataset_weights contains '{name}', which is not one of the data "
                f"sets.{nearest_name_hint(name, known)} There are: {', '.join(known)}."
            )
        if weight < 0:
            raise ConfigurationError(f"dataset_weights gives '{name}' {weight}; weights are 0 or more.")
    if all(config.dataset_weights.get(name, 1.0) == 0 for name in known):
        raise ConfigurationError("All dataset_weights are 0; at least one must be positive.")


def _annotated_frames(parts: Sequence[UsableMovie]) -> list[AnnotatedFrame]:
    return [
        AnnotatedFrame(index, frame, part.run_of(frame))
        for index, part in enumerate(parts)
        for frame in part.annotated_frames
    ]


def _probabilities(
    frames: Sequence[AnnotatedFrame], movies: Sequence[AnnotatedMovie], config: ClipConfig
) -> NDArray[np.float64]:
    """Return the cumulative probability of each frame."""
    names = [movies[frame.movie].dataset for frame in frames]
    counts = {name: names.count(name) for name in set(names)}
    weights = {name: config.dataset_weights.get(name, sqrt(count)) for name, count in counts.items()}
    shares = np.array([weights[name] / counts[name] for name in names])
    cumulative: NDArray[np.float64] = np.cumsum(shares / shares.sum())
    return cumulative
