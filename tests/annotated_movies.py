"""Tiny annotated movies, in memory and as folders, for the tests of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.movie import LabelMovie, Movie
from podia.testing.small_movies import as_phase_contrast, crawling_discs
from podia.training.data.annotated import AnnotatedMovie, FrameLabels


def annotated_discs(
    frames: tuple[int, ...] | None = None,
    *,
    n_frames: int = 6,
    name: str = "discs",
    dataset: str = "data",
    calibration: Calibration | None = None,
    frame_numbers: tuple[int, ...] | None = None,
) -> AnnotatedMovie:
    """Three discs of grey value ``50 + 40 * label`` on 50, so that an image tells its labels; `frames` have labels."""
    labels = crawling_discs(n_frames)
    return annotated(
        50 + 40 * labels,
        labels,
        frames,
        name=name,
        dataset=dataset,
        calibration=calibration,
        frame_numbers=frame_numbers,
    )


def annotated(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    frames: tuple[int, ...] | None = None,
    *,
    name: str = "movie",
    dataset: str = "data",
    calibration: Calibration | None = None,
    frame_numbers: tuple[int, ...] | None = None,
) -> AnnotatedMovie:
    """Return `images` ``(T, Y, X)`` with `labels` on `frames` (all, if left out)."""
    known = FrameLabels.from_movie(LabelMovie.from_array(labels))
    movie = Movie.from_array(images, calibration, name=name)
    return AnnotatedMovie(
        movie, known if frames is None else known.only(frames), dataset, frame_numbers=frame_numbers
    )


def write_ctc_sequence(
    folder: Path,
    *,
    gold: NDArray[np.integer] | None = None,
    silver: NDArray[np.integer] | None = None,
    markers: NDArray[np.integer] | None = None,
    numbers: tuple[int, ...] | None = None,
    gold_numbers: tuple[int, ...] | None = None,
) -> Path:
    """Write the discs as ``01`` with labels in ``01_GT`` and ``01_ST``; return ``01``."""
    labels = crawling_discs()
    numbers = numbers or tuple(range(len(labels)))
    write_images(folder / "01", "t", as_phase_contrast(labels), numbers)
    if gold is not None:
        write_images(folder / "01_GT" / "SEG", "man_seg", gold, gold_numbers or numbers)
    if markers is not None:
        write_images(folder / "01_GT" / "TRA", "man_track", markers, numbers)
    if silver is not None:
        write_images(folder / "01_ST" / "SEG", "man_seg", silver, numbers)
    return folder / "01"


def write_images(folder: Path, prefix: str, images: NDArray[np.generic], numbers: tuple[int, ...]) -> None:
    """Write an image a file, named by its number."""
    folder.mkdir(parents=True)
    for number, image in zip(numbers, images, strict=True):
        tifffile.imwrite(folder / f"{prefix}{number:03d}.tif", image)
