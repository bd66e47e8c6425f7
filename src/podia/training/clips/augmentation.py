"""Changes of grey values: brightness, contrast, gamma, blur, noise, and frames out of focus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.networks.grey_scaling import scale_grey
from podia.training.clips.config import AugmentationConfig


def change_grey_values(
    frames: NDArray[np.float32], rng: np.random.Generator, config: AugmentationConfig
) -> NDArray[np.float32]:
    """Return `frames` ``(T, Y, X)``, grey values about -1 to 1, changed at random within `config`.

    Gamma, contrast, brightness and blur are one draw a clip; flicker, loss of focus and noise differ from frame to
    frame. All zero gives `frames` as they are.
    """
    changed = _change_tone(frames, rng, config)
    changed = _blur(changed, rng, config)
    if config.noise:
        amount = np.float32(rng.uniform(0, config.noise))
        changed = changed + amount * rng.standard_normal(changed.shape, dtype=np.float32)
    # From -1, 1 to -1, 1: leaves values as they are and clips them as everywhere else.
    return changed if changed is frames else scale_grey(changed, -1.0, 1.0)


def _change_tone(
    frames: NDArray[np.float32], rng: np.random.Generator, config: AugmentationConfig
) -> NDArray[np.float32]:
    if config.gamma:
        exponent = np.float32(np.exp(rng.uniform(-config.gamma, config.gamma)))
        # Only within the percentiles: what is brighter or darker moves along.
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
    # Two blurs one after the other add up as squares.
    sigmas = np.hypot(sigmas, lost * rng.uniform(0, config.focus_loss_px, size=len(frames)))
    blurred: NDArray[np.float32] = np.stack(
        [
            ndimage.gaussian_filter(frame, sigma, mode="mirror", truncate=3.0)
            for frame, sigma in zip(frames, sigmas, strict=True)
        ]
    )
    return blurred
