"""Writer for ImageJ TIFF, frame by frame: Fiji opens it as a calibrated time series."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile

from podia.data.calibration import Calibration
from podia.data.movie import FrameSequence, Image
from podia.data.progress import Progress
from podia.files.atomic import atomic_path
from podia.io.tiff.metadata import EXACT_PIXEL_SIZE_KEY

_CLASSIC_LIMIT_BYTES = 2**32
"""Offsets in classic TIFF have 32 bits."""


class _BeyondClassicTiffError(Exception):
    """Compressed frames exceed the size of classic TIFF."""


def write_imagej_tiff(
    frames: FrameSequence,
    path: Path,
    *,
    compression: Literal["zlib"] | None,
    step: str,
    progress: Progress,
) -> None:
    """Write `frames` as an ImageJ time series, atomically; the same frames give the same bytes.

    Classic TIFF, which Fiji opens directly, is used where possible: for uncompressed stacks of any size (ImageJ
    uses a single directory above 4 GB) and for compressed stacks up to 4 GB *after* compression. Larger ones are
    BigTIFF, which Fiji opens with Bio-Formats.

    Raises
    ------
    OutputError
        If there is no space or no permission to write `path`.
    """
    with atomic_path(path) as temporary:
        try:
            _write(frames, temporary, compression, step, progress, is_big=False)
        except _BeyondClassicTiffError:
            _write(frames, temporary, compression, step, progress, is_big=True)


def _write(
    frames: FrameSequence,
    path: Path,
    compression: Literal["zlib"] | None,
    step: str,
    progress: Progress,
    *,
    is_big: bool,
) -> None:
    calibration = frames.calibration
    pixel_size_um = calibration.pixel_size_um
    with warnings.catch_warnings():
        # Both are intended: a single directory above 4 GB, and BigTIFF, which ImageJ itself does not write.
        warnings.filterwarnings("ignore", ".*truncating ImageJ file|.*nonconformant BigTIFF ImageJ")
        with tifffile.TiffWriter(path, imagej=True, bigtiff=is_big) as writer:
            limit = None if is_big or compression is None else _CLASSIC_LIMIT_BYTES
            writer.write(
                _counted(frames, writer, limit, step, progress),
                shape=frames.shape,
                dtype=frames.dtype,
                photometric="minisblack",
                compression=compression,
                # One strip per frame: ImageJ reads those fastest, and frames are what is read.
                rowsperstrip=frames.frame_shape[0],
                resolution=None if pixel_size_um is None else (1 / pixel_size_um, 1 / pixel_size_um),
                metadata=_description(calibration),
                maxworkers=1,
            )
    progress(step, frames.n_frames, frames.n_frames)


def _counted(
    frames: FrameSequence,
    writer: tifffile.TiffWriter,
    limit: int | None,
    step: str,
    progress: Progress,
) -> Iterator[Image]:
    for index, frame in enumerate(frames):
        # An incompressible frame must still fit, with its directory.
        if limit is not None and writer.filehandle.tell() + frame.nbytes + 2**16 > limit:
            raise _BeyondClassicTiffError
        if index:
            progress(step, index, frames.n_frames)
        yield np.ascontiguousarray(frame, dtype=frames.dtype)


def _description(calibration: Calibration) -> dict[str, Any]:
    values: dict[str, Any] = {"axes": "TYX"}
    if calibration.pixel_size_um is not None:
        values |= {"unit": "micron", EXACT_PIXEL_SIZE_KEY: float(calibration.pixel_size_um)}
    if calibration.frame_interval_s is not None:
        values["finterval"] = float(calibration.frame_interval_s)
    return values
