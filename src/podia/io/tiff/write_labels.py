"""Writer for labels as a TIFF stack for Fiji."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from podia.data.errors import InvalidInputError
from podia.data.movie import Image, LabelMovie
from podia.data.progress import Progress, silent
from podia.io.tiff.imagej import write_imagej_tiff

LARGEST_LABEL = int(np.iinfo(np.uint16).max)
"""ImageJ has no 32-bit integers, and CTC masks have 16 bits."""


def write_labels_tiff(labels: LabelMovie, path: str | Path, *, progress: Progress = silent) -> None:
    """Write labels as a 16-bit ImageJ time series with its calibration, zlib-compressed, atomically.

    Raises
    ------
    InvalidInputError
        If a label is above 65535.
    OutputError
        If there is no space or no permission to write `path`.
    """
    path = Path(path)
    fitting = labels.map_frames(partial(fit_in_16_bit, path=path), dtype=np.uint16)
    write_imagej_tiff(fitting, path, compression="zlib", step="labels.tif", progress=progress)


def fit_in_16_bit(frame: int, labels: Image, *, path: Path) -> Image:
    """Return a frame's labels as uint16, to be written to `path`.

    Raises
    ------
    InvalidInputError
        If a label is above 65535.
    """
    largest = int(labels.max(initial=0))
    if largest > LARGEST_LABEL:
        raise InvalidInputError(
            f"Frame {frame} (counted from 0) has label {largest}, but '{path}' has 16-bit labels, up to "
            f"{LARGEST_LABEL}. Use labels.ome.zarr, which has 32-bit labels."
        )
    return labels.astype(np.uint16)
