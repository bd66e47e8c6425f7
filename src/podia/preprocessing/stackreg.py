"""Drift with rotation, scaling and shear, with the optional package pystackreg."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.drift import Drift
from podia.data.errors import MissingDependencyError
from podia.data.movie import Image, Movie
from podia.data.progress import Progress, silent

_MEMORY_FRAMES = 20
_FINE_PX, _COARSE_PX = 1.0, 8.0
"""Standard deviations of the two Gaussians of the band-pass filter, which removes illumination and pixel noise."""


def refine_drift(
    movie: Movie,
    shifts: NDArray[np.float64],
    model: Literal["rigid", "affine"],
    progress: Progress = silent,
) -> Drift:
    """Return the drift of `movie` with rotation (rigid) or any linear map (affine) in addition to known `shifts`.

    Each frame, aligned by its shift ``(T, 2)`` and by the rotation of the previous frame, is registered to a
    running mean of the earlier aligned frames (Thevenaz et al., IEEE Trans. Image Processing 7 (1998) 27-41).

    Raises
    ------
    MissingDependencyError
        If pystackreg is not installed.
    """
    try:
        from pystackreg import StackReg
    except ImportError:
        raise MissingDependencyError(
            f"The drift model '{model}' needs the package pystackreg, which is not installed. "
            f"Install it with: pip install 'podia[stackreg]', or use the model 'translation'."
        ) from None
    registration = StackReg(StackReg.RIGID_BODY if model == "rigid" else StackReg.AFFINE)
    reference = _ground(movie.frame(0))
    to_frame = np.tile(np.eye(3), (movie.n_frames, 1, 1))
    beyond_shift = np.eye(3)
    for index in range(1, movie.n_frames):
        shift = np.eye(3)
        shift[:2, 2] = shifts[index]
        ground = _ground(movie.frame(index))
        in_place = _warp(ground, shift @ beyond_shift)
        beyond_shift = beyond_shift @ _as_rows_first(registration.register(reference, in_place))
        to_frame[index] = shift @ beyond_shift
        share = 1.0 / min(index + 1, _MEMORY_FRAMES)
        reference = (1 - share) * reference + share * _warp(ground, to_frame[index])
        progress(f"{model} drift", index, movie.n_frames - 1)
    return Drift(np.linalg.inv(to_frame).astype(np.float64))


def _ground(image: Image) -> NDArray[np.float64]:
    pixels = image.astype(np.float64)
    return np.asarray(ndi.gaussian_filter(pixels, _FINE_PX) - ndi.gaussian_filter(pixels, _COARSE_PX))


def _warp(image: NDArray[np.float64], to_frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``image[to_frame @ position]`` at every position, 0 outside."""
    return np.asarray(ndi.affine_transform(image, to_frame[:2, :2], to_frame[:2, 2], order=1))


def _as_rows_first(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix of pystackreg, which acts on ``(x, y, 1)``, converted for ``(y, x, 1)``."""
    order = [1, 0, 2]
    return np.asarray(matrix)[np.ix_(order, order)]
