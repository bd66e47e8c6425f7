"""Phase-contrast imaging of thin, transparent things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from podia.simulation.config import SimulationConfig

ComplexImage = NDArray[np.complex64]

_WAVELENGTH_UM = 0.55
_RING_TRANSMISSION = 0.65
_BLUR_PX = 0.8
_BLUR_PX_PER_UM = 0.06
"""Widening of the point spread function with height: with ring illumination, objects out of focus are smeared."""

DIRECT_LIGHT = np.complex64(-1j * _RING_TRANSMISSION)
"""Unscattered light behind the phase ring."""


def scattered(phase: NDArray[np.float64]) -> ComplexImage:
    """Return the Fourier transform of the light scattered by a phase image (rad), ``exp(i phase) - 1``."""
    return np.asarray(fft.fft2((np.exp(1j * phase) - 1.0).astype(np.complex64)))


def transfer(shape: tuple[int, int], height_um: float, config: SimulationConfig) -> ComplexImage:
    """Return the transfer function of scattered light for each spatial frequency, ``(Y, X)``.

    The phase ring shifts and attenuates the direct light, and with it the lowest frequencies of scattered light, which
    causes halo and shade-off (Yin, Kanade and Chen, Medical Image Analysis 16, 1047, 2012). Light from `height_um`
    above the focal plane propagates by Fresnel's formula, so that contrast fades and reverses.
    """
    y = fft.fftfreq(shape[0])[:, None].astype(np.float32)
    x = fft.fftfreq(shape[1])[None, :].astype(np.float32)
    squared = y**2 + x**2
    halo_px = config.px(config.halo_um)
    through_ring = np.exp(-2.0 * np.pi**2 * halo_px**2 * squared)
    blur_px2 = _BLUR_PX**2 + (_BLUR_PX_PER_UM * height_um) ** 2
    blur = np.exp(-2.0 * np.pi**2 * blur_px2 * squared)
    defocus = np.exp(
        np.complex64(-1j * np.pi * _WAVELENGTH_UM * height_um / config.pixel_size_um**2) * squared
    )
    ring = 1.0 + (DIRECT_LIGHT - 1.0) * through_ring
    return np.asarray(ring * blur * defocus, dtype=np.complex64)


def image_of(light: ComplexImage) -> ComplexImage:
    """Return the light in the image plane from its Fourier transform."""
    return np.asarray(fft.ifft2(light))


def brightness(field: ComplexImage) -> NDArray[np.float32]:
    """Return the intensity of direct and scattered light; 1 without scattering."""
    light = field + DIRECT_LIGHT
    return np.asarray((light.real**2 + light.imag**2) / np.float32(abs(DIRECT_LIGHT) ** 2), dtype=np.float32)
