"""Augmentation of grey values: brightness, contrast, gamma, blur, noise, and loss of focus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.networks.grey_scaling import scale_grey
from podia.training.clips.config import AugmentationConfig

_SLOPE_PX = 1.2
"""Blur of the slope: about the shear of a DIC prism, in pixels at a scale where cells are 40 px wide."""


def change_grey_values(
    frames: NDArray[np.float32], rng: np.random.Generator, config: AugmentationConfig
) -> NDArray[np.float32]:
    """Augment the grey values of `frames` ``(T, Y, X)``, about -1 to 1, at random within `config`.

    Inversion, slope, resolution, illumination, gamma, contrast, brightness and blur are drawn once per clip; flicker,
    loss of focus and noise once per frame. If all settings are zero, `frames` are returned unchanged.
    """
    changed = _change_microscope(frames, rng, config)
    changed = _change_tone(changed, rng, config)
    changed = _blur(changed, rng, config)
    if config.noise:
        amount = np.float32(rng.uniform(0, config.noise))
        changed = changed + amount * rng.standard_normal(changed.shape, dtype=np.float32)
    # From -1, 1 to -1, 1: only clips the values, as everywhere else.
    return changed if changed is frames else scale_grey(changed, -1.0, 1.0)


def _change_microscope(
    frames: NDArray[np.float32], rng: np.random.Generator, config: AugmentationConfig
) -> NDArray[np.float32]:
    """Return frames as another microscope might record the same cells."""
    if config.inversion_probability and rng.random() < config.inversion_probability:
        frames = -frames
    if config.slope_probability and rng.random() < config.slope_probability:
        frames = _slope(frames, float(rng.uniform(0, 2 * np.pi)))
    if config.low_resolution > 1 and rng.random() < 0.5:
        frames = _enlarged(frames, float(rng.uniform(1, config.low_resolution)))
    if config.uneven_light:
        frames = frames + np.float32(rng.uniform(0, config.uneven_light)) * _smooth_light(
            frames.shape[1:], rng
        )
    return frames


def _slope(frames: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    """Return the directional derivative of each frame, scaled to the standard deviation of the frames."""
    down, across = (ndimage.gaussian_filter1d(frames, _SLOPE_PX, axis=axis, order=1) for axis in (1, 2))
    slope = np.sin(angle) * down + np.cos(angle) * across
    spread = float(slope.std())
    if spread == 0:
        return np.zeros_like(frames)
    return np.asarray(slope * np.float32(frames.std() / spread), dtype=np.float32)


def _enlarged(frames: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Return frames at lower resolution: downsampled by `factor` and enlarged again."""
    blurred = ndimage.gaussian_filter(frames, (0, factor / 2.5, factor / 2.5), mode="mirror")
    small = ndimage.zoom(blurred, (1, 1 / factor, 1 / factor), order=1)
    back = [1.0, *(n / m for n, m in zip(frames.shape[1:], small.shape[1:], strict=True))]
    return np.asarray(ndimage.zoom(small, back, order=1), dtype=np.float32)


def _smooth_light(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a smooth field with one maximum or minimum, -1 to 1, ``(Y, X)``."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    tilt, centre = rng.uniform(-1, 1, 2), rng.uniform(-1, 1, 2)
    hill = np.exp(-((y[:, None] - centre[0]) ** 2 + (x[None, :] - centre[1]) ** 2))
    light = tilt[0] * y[:, None] + tilt[1] * x[None, :] + rng.uniform(-1, 1) * hill
    return np.asarray(light / max(1.0, float(np.abs(light).max())), dtype=np.float32)


def _change_tone(
    frames: NDArray[np.float32], rng: np.random.Generator, config: AugmentationConfig
) -> NDArray[np.float32]:
    if config.gamma:
        exponent = np.float32(np.exp(rng.uniform(-config.gamma, config.gamma)))
        # Only within the percentiles: brighter and darker values are shifted along.
        inside = np.clip(frames, -1, 1)
        curved = np.float32(2) * ((inside + np.float32(1)) / np.float32(2)) ** exponent - np.float32(1)
        frames = frames - inside + curved
    if config.contrast or config.brightness:
        contrast = np.float32(1 + rng.uniform(-config.contrast, config.contrast))
        frames = frames * contrast + np.float32(rng.uniform(-config.brightness, config.brightness))
    if config.flicker:
        steps = rng.normal(0, config.flicker, size=(len(frames), 1, 1)).astype(np.float32)
        frames = frames + steps
    return frames


def _blur(
    frames: NDArray[np.float32], rng: np.random.Generator, config: AugmentationConfig
) -> NDArray[np.float32]:
    if not config.blur_px and not config.focus_loss_probability:
        return frames
    sigmas = np.full(len(frames), rng.uniform(0, config.blur_px))
    lost = rng.random(len(frames)) < config.focus_loss_probability
    # Variances of consecutive blurs add up.
    sigmas = np.hypot(sigmas, lost * rng.uniform(0, config.focus_loss_px, size=len(frames)))
    blurred: NDArray[np.float32] = np.stack(
        [
            ndimage.gaussian_filter(frame, sigma, mode="mirror", truncate=3.0)
            for frame, sigma in zip(frames, sigmas, strict=True)
        ]
    )
    return blurred
