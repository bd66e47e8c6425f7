"""Vendor formats (ND2, LIF, CZI), read with bioio and its optional readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MissingDependencyError
from podia.data.movie import Image
from podia.io.axes import FramePlan, plan_frames
from podia.io.damaged import unreadable_file, unreadable_frame
from podia.io.movie_part import WHOLE, MoviePart, pick_position
from podia.io.opened_image import OpenedImage
from podia.io.units import length_um

READERS = {".nd2": "bioio_nd2", ".lif": "bioio_lif", ".czi": "bioio_czi"}


@dataclass(frozen=True)
class BioioFrames:
    """Frames read with bioio; stores only the path, so that it can be pickled."""

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    plan: FramePlan
    scene: int = 0

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``; raise MovieReadError if it cannot be decoded."""
        index = zip(self.plan.axes, self.plan.index(frame), strict=True)
        where = {name: place for name, place in index if name not in "YX"}
        try:
            pixels = _open_image(self.path, self.scene).get_image_dask_data("YX", **where).compute()
        except Exception as error:  # readers raise arbitrary exceptions
            raise unreadable_frame(self.path, frame, error) from error
        return np.ascontiguousarray(pixels, dtype=self.dtype)


def open_bioio(path: Path, part: MoviePart = WHOLE) -> OpenedImage:
    """Return the frames of one channel and scene of an ND2, LIF or CZI file, with its scale.

    Raises
    ------
    MissingDependencyError
        If the reader for this format is not installed.
    MovieReadError
        If the file cannot be read, or holds several scenes (positions) and none is picked.
    """
    suffix = path.suffix.lower()
    if not readers_are_installed(path):
        extra = suffix.removeprefix(".")
        raise MissingDependencyError(
            f"'{path.name}' needs the optional reader for {suffix} files. Install it with: pip install "
            f"'podia[{extra}]'"
        )
    scene = pick_position(part.position, positions_in_bioio(path), path)
    try:
        image = _open_image(path, scene)
        dtype, sizes = np.dtype(image.dtype), image.shape
        names = [str(name) for name in image.channel_names or ()]
    except Exception as error:  # readers raise arbitrary exceptions
        raise unreadable_file(path, f"{suffix} file", error) from error
    # bioio returns every image as TCZYX, and colour images with S as the last axis.
    axes = "TCZYXS"[: len(sizes)]
    plan = plan_frames(axes, sizes, path, channel=part.channel, channel_names=names)
    shape = (plan.n_frames, sizes[3], sizes[4])
    pixel, interval = image.physical_pixel_sizes, _seconds(image.time_interval)
    return OpenedImage(
        BioioFrames(path, shape, dtype, plan, scene),
        length_um(pixel.Y, "um"),
        length_um(pixel.X, "um"),
        interval,
    )


def readers_are_installed(path: Path) -> bool:
    """Return whether bioio and its reader for files like `path` are installed."""
    return find_spec("bioio") is not None and find_spec(READERS[path.suffix.lower()]) is not None


def positions_in_bioio(path: Path) -> list[str]:
    """Return the names of the scenes (positions) in a file."""
    try:
        return [str(scene) for scene in _open_image(path, 0).scenes]
    except Exception as error:  # readers raise arbitrary exceptions
        raise unreadable_file(path, f"{path.suffix.lower()} file", error) from error


@lru_cache(maxsize=1)
def _open_image(path: Path, scene: int) -> Any:
    """Return the opened file; cached, because opening these formats takes longer than reading a frame."""
    from bioio import BioImage

    image = BioImage(path)
    if scene:
        image.set_scene(scene)
    return image


def _seconds(interval: timedelta | float | None) -> float | None:
    """Return a bioio time interval in seconds; readers provide a timedelta or None."""
    if isinstance(interval, timedelta):
        interval = interval.total_seconds()
    return interval if interval is not None and interval > 0 else None
