"""Texture of recorded frames relative to their neighbours, and of frames that are blurred; see podia.io.unclear_frames.

PODIA_DATA_DIR=... python -m benchmarks.segmentation.frames_out_of_focus            # texture
PODIA_DATA_DIR=... python -m benchmarks.segmentation.frames_out_of_focus --segment  # SEG of U373 when blurred
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

import podia
from podia.data.movie import Movie
from podia.io.unclear_frames import texture, unclear_frames

_MOVIES = ("PhC-C2DH-U373/01", "DIC-C2DH-HeLa/01", "PhC-C2DL-PSC/01", "T98G/01", "PtK1/01", "C2C12/01")
_SIGMAS_PX = (1, 1.5, 2, 3, 4, 6)
_NEIGHBOURS = 6
_NOISE = 1.5


def main() -> None:
    """Print a line per movie, or per blur."""
    warnings.simplefilter("ignore")
    data = Path(os.environ["PODIA_DATA_DIR"])
    if "--segment" in sys.argv:
        _segment(podia.read(data / _MOVIES[0], pixel_size_um=0.65))
        return
    for name in _MOVIES:
        movie = podia.read(data / name, missing="skip")
        looks = np.array([texture(frame) for frame in movie])
        ratios = np.array([_relative(looks[:, 0], frame) for frame in range(len(looks))])
        ends = np.array([frame < 2 or frame >= len(looks) - 2 for frame in range(len(looks))])
        middle = len(looks) // 2
        blurred = [
            f"{sigma} px {_blurred(movie, middle, sigma) / looks[middle, 0]:.2f}" for sigma in _SIGMAS_PX
        ]
        print(
            f"{name}: {len(looks)} frames, smallest {ratios[~ends].min():.2f} inside, {ratios[ends].min():.2f} at the "
            f"ends, unclear {int(unclear_frames(*looks.T).sum())}; blurred: {', '.join(blurred)}",
            flush=True,
        )


def _relative(textures: NDArray[np.float64], frame: int) -> float:
    """Return the texture of a frame over the smaller of the second largest ones before and after it."""
    sides = (textures[max(0, frame - _NEIGHBOURS) : frame], textures[frame + 1 : frame + 1 + _NEIGHBOURS])
    return float(textures[frame] / min(np.sort(side)[-2] for side in sides if len(side) >= 2))


def _blurred(movie: Movie, frame: int, sigma: float) -> float:
    image = movie.frame(frame).astype(np.float64)
    noise = np.random.default_rng(0).normal(0, _NOISE, image.shape)
    return texture(ndi.gaussian_filter(image, sigma) + noise)[0]


def _segment(movie: Movie) -> None:
    image = movie.frame(movie.n_frames // 2).astype(np.float64)
    sharp = _cells(image, movie)
    for sigma in _SIGMAS_PX[:5]:
        noise = np.random.default_rng(0).normal(0, _NOISE, image.shape)
        found = _cells(ndi.gaussian_filter(image, sigma) + noise, movie)
        scores = [_overlap(sharp == label, found) for label in np.unique(sharp)[1:]]
        print(
            f"{sigma} px: SEG {np.mean(scores):.2f} of {len(scores)} cells, {len(np.unique(found)) - 1} found",
            flush=True,
        )


def _cells(image: NDArray[np.float64], movie: Movie) -> NDArray[np.int32]:
    frame = np.clip(image, 0, 255).astype(np.uint8)
    return podia.segment(Movie.from_array(frame[None], movie.calibration), model="podia-phase").frame(0)


def _overlap(cell: NDArray[np.bool_], found: NDArray[np.int32]) -> float:
    """Return the Jaccard index with the label that covers more than half of a cell; 0 if there is none."""
    label = int(np.argmax(np.bincount(found[cell])))
    both = np.count_nonzero(cell & (found == label))
    if label == 0 or both <= cell.sum() / 2:
        return 0.0
    return float(both / np.count_nonzero(cell | (found == label)))


if __name__ == "__main__":
    main()
