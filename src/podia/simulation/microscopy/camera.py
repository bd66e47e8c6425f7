"""Camera model: magnification, focus, uneven illumination, noise, JPEG compression and 8-bit grey values."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from scipy import ndimage as ndi

from podia.simulation.microscopy.thickness import smooth_noise

Grey = NDArray[np.float32]

_PEDESTAL = 4.0
"""Grey value of the background that uneven illumination scales, in standard deviations of the image."""
_LOW, _HIGH = 0.1, 99.1
"""Percentiles that become 20 and 170: all images have the same range, and bright cells are not clipped."""
_BRIGHTEST = 1.6
"""Values above this multiple of the range are clipped."""


@dataclass(frozen=True)
class Camera:
    """Probability (0 to 1) and maximum strength of each degradation of an image.

    Parameters
    ----------
    low_magnification, largest_factor
        Acquisition with pixels up to this many times larger, with blur and noise at that size, then upsampling.
    blur, largest_blur_px
        Slight defocus.
    uneven_light, vignette
        Illumination that varies smoothly over the field; darker corners.
    texture
        Fine structure of the background.
    noise
        Photon and camera noise; maximum standard deviation 0.35 of that of the image.
    jpeg
        JPEG compression.
    """

    low_magnification: float = 0.4
    largest_factor: float = 4.0
    blur: float = 0.3
    largest_blur_px: float = 2.2
    uneven_light: float = 0.5
    vignette: float = 0.25
    texture: float = 0.4
    noise: float = 0.6
    jpeg: float = 0.15


def record(image: Grey, camera: Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return an image ``(Y, X)`` of any range after the camera and the file format, at the same size."""
    image = standardised(image)
    if rng.random() < camera.low_magnification:
        image = _enlarged(image, 1 + (camera.largest_factor - 1) * rng.random() ** 1.3, rng)
    elif rng.random() < camera.blur:
        image = ndi.gaussian_filter(image, rng.uniform(0.4, camera.largest_blur_px))
    if rng.random() < camera.texture:
        image = image + np.float32(rng.uniform(0.03, 0.4) * rng.random()) * smooth_noise(
            image.shape, rng.uniform(0.8, 5), rng
        )
    image = under_uneven_light(image, camera, rng)
    if rng.random() < camera.noise:
        image = image + np.float32(0.35 * rng.random() ** 2 + 0.01) * rng.standard_normal(
            image.shape, dtype=np.float32
        )
    low, high = np.percentile(image, (_LOW, _HIGH))
    bright = np.clip((image - low) / (high - low + 1e-6), -0.12, _BRIGHTEST)
    curved = np.sign(bright) * np.abs(bright) ** np.float32(np.exp(rng.uniform(-0.4, 0.4)))
    grey = np.clip(curved * 150 + 20, 0, 255).astype(np.uint8)
    return through_jpeg(grey, int(rng.integers(35, 95))) if rng.random() < camera.jpeg else grey


def under_uneven_light(image: Grey, camera: Camera, rng: np.random.Generator) -> Grey:
    """Return an image of unit variance under uneven illumination."""
    shape = image.shape
    if rng.random() < camera.uneven_light:
        field = smooth_noise(shape, rng.uniform(0.15, 0.5) * max(shape), rng)
        light = 1 + np.float32(rng.uniform(0.03, 0.3)) * field
        image = np.asarray((image + _PEDESTAL) * light - _PEDESTAL, np.float32)
    if rng.random() < camera.vignette:
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        centre = rng.uniform(-0.2, 1.2, 2) * shape
        squared = ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / max(shape) ** 2
        dimmed = np.clip(1 - rng.uniform(0.2, 0.7) * squared, 0.1, None).astype(np.float32)
        image = (image + _PEDESTAL) * dimmed - _PEDESTAL
    return image


def standardised(image: Grey) -> Grey:
    """Return an image of mean 0 and variance 1."""
    image = np.asarray(image, np.float32)
    return np.asarray((image - image.mean()) / (image.std() + 1e-6), dtype=np.float32)


def through_jpeg(grey: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Return an image after JPEG compression of this quality."""
    buffer = io.BytesIO()
    Picture.fromarray(grey).save(buffer, "JPEG", quality=quality)
    return np.asarray(Picture.open(buffer))


def _enlarged(image: Grey, factor: float, rng: np.random.Generator) -> Grey:
    """Return an image as acquired with pixels `factor` times larger, upsampled to its size."""
    shape = image.shape
    seen = ndi.gaussian_filter(image, factor * rng.uniform(0.3, 0.55))
    small = np.asarray(ndi.zoom(seen, 1 / factor, order=1))
    small = small + np.float32(rng.uniform(0, 0.2)) * rng.standard_normal(small.shape, dtype=np.float32)
    order = int(rng.choice([1, 1, 1, 3]))
    large = ndi.zoom(small, [n / m for n, m in zip(shape, small.shape, strict=True)], order=order)
    return np.asarray(large[: shape[0], : shape[1]], dtype=np.float32)
