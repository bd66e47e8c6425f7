"""Drift estimation, drift correction of frames, and restoration of labels to the original frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.arguments import settle_config
from podia.data.config import Settings
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.field_of_view import FieldOfView, corners_of
from podia.data.finite import require_finite
from podia.data.movie import Image, LabelImage, LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.preprocessing.config import DriftConfig
from podia.preprocessing.correlation import PhaseCorrelation, Spectrum

_MEMORY_FRAMES = 20
"""Memory of the running reference in frames: long enough to blur moving cells, short enough to follow the field."""
_SIGNIFICANT = 7.0
"""Minimum height of a correlation peak in standard deviations; the maximum of 10^6 random values reaches 5."""
_STILL_PX = 0.5
_ENOUGH_PX = 384
"""Shorter side down to which frames are reduced before they are compared. On simulated ground under moving cells (grain
1 to 3 px), frames of 1024 px reduced to 512 give a mean error of .012 to .035 px, and whole ones .008 to .068 px."""
_KEPT_BYTES = 128 * 2**20
"""Memory for spectra that both passes need."""


def correct_drift(
    movie: Movie,
    config: DriftConfig | None = None,
    *,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> tuple[Movie, Drift]:
    """Return `movie` with the drift removed, and the drift.

    Reads every frame once, or twice in movies of which the spectra do not fit in 128 MiB (and once more for rigid and
    affine drift), and again when the result is read. With
    ``enabled=False``, the movie is returned unchanged, with zero drift.

    Parameters
    ----------
    movie
        Frames as recorded.
    config
        Settings; defaults where None.
    settings
        In place of `config`: single settings with the keys of the command line, such as
        ``{"preprocessing.drift.model": "rigid"}``; the leading ``preprocessing.drift.`` may be left out.
    progress
        Receives the number of processed frames.

    Raises
    ------
    InvalidInputError
        If a frame contains NaN or infinite values.
    ConfigurationError
        If a setting is unknown or out of bounds.
    MissingDependencyError
        For rigid and affine drift, if pystackreg is not installed.

    Examples
    --------
    >>> ground = np.random.default_rng(0).integers(80, 120, (100, 96)).astype(np.uint8)
    >>> movie = Movie.from_array(np.stack([ground[:96], ground[3:99]]))  # the second is shifted by 3 px
    >>> stable, drift = correct_drift(movie)
    >>> [round(float(y)) for y, x in drift.shifts], stable.frame_shape
    ([0, -3], (93, 96))
    """
    config = settle_config(DriftConfig, config, settings, section="preprocessing.drift")
    if not config.enabled:
        return movie, Drift.none(movie.n_frames)
    drift = estimate_drift(movie, config, progress=progress)
    return apply_drift(movie, drift, config), drift


def estimate_drift(movie: Movie, config: DriftConfig | None = None, *, progress: Progress = silent) -> Drift:
    """Return the drift of `movie`, frame by frame.

    Each frame is compared with a running mean of the earlier, aligned frames, in which moving cells are blurred. As
    the reference is not a single frame, errors do not accumulate. A second pass compares each frame with all others.
    A frame without texture, or too different to be matched, keeps the previous position.

    Raises
    ------
    InvalidInputError
        If a frame contains NaN or infinite values.
    MissingDependencyError
        For rigid and affine drift, if pystackreg is not installed.
    """
    config = config or DriftConfig()
    shifts = _estimate_shifts(movie, config, progress)
    if config.model == "translation":
        return Drift.from_shifts(shifts)
    from podia.preprocessing.stackreg import refine_drift

    return refine_drift(movie, shifts, config.model, progress)


def _estimate_shifts(movie: Movie, config: DriftConfig, progress: Progress) -> NDArray[np.float64]:
    """Return the displacement of static objects since frame 0, ``(T, 2)`` as ``(y, x)`` px."""
    spectra = _Spectra(movie, config.upsample_factor)
    correlation = spectra.correlation
    shifts, recognised, total = _compare_with_earlier(spectra, config.max_step_px, progress)
    n_frames = movie.n_frames
    for index in range(n_frames):
        if recognised[index] and recognised.sum() > 1:
            spectrum = spectra.of(index)
            others = total - correlation.moved_back(spectrum, shifts[index])
            shifts[index] = correlation.refine_shift(others, spectrum, shifts[index])
        progress("drift", n_frames + index + 1, 2 * n_frames)
    return np.asarray(shifts - shifts[0]) * spectra.factor


class _Spectra:
    """Spectra of a movie's frames, reduced where they are large; the first ones are kept for the second pass."""

    def __init__(self, movie: Movie, upsample_factor: int) -> None:
        self._movie = movie
        self.n_frames = movie.n_frames
        self.factor = reduction(movie.frame_shape)
        height, width = (length // self.factor for length in movie.frame_shape)
        self.correlation = PhaseCorrelation((height, width), upsample_factor * self.factor)
        self._kept: dict[int, Spectrum] = {}

    def of(self, index: int) -> Spectrum:
        """Return the spectrum of a frame; in the second pass, the frame is read again only where it was not kept."""
        if index in self._kept:
            return self._kept[index]
        image = self._movie.frame(index)
        require_finite(image, f"Frame {index} of '{self._movie.name}'")
        spectrum = self.correlation.spectrum(block_means(image, self.factor))
        if (len(self._kept) + 1) * spectrum.nbytes <= _KEPT_BYTES:
            self._kept[index] = spectrum
        return spectrum


def reduction(frame_shape: tuple[int, int]) -> int:
    """Return the edge, in px, of the blocks of a frame that are averaged before frames are compared: 1, 2 or 4."""
    return next(factor for factor in (4, 2, 1) if factor == 1 or min(frame_shape) // factor >= _ENOUGH_PX)


def block_means(image: Image, factor: int) -> NDArray[np.float32]:
    """Return the means of blocks of ``factor x factor`` px; rows and columns that fill no block are left out.

    >>> block_means(np.arange(12).reshape(2, 6), 2).tolist()
    [[3.5, 5.5, 7.5]]
    """
    height, width = (length // factor for length in image.shape)
    blocks = image[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return blocks.mean(axis=(1, 3), dtype=np.float32) if factor > 1 else image.astype(np.float32)


def _compare_with_earlier(
    spectra: _Spectra, max_step_px: float, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.bool_], Spectrum]:
    """Return shifts ``(T, 2)``, whether each frame was matched, and the sum of the aligned frames."""
    correlation = spectra.correlation
    n_frames = spectra.n_frames
    shifts = np.zeros((n_frames, 2))
    recognised = np.zeros(n_frames, dtype=bool)
    reference = total = correlation.nothing
    for index in range(n_frames):
        spectrum = spectra.of(index)
        shifts[index] = shifts[max(index - 1, 0)]
        if recognised.any():
            shift, prominence = correlation.find_shift(
                reference, spectrum, shifts[index], max_step_px / spectra.factor
            )
            if prominence >= _SIGNIFICANT:
                shifts[index], recognised[index] = shift, True
        else:
            recognised[index] = spectrum.any()
        if recognised[index]:
            in_place = correlation.moved_back(spectrum, shifts[index])
            share = np.float32(1.0 / min(int(recognised.sum()), _MEMORY_FRAMES))
            reference = (1 - share) * reference + share * in_place
            total = total + in_place
        progress("drift", index + 1, 2 * n_frames)
    return shifts, recognised, total


def valid_area(drift: Drift, frame_shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the stable area visible in all frames: first row and column, last row and column plus one.

    For rotated frames it is a rectangle inside the area, not always the largest one.

    Raises
    ------
    InvalidInputError
        If no pixel is visible in all frames.
    """
    bottom, right = frame_shape[0] - 1, frame_shape[1] - 1
    corners = np.array([[0, 0], [0, right], [bottom, 0], [bottom, right]], dtype=np.float64)
    y, x = np.stack([drift.stabilise(frame, corners) for frame in range(drift.n_frames)]).T
    # Rounded to a millionth of a pixel, so that a shift of 3.0000000001 px does not remove a row.
    first = np.ceil(np.round([y[:2].max(), x[[0, 2]].max()], 6)).astype(int)
    last = np.floor(np.round([y[2:].min(), x[[1, 3]].min()], 6)).astype(int) + 1
    if (last <= first).any():
        furthest = np.abs(drift.shifts).max(axis=0)
        raise InvalidInputError(
            f"The field moved by up to {furthest[0]:.0f} x {furthest[1]:.0f} px (y, x) in frames of "
            f"{frame_shape[0]} x {frame_shape[1]} px, so no area is visible in all of them. "
            f"Split the movie into shorter ones, or set drift.crop or drift.enabled to false."
        )
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])


def apply_drift(movie: Movie, drift: Drift, config: DriftConfig | None = None) -> Movie:
    """Return `movie` with the drift removed and, by default, cropped to :func:`valid_area`.

    Frames are shifted when they are read. If the field never moves by half a pixel, `movie` is returned unchanged.
    With ``interpolation="whole_pixel"``, rotated or scaled frames use the nearest pixel. Linear interpolation gives
    float32.

    Raises
    ------
    InvalidInputError
        If `drift` has another number of frames, or no area is visible in all frames.
    """
    config = config or DriftConfig()
    _require_same_length(drift, movie.n_frames)
    if _stands_still(drift, movie.frame_shape):
        return movie
    area = _kept_area(drift, movie.frame_shape, config)
    dtype = movie.dtype if config.interpolation == "whole_pixel" else np.dtype(np.float32)
    stabilise = _Stabilisation(drift, config, area)
    return movie.map_frames(stabilise, dtype=dtype, frame_shape=_shape(area))


def restore_labels(
    labels: LabelMovie, drift: Drift, frame_shape: tuple[int, int], config: DriftConfig | None = None
) -> LabelMovie:
    """Return labels of the stabilised movie at their places in the original frames, 0 outside.

    This is the inverse of :func:`apply_drift` with the same `drift` and `config`: exact for shifts by whole pixels,
    otherwise by the nearest pixel.

    Raises
    ------
    InvalidInputError
        If `labels` have another shape than the stabilised movie.
    """
    config = config or DriftConfig()
    _require_same_length(drift, labels.n_frames)
    still = _stands_still(drift, frame_shape)
    area = (0, 0, *frame_shape) if still else _kept_area(drift, frame_shape, config)
    if labels.frame_shape != _shape(area):
        raise InvalidInputError(
            f"Labels of the stabilised movie must be {_shape(area)} px, found {labels.frame_shape}. "
            f"Use the drift and the settings of the stabilised movie."
        )
    if still:
        return labels
    return labels.map_frames(_Restoration(drift, area, frame_shape), dtype=np.int32, frame_shape=frame_shape)


def fields_of_view(
    drift: Drift, frame_shape: tuple[int, int], config: DriftConfig | None = None
) -> tuple[FieldOfView, ...]:
    """Return the part of each frame visible in the stabilised movie, where :func:`restore_labels` can place cells.

    It cuts cells as the frame edge does.
    """
    config = config or DriftConfig()
    whole = FieldOfView.whole(frame_shape)
    if _stands_still(drift, frame_shape):
        return (whole,) * drift.n_frames
    corners = corners_of(*_kept_area(drift, frame_shape, config))
    return tuple(whole.within(_put_back(corners, to_stable)) for to_stable in drift.to_stable)


def _put_back(corners: NDArray[np.float64], to_stable: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return stable positions ``(N, 2)`` in the coordinates of the original frame, as for labels."""
    to_frame = np.linalg.inv(to_stable).astype(np.float64)
    if _is_translation(to_frame):
        return np.asarray(corners + whole_shift(to_frame))
    return np.asarray(corners @ to_frame[:2, :2].T + to_frame[:2, 2])


@dataclass(frozen=True)
class _Stabilisation:
    """Aligns a frame; a class, so that the movie can be pickled."""

    drift: Drift
    config: DriftConfig
    area: tuple[int, int, int, int]

    def __call__(self, frame: int, image: Image) -> Image:
        """Return the aligned area of `image` ``(Y, X)``; edges are extended outside."""
        top, left, bottom, right = self.area
        to_frame = np.linalg.inv(self.drift.to_stable[frame])
        if self.config.interpolation == "whole_pixel" and _is_translation(to_frame):
            down, along = whole_shift(to_frame)
            rows = np.clip(np.arange(top, bottom) + down, 0, image.shape[0] - 1)
            columns = np.clip(np.arange(left, right) + along, 0, image.shape[1] - 1)
            return np.asarray(image[np.ix_(rows, columns)])
        offset = to_frame[:2, :2] @ (top, left) + to_frame[:2, 2]
        linear = self.config.interpolation == "linear"
        return np.asarray(
            ndi.affine_transform(
                image.astype(np.float32) if linear else image,
                to_frame[:2, :2],
                offset,
                output_shape=_shape(self.area),
                order=1 if linear else 0,
                mode="nearest",
            )
        )


@dataclass(frozen=True)
class _Restoration:
    """Restores labels to the original frame; a class, so that the label movie can be pickled."""

    drift: Drift
    area: tuple[int, int, int, int]
    frame_shape: tuple[int, int]

    def __call__(self, frame: int, labels: Image) -> LabelImage:
        """Return `labels` of the stable area at their places in the original frame."""
        top, left, bottom, right = self.area
        to_stable = self.drift.to_stable[frame]
        to_frame = np.linalg.inv(to_stable)
        if not _is_translation(to_frame):
            offset = to_stable[:2, 2] - (top, left)
            return np.asarray(
                ndi.affine_transform(
                    labels, to_stable[:2, :2], offset, output_shape=self.frame_shape, order=0
                )
            )
        down, along = whole_shift(to_frame)
        restored = np.zeros(self.frame_shape, dtype=np.int32)
        rows = np.arange(max(top + down, 0), min(bottom + down, self.frame_shape[0]))
        columns = np.arange(max(left + along, 0), min(right + along, self.frame_shape[1]))
        restored[np.ix_(rows, columns)] = labels[np.ix_(rows - down - top, columns - along - left)]
        return restored


def whole_shift(to_frame: NDArray[np.float64]) -> tuple[int, int]:
    """Return the shift ``(y, x)`` of a translation in whole pixels, rounding halves up."""
    down, along = np.floor(to_frame[:2, 2] + 0.5).astype(int)
    return int(down), int(along)


def _is_translation(matrix: NDArray[np.float64]) -> bool:
    return bool(np.array_equal(matrix[:2, :2], np.eye(2)))


def _kept_area(drift: Drift, frame_shape: tuple[int, int], config: DriftConfig) -> tuple[int, int, int, int]:
    return valid_area(drift, frame_shape) if config.crop else (0, 0, *frame_shape)


def _shape(area: tuple[int, int, int, int]) -> tuple[int, int]:
    top, left, bottom, right = area
    return bottom - top, right - left


def _stands_still(drift: Drift, frame_shape: tuple[int, int]) -> bool:
    """Return whether no corner of a frame ever moves by half a pixel."""
    bottom, right = frame_shape[0] - 1, frame_shape[1] - 1
    corners = np.array([[0, 0], [0, right], [bottom, 0], [bottom, right]], dtype=np.float64)
    moved = [np.abs(drift.stabilise(frame, corners) - corners).max() for frame in range(drift.n_frames)]
    return bool(max(moved) < _STILL_PX)


def _require_same_length(drift: Drift, n_frames: int) -> None:
    if drift.n_frames != n_frames:
        raise InvalidInputError(f"The drift has {drift.n_frames} frames and the movie has {n_frames}.")
