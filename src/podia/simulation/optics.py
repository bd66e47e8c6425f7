"""Imaging of thin, transparent things: phase contrast, DIC, brightfield, oblique light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from podia.simulation.config import Modality, SimulationConfig

ComplexImage = NDArray[np.complex64]

_WAVELENGTH_UM = 0.55
_RING_TRANSMISSION = 0.65
_BLUR_PX = 0.8
_BLUR_PX_PER_UM = 0.06
"""Widening of the point spread function with height: with ring illumination, objects out of focus are smeared."""

_SHEAR_PX = 1.5
_BIAS_RAD = 1.0
_LIT_FROM_RAD = 0.8
"""DIC and oblique light: direction of the shear, or from which the light comes."""
_PLATE_DIMMING = 0.8
_PLATE_EDGE = 0.02
_BRIGHTFIELD_HEIGHT_UM = 15.0
"""Transparent cells are seen in brightfield only off the focus."""


def direct_light(modality: Modality) -> np.complex64:
    """Return the amplitude of unscattered light in the image plane."""
    return _DIRECT[modality]


_DIRECT: dict[Modality, np.complex64] = {
    "phase": np.complex64(-1j * _RING_TRANSMISSION),
    "negative-phase": np.complex64(1j * _RING_TRANSMISSION),
    "dic": np.complex64(2j * np.sin(_BIAS_RAD / 2)),
    "brightfield": np.complex64(1.0),
    "oblique": np.complex64(1.0 - _PLATE_DIMMING / 2),
}


def scattered(phase: NDArray[np.float64]) -> ComplexImage:
    """Return the Fourier transform of the light scattered by a phase image (rad), ``exp(i phase) - 1``."""
    return np.asarray(fft.fft2((np.exp(1j * phase) - 1.0).astype(np.complex64)))


def transfer(shape: tuple[int, int], height_um: float, config: SimulationConfig) -> ComplexImage:
    """Return the transfer function of scattered light for each spatial frequency, ``(Y, X)``.

    In phase contrast, the phase ring shifts and attenuates the direct light, and with it the lowest frequencies of
    scattered light, which causes halo and shade-off (Yin, Kanade and Chen, Medical Image Analysis 16, 1047, 2012). In
    DIC, two sheared images interfere (Preza, Snyder and Conchello, J. Opt. Soc. Am. A 16, 2185, 1999). Oblique light
    is half dimmed by a grey plate (Hoffman and Gross, Applied Optics 14, 1169, 1975). Light from `height_um` above the
    focal plane propagates by Fresnel's formula, so that contrast fades and reverses; that alone shows transparent cells
    in brightfield.
    """
    y = fft.fftfreq(shape[0])[:, None].astype(np.float32)
    x = fft.fftfreq(shape[1])[None, :].astype(np.float32)
    squared = y**2 + x**2
    if config.modality == "brightfield":
        height_um = height_um + _BRIGHTFIELD_HEIGHT_UM
    blur_px2 = _BLUR_PX**2 + (_BLUR_PX_PER_UM * height_um) ** 2
    blur = np.exp(-2.0 * np.pi**2 * blur_px2 * squared)
    defocus = np.exp(
        np.complex64(-1j * np.pi * _WAVELENGTH_UM * height_um / config.pixel_size_um**2) * squared
    )
    return np.asarray(_pupil(y, x, config) * blur * defocus, dtype=np.complex64)


def _pupil(y: NDArray[np.float32], x: NDArray[np.float32], config: SimulationConfig) -> NDArray[np.generic]:
    """Return what the microscope's own optics do to each spatial frequency."""
    along = np.sin(_LIT_FROM_RAD) * y + np.cos(_LIT_FROM_RAD) * x
    if config.modality == "brightfield":
        return np.ones((1, 1), np.float32)
    if config.modality == "dic":
        return np.asarray(2j * np.sin(np.pi * _SHEAR_PX * along + _BIAS_RAD / 2))
    if config.modality == "oblique":
        return np.asarray(1.0 - _PLATE_DIMMING / 2 * (1.0 + np.tanh(along / _PLATE_EDGE)))
    halo_px = config.px(config.halo_um)
    through_ring = np.exp(-2.0 * np.pi**2 * halo_px**2 * (y**2 + x**2))
    return np.asarray(1.0 + (direct_light(config.modality) - 1.0) * through_ring)


def image_of(light: ComplexImage) -> ComplexImage:
    """Return the light in the image plane from its Fourier transform."""
    return np.asarray(fft.ifft2(light))


def brightness(field: ComplexImage, modality: Modality = "phase") -> NDArray[np.float32]:
    """Return the intensity of direct and scattered light; 1 without scattering."""
    direct = direct_light(modality)
    light = field + direct
    return np.asarray((light.real**2 + light.imag**2) / np.float32(abs(direct) ** 2), dtype=np.float32)
