"""Reader for PNG, JPEG and BMP images, as a movie of one frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.io.axes import plan_frames
from podia.io.damaged import unreadable_file
from podia.io.opened_image import OpenedImage

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")

_GREY_MODES = {"1": "?", "L": "u1", "I;16": "u2", "I;16L": "u2", "I;16B": "u2", "I": "i4", "F": "f4"}


@dataclass(frozen=True)
class Picture:
    """A movie of one frame in one file; `sample` selects a colour."""

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    sample: int | None

    def read(self, frame: int) -> Image:
        """Return the only frame, ``(Y, X)``; raise MovieReadError if it cannot be decoded."""
        if frame != 0:
            raise IndexError(f"'{self.path}' has only frame 0, not frame {frame}.")
        try:
            with PillowImage.open(self.path) as image:
                pixels = np.asarray(image)
        except Exception as error:  # decoders raise arbitrary exceptions
            raise unreadable_file(self.path, "image", error) from error
        if self.sample is not None:
            pixels = pixels[..., self.sample]
        return np.ascontiguousarray(pixels, dtype=self.dtype)


def open_picture(path: Path, *, channel: int | str | None = None, is_labels: bool = False) -> OpenedImage:
    """Return the frame in a picture file; these files have no scale.

    For labels, the values are the palette indices.

    Raises
    ------
    MovieReadError
        If it is not an image, or a colour image and no `channel` is selected.
    """
    try:
        with PillowImage.open(path) as image:
            width, height = image.size
            mode, bands = image.mode, len(image.getbands())
            n_images = getattr(image, "n_frames", 1) if image.format == "PNG" else 1
    except Exception as error:  # decoders raise arbitrary exceptions
        raise unreadable_file(path, "image", error) from error
    if n_images > 1:
        raise MovieReadError(f"'{path}' is an animated PNG with {n_images} images. Save it as a TIFF stack.")
    if mode == "P" and not is_labels:
        raise MovieReadError(
            f"'{path}' is a colour image (palette); podia needs grey values. Save it as 8-bit or 16-bit grey."
        )
    axes, sizes = ("YXS", (height, width, bands)) if bands > 1 else ("YX", (height, width))
    plan = plan_frames(axes, sizes, path, channel=channel)
    dtype = np.dtype(_GREY_MODES.get(mode, "u1"))
    return OpenedImage(Picture(path, (1, height, width), dtype, plan.fixed.get(2)))
