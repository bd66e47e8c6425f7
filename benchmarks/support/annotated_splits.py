"""Fixed training and test parts of the real data, as links in separate folders, so that nothing leaks.

U373, HeLa and PSC are split in time; the 45 independent T98G fields into 36 and 9. Two T98G fields overlap (23 and
40); both are training data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from podia.data.movie import Movie
from podia.training.data.annotated import AnnotatedMovie

T98G_PIXEL_SIZE_UM = 0.8708
T98G_TEST_FIELDS = (5, 10, 15, 20, 25, 30, 35, 41, 45)


@dataclass(frozen=True)
class SplitInTime:
    """A challenge sequence cut in two."""

    folder: str
    pixel_size_um: float
    frame_interval_s: float
    first_test_frame: int


IN_TIME = {
    "u373": SplitInTime("PhC-C2DH-U373", 0.65, 900.0, 80),
    "hela": SplitInTime("DIC-C2DH-HeLa", 0.19, 600.0, 60),
    "psc": SplitInTime("PhC-C2DL-PSC", 1.6, 600.0, 195),
}


def split_in_time(data: Path, name: str, folder: Path) -> tuple[Path, Path]:
    """Return the sequences ``train/01`` and ``test/01`` of a data set, linked below `folder`."""
    split = IN_TIME[name]
    return _split_frames(data / split.folder, folder, lambda number: number >= split.first_test_frame)


def split_shuffled(data: Path, name: str, folder: Path, *, test_share: float = 0.2) -> tuple[Path, Path]:
    """Return the same for frames drawn at random (Lin & Norouzi): it leaks, as neighbours of test frames train."""
    source = data / IN_TIME[name].folder
    numbers = [_number(path) for path in sorted((source / "01").glob("*.tif"))]
    shuffled = np.random.default_rng(0).permutation(numbers)
    test = frozenset(shuffled[: round(test_share * len(numbers))].tolist())
    return _split_frames(source, folder, test.__contains__)


def _split_frames(source: Path, folder: Path, is_test: Callable[[int], bool]) -> tuple[Path, Path]:
    for inner in ("01", "01_GT/SEG", "01_ST/SEG"):
        for path in sorted((source / inner).glob("*.tif")):
            _link(path, folder / ("test" if is_test(_number(path)) else "train") / inner / path.name)
    return folder / "train" / "01", folder / "test" / "01"


def _number(path: Path) -> int:
    return int(re.findall(r"\d+", path.stem)[-1])


def split_t98g(data: Path, folder: Path) -> tuple[Path, Path]:
    """Return the folders ``train`` and ``test`` of T98G's fields, linked below `folder`."""
    for inner in ("images", "masks"):
        for path in sorted((data / "T98G" / "manual" / inner).glob("*.tif")):
            part = "test" if int(re.findall(r"\d+", path.stem)[0]) in T98G_TEST_FIELDS else "train"
            _link(path, folder / part / inner / path.name)
    return folder / "train", folder / "test"


def first_frames(movie: AnnotatedMovie, n_frames: int | None) -> AnnotatedMovie:
    """Return the first frames of a movie, for a benchmark that is only to be tried; all of it for None."""
    if n_frames is None or n_frames >= movie.movie.n_frames:
        return movie
    frames = np.stack([movie.movie.frame(t) for t in range(n_frames)])
    return replace(
        movie,
        movie=Movie.from_array(frames, movie.calibration, name=movie.name),
        labels=movie.labels.only(tuple(range(n_frames))),
        frame_numbers=None if movie.frame_numbers is None else movie.frame_numbers[:n_frames],
    )


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(source.resolve())
