"""Scale and channel names in the metadata of TIFF files: ImageJ's description and OME-XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile

from podia.io.safe_xml import parse_xml
from podia.io.units import is_print_unit, length_um, number, time_s

EXACT_PIXEL_SIZE_KEY = "podia_pixel_size_um"
"""Key of the exact pixel size; TIFF itself stores a quotient of two 32-bit integers.

ImageJ drops unknown keys when it saves a file, so this key does not override a scale that was changed in ImageJ.
"""


_MICROMANAGER_TAG = 51123
_PER_CM, _PER_CM_BELOW_UM = 3, 0.001
"""Resolution unit of TIFF, and the pixel size below which it takes precedence over the description."""
_UNEVEN = 0.2
"""Maximum deviation of a step between frames from the median step, as a share of it."""


@dataclass(frozen=True)
class TiffMetadata:
    """Scale and channel names of a file; None if unknown."""

    pixel_height_um: float | None = None
    pixel_width_um: float | None = None
    frame_interval_s: float | None = None
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_metadata(tif: tifffile.TiffFile, image: int = 0) -> TiffMetadata:
    """Read scale and channel names from OME-XML, Micro-Manager or ImageJ metadata, if any.

    The resolution of other TIFF files is ignored: it is more often a print density than a scale. `image` is the
    number of the image (position) in OME-XML.
    """
    found = TiffMetadata()
    if tif.is_ome and tif.ome_metadata:
        found = _from_ome_xml(tif.ome_metadata, image)
    elif tif.imagej_metadata is not None:
        found = _from_imagej(tif.imagej_metadata, tif.pages.first)
    if tif.is_micromanager:
        # The ImageJ description says um, but the resolution is per cm.
        return _completed(_from_micromanager(tif), found)
    return found


def names_other_files(ome_xml: str, name: str) -> bool:
    """Return whether OME-XML refers to pages in files other than `name`."""
    return (
        any(found != name for found in re.findall(r'FileName="([^"]*)"', ome_xml)) or "BinaryOnly" in ome_xml
    )


def _completed(first: TiffMetadata, second: TiffMetadata) -> TiffMetadata:
    """Complete missing values of `first` from `second`."""
    return TiffMetadata(
        first.pixel_height_um or second.pixel_height_um,
        first.pixel_width_um or second.pixel_width_um,
        first.frame_interval_s or second.frame_interval_s,
        first.channel_names or second.channel_names,
        (*first.notes, *second.notes),
    )


def _from_micromanager(tif: tifffile.TiffFile) -> TiffMetadata:
    """Micro-Manager: ``PixelSizeUm`` of a page, ``Interval_ms`` and ``ChNames`` of the summary; 0 is unknown."""
    summary = (tif.micromanager_metadata or {}).get("Summary") or {}
    tag = tif.pages.first.tags.get(_MICROMANAGER_TAG)
    page = tag.value if tag is not None and isinstance(tag.value, Mapping) else {}
    pixel = length_um(number(page.get("PixelSizeUm", summary.get("PixelSize_um"))), "um")
    interval = time_s(number(summary.get("Interval_ms")), "ms")
    names = summary.get("ChNames") or ()
    return TiffMetadata(pixel, pixel, interval, tuple(str(name) for name in names))


def _from_imagej(metadata: Mapping[str, Any], page: Any) -> TiffMetadata:
    """ImageJ: resolution in pixels per ``unit``, ``finterval`` in ``tunit`` (default: seconds)."""
    unit = str(metadata.get("unit", "")).replace("\\u00B5", "µ")
    exact = number(metadata.get(EXACT_PIXEL_SIZE_KEY))
    height, width = (
        length_um(exact, "um") or length_um(_edge(page, tag), unit) for tag in ("YResolution", "XResolution")
    )
    if is_print_unit(unit) and exact is None and not 0.01 < (width or 0.0) < 50:
        height = width = None  # a print density
    if exact is None and width is not None and width < _PER_CM_BELOW_UM and _resolution_unit(page) == _PER_CM:
        # Some programs write the unit of the description and the resolution per centimetre.
        height, width = (length_um(_edge(page, tag), "cm") for tag in ("YResolution", "XResolution"))
    interval = time_s(number(metadata.get("finterval")), str(metadata.get("tunit", "sec")))
    return TiffMetadata(height, width, interval)


def _resolution_unit(page: Any) -> int:
    tag = page.tags.get("ResolutionUnit")
    return 0 if tag is None else int(tag.value)


def _edge(page: Any, tag: str) -> float | None:
    if tag not in page.tags:
        return None
    numerator, denominator = page.tags[tag].value
    return _shortest_edge(int(numerator), int(denominator))


def _shortest_edge(numerator: int, denominator: int) -> float | None:
    """Return the pixel size for a stored resolution (pixels per unit, a quotient).

    ImageJ stores 0.65 um as 1538461 / 1000000, which is 0.65000019 um. The result is the decimal with the fewest
    digits that is consistent with the quotient, which is exact to one in its denominator.
    """
    if numerator <= 0 or denominator <= 0:
        return None
    exact = denominator / numerator
    if denominator < 1000:
        return exact  # too coarse to distinguish digits from rounding
    for digits in range(1, 16):
        edge = float(f"{exact:.{digits}g}")
        if abs(denominator / edge - numerator) <= 1:
            return edge
    return exact


def _from_ome_xml(xml: str, image: int) -> TiffMetadata:
    """OME-XML 2016-06: sizes in micrometres, TimeIncrement in seconds unless units are given; DeltaT of planes."""
    root = parse_xml(xml)
    images = [] if root is None else root.findall("{*}Image/{*}Pixels")
    if not images:
        return TiffMetadata()
    pixels = images[min(image, len(images) - 1)]
    units = {axis: pixels.get(f"PhysicalSize{axis}Unit", "um") for axis in "YX"}
    sizes = {axis: number(pixels.get(f"PhysicalSize{axis}")) for axis in "YX"}
    height, width = (length_um(sizes[axis], units[axis]) for axis in "YX")
    notes = []
    if width is None and sizes["X"] and units["X"] not in ("pixel", "reference frame"):
        notes.append(
            f"The pixel size in the file's metadata is {sizes['X']:g} '{units['X']}', a unit that podia does not know. "
            f"Give it with --pixel-size-um."
        )
    interval = time_s(number(pixels.get("TimeIncrement")), pixels.get("TimeIncrementUnit", "s"))
    from_planes, uneven = _interval_of_planes(pixels)
    if uneven:
        notes.append(uneven)
    names = [channel.get("Name") or "" for channel in pixels.findall("{*}Channel")]
    return TiffMetadata(
        height, width, interval or from_planes, tuple(names) if all(names) else (), tuple(notes)
    )


def _interval_of_planes(pixels: Any) -> tuple[float | None, str]:
    """Return the median step of the first channel's ``DeltaT``, and a note if steps are uneven."""
    times: dict[int, float] = {}
    for plane in pixels.findall("{*}Plane"):
        time = number(plane.get("DeltaT"))
        if plane.get("TheC", "0") == plane.get("TheZ", "0") == "0" and time is not None:
            unit = plane.get("DeltaTUnit", "s")
            times[int(number(plane.get("TheT")) or 0)] = (time_s(time, unit) or 0.0) if time > 0 else 0.0
    steps = np.diff([times[frame] for frame in sorted(times)])
    if len(steps) == 0 or float(np.median(steps)) <= 0 or sorted(times) != list(range(len(times))):
        return None, ""
    median = float(np.median(steps))
    uneven = np.flatnonzero(np.abs(steps - median) > _UNEVEN * median)
    note = ""
    if len(uneven):
        note = (
            "Frames are not evenly spaced in time: according to the file's metadata, steps range from "
            f"{steps.min():g} s to {steps.max():g} s (before frame {uneven[0] + 1}). Speeds across uneven "
            "steps are not reliable."
        )
    return round(median, 3), note
