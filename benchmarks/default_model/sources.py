"""Annotated images that may train weights that ship, and which parts of them are held back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage

T98G_TEST_FIELDS = (5, 10, 15, 20, 25, 30, 35, 41, 45)
"""As in all of podia's benchmarks: spread over the 45 fields, none of them one of the two that overlap (23 and 40)."""
MDA_FIRST_TEST_FRAME = 212
"""The last third of the frames that there are."""


def _number(path: Path) -> int:
    return int(re.findall(r"\d+", path.stem)[0])


@dataclass(frozen=True)
class Source:
    """A data set: its folder with ``images`` and ``masks``, and which of its images are held back."""

    folder: str
    is_held_back: Callable[[int], bool]
    foreground_only: bool = False
    cells_left_out: bool = False
    """Whether some cells have no label: what looks like one is then marked as unlabelled."""


SOURCES = {
    "T98G": Source("T98G/manual", T98G_TEST_FIELDS.__contains__),
    "MDA-MB-231": Source("MDA-MB-231-QPI", lambda n: n >= MDA_FIRST_TEST_FRAME, cells_left_out=True),
    "BBBC030": Source("BBBC030", lambda n: n % 5 == 0),
    "cell-AAP": Source("cell-AAP", lambda n: n == 1, cells_left_out=True),
    "pfc-pn": Source("pfc-pn", lambda n: n % 5 == 0, foreground_only=True),
    "PtK1": Source("PtK1", lambda n: n in (20, 45), foreground_only=True),
}


@dataclass(frozen=True)
class Example:
    """An image with grey percentiles 0.5 and 99.5 at 0 and 1, and labels: -1 where nothing is known."""

    name: str
    image: NDArray[np.float32]
    labels: LabelImage
    diameter_px: float
    """Width of the median cell: that of a disc of its area."""


def read_source(data: Path, name: str) -> list[Example]:
    """Return the training images of a data set."""
    return [
        _read(f"{name}/{image.stem}", image, mask, SOURCES[name])
        for image, mask in training_pairs(data, name)
    ]


def training_pairs(data: Path, name: str) -> list[tuple[Path, Path]]:
    """Return the paths of images and masks that are trained on."""
    return _pairs(data, name, False)


def held_back_pairs(data: Path, name: str) -> list[tuple[Path, Path]]:
    """Return the paths of images and masks that are held back."""
    return _pairs(data, name, True)


def _pairs(data: Path, name: str, held_back: bool) -> list[tuple[Path, Path]]:
    source = SOURCES[name]
    if name == "PtK1":
        masks = _sorted(data / "PtK1/01_GT/FG")
        pairs = [(data / "PtK1/01" / f"t{_number(mask):03d}.tif", mask) for mask in masks]
    else:
        masks = _sorted(data / source.folder / "masks")
        pairs = [(data / source.folder / "images" / mask.name, mask) for mask in masks]
    return [(image, mask) for image, mask in pairs if source.is_held_back(_number(image)) == held_back]


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.tif"))


def _read(name: str, image_path: Path, mask_path: Path, source: Source) -> Example:
    image = tifffile.imread(image_path).astype(np.float32)
    labels = tifffile.imread(mask_path).astype(np.int32)
    low, high = np.percentile(image, (0.5, 99.5))
    image = np.clip((image - low) / (high - low + 1e-6), -0.3, 2.5)
    areas = np.bincount(labels.ravel())[1:]
    diameter = float(np.sqrt(np.median(areas[areas > 20]) * 4 / np.pi))
    if source.cells_left_out:
        labels = _with_unsure(image, labels)
    return Example(name, image, labels, diameter)


def _with_unsure(image: NDArray[np.float32], labels: LabelImage) -> LabelImage:
    """Return labels that are -1 where the background is as rough or as thick as cells are."""
    mean = ndi.uniform_filter(image, 9)
    rough = np.sqrt(np.maximum(ndi.uniform_filter(image**2, 9) - mean**2, 0))
    cells = labels > 0
    away = ~ndi.binary_dilation(cells, iterations=6)
    floor, body = np.median(rough[away]), np.median(rough[cells])
    like_cells = rough > floor + 0.45 * (body - floor)
    level, thick = np.median(image[away]), np.median(image[cells])
    if thick - level > 4 * image[away & ~like_cells].std():
        like_cells |= image > level + 0.4 * (thick - level)
    like_cells = ndi.binary_opening(like_cells & away, iterations=3)
    unsure = ndi.binary_dilation(like_cells, iterations=5) & ~cells
    return np.where(unsure, np.int32(-1), labels)
