"""Training clips: a few frames of a patch of a movie with their labels, sampled and augmented at random.

The result depends only on the seed, the step and the item, so that it does not change if training is resumed or the
number of workers changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from podia.networks.grey_scaling import scale_grey
from podia.networks.outputs.base import AnnotationType
from podia.training.clips.augmentation import change_grey_values
from podia.training.clips.config import ClipConfig
from podia.training.clips.pasted_cells import paste_cells
from podia.training.clips.resampling import Resampler, reflect
from podia.training.clips.training_movies import AnnotatedFrame, TrainingMovies
from podia.training.clips.transform import FrameTransform, draw_transform
from podia.training.data.annotated import UNLABELLED

_COARSE_PX = 256
"""Maximum edge of the label map from which the centre of a patch is drawn: with 512, a clip takes twice as long."""


@dataclass(frozen=True)
class Clip:
    """Frames of a patch with their labels.

    Parameters
    ----------
    frames
        ``(T, Y, X)`` float32; before augmentation, the movie's percentiles 0.1 and 99.1 are -1 and 1.
    labels
        ``(T, Y, X)`` int32: 0 background, cells, -1 unlabelled (all of a frame without annotation).
    movie
        Index of the movie.
    first
        Whether a recurrent network starts with an empty state; False for later windows of a sequence.
    kind
        Content of the labels, and the pixel size of the network.
    tips
        ``(T, Y, X)`` int8, 1 on a disc around each protrusion tip, 0 elsewhere, -1 unknown; None if not requested.
    """

    frames: NDArray[np.float32]
    labels: NDArray[np.int32]
    movie: int
    first: bool = True
    kind: AnnotationType = field(default_factory=AnnotationType)
    tips: NDArray[np.int8] | None = None


@dataclass(frozen=True)
class ClipSampler:
    """Sampler of independent clips."""

    movies: TrainingMovies
    config: ClipConfig
    seed: int = 0

    def __call__(self, step: int, item: int) -> Clip:
        """Return clip `item` of the batch of training step `step`."""
        return sample_clip(self.movies, self.config, self.seed, step, item)


@dataclass(frozen=True)
class SequenceSampler:
    """Sampler of clips that continue those of the previous step, for truncated backpropagation through time.

    Arbelle & Riklin Raviv 2019.
    """

    movies: TrainingMovies
    config: ClipConfig
    windows_per_sequence: int
    seed: int = 0

    def __call__(self, step: int, item: int) -> Clip:
        """Return window `item` of the batch of training step `step`."""
        return sample_sequence(
            self.movies, self.config, self.seed, step, item, windows_per_sequence=self.windows_per_sequence
        )


def sample_clip(movies: TrainingMovies, config: ClipConfig, seed: int, step: int, item: int) -> Clip:
    """Sample a clip of ``config.length`` frames; at least one has labels, the last one with ``annotate="last"``."""
    rng = np.random.default_rng([seed, step, item])
    cut = _draw_cut(rng, movies, config, config.length)
    return cut.render(rng, movies, config, slice(None))


def sample_sequence(
    movies: TrainingMovies,
    config: ClipConfig,
    seed: int,
    step: int,
    item: int,
    *,
    windows_per_sequence: int,
) -> Clip:
    """Sample a window of ``config.length`` frames from a sequence that continues from step to step.

    Sequence ``step // windows_per_sequence``, window ``step % windows_per_sequence``: all windows of a sequence are of
    the same movie, patch and transform; grey values that change do so from window to window. If the movie is shorter
    than the sequence, time is reversed at its ends. With sparse annotation a window may hold no labels.
    """
    sequence, window = divmod(step, windows_per_sequence)
    cut = _draw_cut(
        np.random.default_rng([seed, sequence, item]), movies, config, config.length * windows_per_sequence
    )
    part = slice(window * config.length, (window + 1) * config.length)
    # A fourth number distinguishes a step from a sequence.
    return cut.render(np.random.default_rng([seed, step, item, 1]), movies, config, part, first=window == 0)


@dataclass(frozen=True)
class _Cut:
    """Plan of a clip: its frames, their transforms, and the upper left corner of the patch in each."""

    movie: int
    frames: NDArray[np.int64]
    transform: FrameTransform
    corners: NDArray[np.float64]

    def render(
        self,
        rng: np.random.Generator,
        movies: TrainingMovies,
        config: ClipConfig,
        part: slice,
        *,
        first: bool = True,
    ) -> Clip:
        indices, corners = self.frames[part], self.corners[part]
        images = np.empty((len(indices), config.patch_px, config.patch_px), dtype=np.float32)
        labels = np.full(images.shape, UNLABELLED, dtype=np.int32)
        tips = np.full(images.shape, UNLABELLED, dtype=np.int8)
        low, high = movies.grey_ranges[self.movie]
        for i, frame in enumerate(indices.tolist()):
            if i and frame == indices[i - 1] and np.array_equal(corners[i], corners[i - 1]):
                images[i], labels[i], tips[i] = images[i - 1], labels[i - 1], tips[i - 1]
                continue
            if i == 0 or not np.array_equal(corners[i], corners[i - 1]):
                patch = self._patch(corners[i], config.patch_px, movies)
            images[i] = scale_grey(patch.linear(movies.image(self.movie, frame)), low, high)
            known = movies.labels(self.movie, frame)
            if known is not None:
                labels[i] = patch.nearest(known)
                labels[i][self._beyond(corners[i], config.patch_px)] = UNLABELLED
            drawn = movies.tips(self.movie, frame)
            if drawn is not None:
                tips[i] = patch.nearest(drawn, tell_mirror_images_apart=False)
                tips[i][self._beyond(corners[i], config.patch_px)] = UNLABELLED
        kind = movies.label_kind(self.movie)
        chance = config.augmentation.paste_probability
        if chance and kind.instances and kind.outlines and rng.random() < chance:
            paste_cells(images, labels, tips, rng, config.augmentation)
        images = change_grey_values(images, rng, config.augmentation)
        return Clip(images, labels, self.movie, first, kind, tips if movies.gives_tips else None)

    def _patch(self, corner: NDArray[np.float64], size: int, movies: TrainingMovies) -> Resampler:
        rows, columns = (first + np.arange(size, dtype=np.float64) for first in corner)
        shape = movies.movies[self.movie].movie.frame_shape
        return Resampler(self.transform.coordinates(rows, columns), shape)

    def _beyond(self, corner: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
        """Return which pixels of a patch lie outside the transformed frame, if that is smaller."""
        outside = []
        for first, n in zip(corner, self.transform.frame_shape, strict=True):
            position = first + np.arange(size)
            outside.append((position < -0.5) | (position > n - 0.5))
        rows, columns = outside
        return np.asarray(rows[:, None] | columns[None, :])


def _draw_cut(rng: np.random.Generator, movies: TrainingMovies, config: ClipConfig, n_frames: int) -> _Cut:
    anchor = movies.draw(rng)
    shape = movies.movies[anchor.movie].movie.frame_shape
    frames = _draw_times(rng, anchor, config, n_frames)
    transform = draw_transform(rng, shape, config.augmentation, scale=movies.scales[anchor.movie])
    corner = _draw_corner(rng, movies, anchor, transform, config)
    corners = np.tile(corner, (n_frames, 1))
    if len(anchor.run) == 1 and config.augmentation.still_drift_px:
        steps = rng.normal(0, config.augmentation.still_drift_px, size=(n_frames - 1, 2))
        corners[1:] += np.cumsum(steps, axis=0)
    return _Cut(anchor.movie, frames, transform, corners)


def _draw_times(
    rng: np.random.Generator, anchor: AnnotatedFrame, config: ClipConfig, n_frames: int
) -> NDArray[np.int64]:
    """Return the frames of a clip; if the run of frames is too short, time is reversed at its ends."""
    run = anchor.run
    longest = (len(run) - 1) // max(n_frames - 1, 1)
    stride = int(rng.integers(1, max(1, min(config.max_stride, longest)) + 1))
    before = n_frames - 1
    if config.annotate == "any":
        # Positions of the annotated frame at which the clip fits its run; any position if there are none.
        fitting = [
            k
            for k in range(n_frames)
            if anchor.frame - stride * k in run and anchor.frame + stride * (n_frames - 1 - k) in run
        ]
        before = int(rng.choice(fitting or range(n_frames)))
    direction = -1 if rng.random() < config.reverse_probability else 1
    steps = np.arange(-before, n_frames - before) * stride
    if direction < 0 and config.annotate == "any":
        frames = (anchor.frame + steps)[::-1]
    else:
        frames = anchor.frame + direction * steps
    return reflect(frames - run.start, len(run)) + run.start


def _draw_corner(
    rng: np.random.Generator,
    movies: TrainingMovies,
    anchor: AnnotatedFrame,
    transform: FrameTransform,
    config: ClipConfig,
) -> NDArray[np.float64]:
    """Return the upper left corner of a patch in the transformed frame, around a pixel drawn from its labels.

    Labels are sampled in every k-th row and column; the centre is any pixel of the block around the one drawn. Patches
    stay inside the frame, so that cells at its border are as likely as others.
    """
    labels = movies.labels(anchor.movie, anchor.frame)
    if labels is None:
        raise ValueError(f"Frame {anchor.frame} of movie {anchor.movie} has no labels.")
    shape = np.array(transform.frame_shape)
    k = int(np.ceil(shape.max() / _COARSE_PX))
    rows, columns = (np.arange((k - 1) // 2, n, k, dtype=np.float64) for n in shape)
    coarse = Resampler(transform.coordinates(rows, columns), movies.movies[anchor.movie].movie.frame_shape)
    seen = coarse.nearest(labels, tell_mirror_images_apart=False)
    weights = np.where(seen > 0, config.foreground_weight, np.where(seen == 0, 1.0, 0.0)).ravel()
    cumulative = np.cumsum(weights if weights.any() else np.ones_like(weights))
    drawn = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
    row, column = np.unravel_index(drawn, seen.shape)
    within = rng.integers(-((k - 1) // 2), k - (k - 1) // 2, size=2)
    centre = np.array([rows[row], columns[column]]) + within
    room = shape - config.patch_px
    inside = np.clip(centre - config.patch_px // 2, 0, np.maximum(room, 0))
    return np.where(room < 0, np.floor(room / 2), inside).astype(np.float64)
