"""Cover image of a bioimage.io package: a frame beside the same frame with cell outlines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as Picture
from skimage.segmentation import find_boundaries

from podia.data.movie import Image, LabelImage
from podia.networks.grey_scaling import scale_grey

_OUTLINE = (255, 140, 0)


def write_cover(path: Path, frame: Image, labels: LabelImage, grey_range: tuple[float, float]) -> None:
    """Write a picture of `frame` ``(Y, X)`` beside the same frame with the outlines of `labels`; it is twice as wide.

    `grey_range` gives the grey values shown as black and white.
    """
    grey = ((scale_grey(frame, *grey_range) + 1) * 127.5).clip(0, 255).astype(np.uint8)
    plain = np.repeat(grey[..., None], 3, axis=2)
    outlined = plain.copy()
    outlined[find_boundaries(labels, mode="inner")] = _OUTLINE
    Picture.fromarray(np.hstack([plain, outlined])).save(path, optimize=True)
