"""Plausibility of the scale: metadata may contain mm instead of um, or the pixel size of the camera."""

from __future__ import annotations

from podia.data.calibration import Calibration

PIXEL_SIZES_UM = (0.05, 5.0)
"""Range of pixel sizes in live-cell microscopy: 100x with a small camera pixel to 2x with binning."""
INTERVALS_S = (0.5, 86_400.0)
"""Range of frame intervals, half a second to a day; shorter ones are mostly playback rates."""
DIAMETERS_UM = (3.0, 400.0)
"""Range of cell diameters (of a disc of the median area): a yeast to a spread giant cell."""
SPEEDS_UM_PER_MIN = 60.0
"""Maximum speed: neutrophils reach 30 um/min."""

WIDTHS_UM = (15.0, 60.0)
"""Widths, as diameters of a disc of the same area, of the median cell in culture: 17 to 57 um in six data sets (Chinese
hamster ovary, PSC, MDA-MB-231, HeLa, U373, T98G)."""


def likely_pixel_sizes_um(width_px: float) -> tuple[float, float, float]:
    """Return the pixel size of a movie whose median cell is `width_px` wide: least, middle (geometric) and largest.

    Examples
    --------
    >>> [round(size, 2) for size in likely_pixel_sizes_um(50.0)]
    [0.3, 0.6, 1.2]
    """
    low, high = (width / width_px for width in WIDTHS_UM)
    return low, (low * high) ** 0.5, high


def implausible_scale(calibration: Calibration) -> list[str]:
    """Return a sentence each for an implausible pixel size and frame interval.

    Examples
    --------
    >>> implausible_scale(Calibration(pixel_size_um=0.65, frame_interval_s=300))
    []
    >>> implausible_scale(Calibration(pixel_size_um=650))[0].split(":")[0]
    'The pixel size of 650 um cannot be right'
    """
    sentences = []
    pixel, interval = calibration.pixel_size_um, calibration.frame_interval_s
    if pixel is not None and not PIXEL_SIZES_UM[0] <= pixel <= PIXEL_SIZES_UM[1]:
        sentences.append(
            f"The pixel size of {pixel:g} um cannot be right: microscopes have {PIXEL_SIZES_UM[0]:g} to "
            f"{PIXEL_SIZES_UM[1]:g} um per pixel. Give the true pixel size with --pixel-size-um."
        )
    if interval is not None and not INTERVALS_S[0] <= interval <= INTERVALS_S[1]:
        sentences.append(
            f"The frame interval of {interval:g} s is hard to believe: it may be the rate at which the film is played. "
            f"Give the time between frames with --frame-interval-s."
        )
    return sentences
