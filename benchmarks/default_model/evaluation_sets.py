"""Annotated images to score a model on: parts that were held back, and sets that are never trained on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from benchmarks.default_model.sources import SOURCES, held_back_pairs
from numpy.typing import NDArray

from podia.data.movie import Image, LabelImage
from podia.training.data.sources import read_annotated

Truth = LabelImage | NDArray[np.float64]

CHALLENGE = {"HeLa": ("DIC-C2DH-HeLa", 0.19), "U373": ("PhC-C2DH-U373", 0.65), "PSC": ("PhC-C2DL-PSC", 1.6)}
"""Development test: for choosing between variants, never trained on. Folder and pixel size in um."""
PIXEL_SIZES_UM = {
    "C2C12": 1.3,
    "T98G": 0.8708,
    "MDA-MB-231": 0.8,
    "BBBC030": 0.65,
    **{k: v[1] for k, v in CHALLENGE.items()},
}
EVERY = {"MDA-MB-231": 8, "pfc-pn": 3}
"""Every so many of the images held back, where they are much alike."""
C2C12_FRAMES = (0, 5)
NAMES = (*CHALLENGE, "C2C12", *SOURCES)


@dataclass(frozen=True)
class Case:
    """An image, and what is known of it.

    `labels` ``(Y, X)`` with -1 where nothing is known; for C2C12 `centres` ``(N, 2)`` alone are known, and where
    `foreground_only`, cells are not told apart.
    """

    name: str
    path: Path
    image: Image
    labels: LabelImage | None = None
    centres: NDArray[np.float64] | None = None
    foreground_only: bool = False

    @property
    def diameter_px(self) -> float | None:
        """Width of the median cell, that of a disc of its area, of those that do not touch the border."""
        if self.labels is None or self.foreground_only:
            return None
        edge = np.unique(
            np.concatenate([self.labels[0], self.labels[-1], self.labels[:, 0], self.labels[:, -1]])
        )
        areas = np.bincount(self.labels[self.labels > 0])
        whole = np.setdiff1d(np.flatnonzero(areas), edge)
        areas = areas[whole if len(whole) else np.flatnonzero(areas)]
        return float(np.sqrt(np.median(areas) * 4 / np.pi))


def cases(name: str) -> Iterator[Case]:
    """Yield the images of a set."""
    data = Path(os.environ["PODIA_DATA_DIR"])
    if name in CHALLENGE:
        yield from _challenge(data / CHALLENGE[name][0] / "01")
    elif name == "C2C12":
        yield from _c2c12(data)
    else:
        yield from _held_back(data, name)


def _challenge(sequence: Path) -> Iterator[Case]:
    """Yield the frames with gold masks; where only silver ones have a cell, nothing is known."""
    (movie,) = read_annotated(sequence, annotation="gold")
    paths = sorted(sequence.glob("t*.tif"))
    for frame in movie.labels.frames:
        yield Case(paths[frame].stem, paths[frame], movie.movie.frame(frame), movie.read_labels(frame))


def _c2c12(data: Path) -> Iterator[Case]:
    table = pd.read_csv(
        data / "C2C12/01_TRACKS/sample_tracklet.txt", sep=None, engine="python", header=None, comment="#"
    )
    table.columns = ["frame", "id", "x", "y", "parent"][: table.shape[1]]
    paths = sorted((data / "C2C12/01").glob("*.tif"))
    for frame in C2C12_FRAMES:
        centres = table.loc[table["frame"] == frame + int(table["frame"].min()), ["y", "x"]].to_numpy(float)
        yield Case(paths[frame].stem, paths[frame], tifffile.imread(paths[frame]), centres=centres)


def _held_back(data: Path, name: str) -> Iterator[Case]:

    for image, mask in held_back_pairs(data, name)[:: EVERY.get(name, 1)]:
        labels = tifffile.imread(mask).astype(np.int32)
        yield Case(
            image.stem, image, tifffile.imread(image), labels, foreground_only=SOURCES[name].foreground_only
        )
