"""Image formation of microscopes: intensity images from the phase delay of a specimen.

A specimen is the phase delay ``phi`` of each pixel in rad, ``(Y, X)``; it multiplies the light by ``exp(i phi)``. A
microscope multiplies each spatial frequency (cycles per px) by its transfer function. Lengths are in px, so that the
same microscope works at every magnification. Images are about 1 in empty regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Phase = NDArray[np.float32]
"""Phase delay in rad, ``(Y, X)``."""
Light = NDArray[np.float32]
"""Intensity, ``(Y, X)``; about 1 in empty regions."""
_Waves = NDArray[np.complex64]

Modality = Literal[
    "phase", "negative-phase", "bright-phase", "dic", "brightfield", "oblique", "quantitative-phase"
]
"""Kinds of microscope."""
MODALITIES: tuple[Modality, ...] = get_args(Modality)

_PAD_PX = 32
"""Mirrored margin, so that the image does not wrap around."""


class Microscope(Protocol):
    """A microscope with its settings."""

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""


@dataclass(frozen=True)
class PhaseContrast:
    """Phase contrast with its artefacts, halo and shade-off.

    The phase ring shifts the direct light by a quarter wavelength and attenuates it, together with the lowest
    frequencies of the scattered light (Yin, Kanade and Chen 2012, Medical Image Analysis 16, 1047, equations 3 to 8).

    Parameters
    ----------
    ring_transmission
        Amplitude transmission of the ring.
    halo_px
        Width of the halo, inverse to the width of the ring.
    blur_px
        Standard deviation of the point spread function.
    defocus_px2
        ``wavelength * height / pixel_size**2``: defocus in the Fresnel formula.
    negative
        Whether cells are brighter than their surroundings.
    """

    ring_transmission: float = 0.65
    halo_px: float = 8.0
    blur_px: float = 0.8
    defocus_px2: float = 0.0
    negative: bool = False

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""
        direct = np.complex64((1j if self.negative else -1j) * self.ring_transmission)
        y, x = _frequencies(phase.shape)
        through_ring = _gaussian(y, x, self.halo_px)
        transfer = (
            (1 + (direct - 1) * through_ring)
            * _gaussian(y, x, self.blur_px)
            * _defocus(y, x, self.defocus_px2)
        )
        field = _through(np.exp(1j * phase) - 1, transfer) + direct
        return _intensity(field) / np.float32(abs(direct) ** 2)


@dataclass(frozen=True)
class Dic:
    """Differential interference contrast: the specimen and its sheared image interfere.

    ``|exp(i bias/2) t(r + s/2) - exp(-i bias/2) t(r - s/2)|**2 / (4 sin(bias/2)**2)`` with ``t = exp(i phi)`` (Preza,
    Snyder and Conchello 1999, Journal of the Optical Society of America A 16, 2185, equation 1).

    Parameters
    ----------
    angle
        Direction of the shear in rad.
    shear_px
        Length of the shear; about the width of the point spread function.
    bias
        Phase between the two images in rad; a small bias gives strong contrast.
    blur_px, defocus_px2
        As in :class:`PhaseContrast`.
    """

    angle: float = 0.8
    shear_px: float = 1.5
    bias: float = 1.0
    blur_px: float = 0.8
    defocus_px2: float = 0.0

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""
        y, x = _frequencies(phase.shape)
        along = np.float32(np.pi * self.shear_px) * (np.sin(self.angle) * y + np.cos(self.angle) * x)
        shear = 2j * np.sin(along + np.float32(self.bias / 2))
        transfer = shear * _gaussian(y, x, self.blur_px) * _defocus(y, x, self.defocus_px2)
        field = _through(np.exp(1j * phase), transfer)
        return _intensity(field) / np.float32(4 * np.sin(self.bias / 2) ** 2)


@dataclass(frozen=True)
class Brightfield:
    """Defocused brightfield: cells refract light like a lens, and focus or spread it.

    Fresnel propagation, whose limit for short distances is the transport of intensity (Teague 1983, Journal of
    the Optical Society of America 73, 1434). A wide condenser aperture blurs what is out of focus.

    Parameters
    ----------
    defocus_px2
        As in :class:`PhaseContrast`; the sign distinguishes above and below the focus.
    smear_px
        Standard deviation of that blur.
    absorption
        Absorption of light: natural logarithm per rad of phase.
    blur_px
        Standard deviation of the point spread function.
    """

    defocus_px2: float = 6.0
    smear_px: float = 1.0
    absorption: float = 0.02
    blur_px: float = 0.8

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""
        y, x = _frequencies(phase.shape)
        transfer = _gaussian(y, x, self.blur_px) * _defocus(y, x, self.defocus_px2)
        field = _through(np.exp(np.complex64(1j - self.absorption) * phase), transfer)
        return _smear(_intensity(field), self.smear_px)


@dataclass(frozen=True)
class Oblique:
    """Oblique illumination, as in Hoffman modulation contrast: slopes towards the light are bright, others dark.

    One half of the frequencies is attenuated with a soft edge, as by the modulator (Hoffman and Gross 1975,
    Applied Optics 14, 1169).

    Parameters
    ----------
    angle
        Direction of the light in rad.
    dimming
        Attenuation of the light of one side, 0 to 1.
    edge
        Width of the edge of the modulator, cycles per px.
    blur_px, defocus_px2
        As in :class:`PhaseContrast`.
    """

    angle: float = 0.8
    dimming: float = 0.7
    edge: float = 0.03
    blur_px: float = 0.8
    defocus_px2: float = 0.0

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""
        y, x = _frequencies(phase.shape)
        along = np.sin(self.angle) * y + np.cos(self.angle) * x
        plate = 1 - np.float32(self.dimming / 2) * (1 + np.tanh(along / np.float32(self.edge)))
        transfer = plate * _gaussian(y, x, self.blur_px) * _defocus(y, x, self.defocus_px2)
        field = _through(np.exp(1j * phase), transfer)
        return _intensity(field) / np.float32((1 - self.dimming / 2) ** 2)


@dataclass(frozen=True)
class BrightPhase:
    """Small thick cells in phase contrast at a low magnification: bright all over, in a dark or bright surrounding.

    They delay light by more than half a wavelength, and the scattered light is no longer resolved: brightness increases
    with thickness, minus that of the surroundings. An empirical model, not derived from optics.

    Parameters
    ----------
    power
        Exponent of brightness against thickness.
    ring_px, ring
        Width and strength of the dark surrounding.
    blur_px
        Standard deviation of the point spread function.
    """

    power: float = 1.0
    ring_px: float = 4.0
    ring: float = 0.4
    blur_px: float = 1.0

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""
        bright = np.maximum(phase, 0) ** np.float32(self.power)
        around = _smear(bright, self.ring_px)
        return np.asarray(1 + _smear(bright, self.blur_px) - np.float32(self.ring) * around, dtype=np.float32)


@dataclass(frozen=True)
class QuantitativePhase:
    """Quantitative phase, as measured by holography or ptychography, plus 1, so that empty regions are 1."""

    blur_px: float = 0.8

    def image(self, phase: Phase) -> Light:
        """Return the image on the camera without noise."""
        return 1 + _smear(phase, self.blur_px)


def draw_microscope(rng: np.random.Generator, modality: Modality) -> Microscope:
    """Return a microscope of a kind with settings drawn at random, for cells about 40 px wide."""
    angle, blur = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.6, 1.5))
    defocus = float(rng.normal(0, 3))
    if modality in ("phase", "negative-phase"):
        ring = float(rng.uniform(0.3, 0.8))
        halo = float(np.exp(rng.uniform(np.log(3), np.log(20))))
        return PhaseContrast(ring, halo, blur, defocus, negative=modality == "negative-phase")
    if modality == "dic":
        return Dic(angle, float(rng.uniform(0.8, 3)), float(rng.uniform(0.4, 1.6)), blur, defocus / 2)
    if modality == "brightfield":
        far = float(rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(3), np.log(25))))
        return Brightfield(far, float(rng.uniform(0.5, 2)), float(rng.uniform(0, 0.15)), blur)
    if modality == "oblique":
        return Oblique(angle, float(rng.uniform(0.4, 0.95)), float(rng.uniform(0.005, 0.06)), blur, defocus)
    if modality == "bright-phase":
        ring_px = float(np.exp(rng.uniform(np.log(2), np.log(9))))
        return BrightPhase(float(rng.uniform(0.7, 1.6)), ring_px, float(rng.uniform(0, 0.8)), blur)
    return QuantitativePhase(blur)


def _frequencies(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    y, x = (fft.fftfreq(_padded(n)).astype(np.float32) for n in shape)
    return y[:, None], x[None, :]


def _padded(n: int) -> int:
    return int(fft.next_fast_len(n + 2 * _PAD_PX))


def _gaussian(y: NDArray[np.float32], x: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    scale = np.float32(-2 * np.pi**2 * sigma_px**2)
    return np.asarray(np.exp(scale * y**2) * np.exp(scale * x**2))


def _defocus(y: NDArray[np.float32], x: NDArray[np.float32], defocus_px2: float) -> _Waves:
    scale = np.complex64(-1j * np.pi * defocus_px2)
    return np.asarray(np.exp(scale * y**2) * np.exp(scale * x**2), dtype=np.complex64)


def _through(wave: NDArray[np.complexfloating], transfer: NDArray[np.generic]) -> _Waves:
    """Return `wave` ``(Y, X)`` after a transfer function of the padded size."""
    margins = [(_PAD_PX, m - n - _PAD_PX) for n, m in zip(wave.shape, transfer.shape, strict=True)]
    padded = np.pad(wave.astype(np.complex64), margins, mode="symmetric")
    seen = fft.ifft2(fft.fft2(padded) * transfer.astype(np.complex64))
    return np.asarray(seen[tuple(slice(_PAD_PX, _PAD_PX + n) for n in wave.shape)])


def _smear(image: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    y, x = _frequencies(image.shape)
    return np.asarray(_through(image.astype(np.complex64), _gaussian(y, x, sigma_px)).real, dtype=np.float32)


def _intensity(field: _Waves) -> Light:
    return np.asarray(field.real**2 + field.imag**2, dtype=np.float32)
