"""Scale and channel names in the metadata of TIFF files: ImageJ's description and OME-XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import tifffile

from podia.io.units import length_um, time_s

EXACT_PIXEL_SIZE_KEY = "podia_pixel_size_um"
"""Key of the exact pixel size; TIFF itself stores a quotient of two 32-bit integers.

ImageJ drops unknown keys when it saves a file, so a scale that was changed there is not overridden by this key.
"""


@dataclass(frozen=True)
class TiffMetadata:
    """Scale and channel names of a file; None if unknown."""

    pixel_height_um: float | None = None
    pixel_width_um: float | None = None
    frame_interval_s: float | None = None
    channel_names: tuple[str, ...] = ()


def read_metadata(tif: tifffile.TiffFile) -> TiffMetadata:
    """Return scale and channel names from OME-XML, otherwise from the ImageJ description.

    The resolution of other TIFF files is ignored: it is usually a print density.
    """
    if tif.is_ome and tif.ome_metadata:
        return _from_ome_xml(tif.ome_metadata)
    if tif.imagej_metadata is not None:
        return _from_imagej(tif.imagej_metadata, tif.pages.first)
    return TiffMetadata()


def names_other_files(ome_xml: str, name: str) -> bool:
    """Return whether OME-XML refers to pages in files other than `name`."""
    return (
        any(found != name for found in re.findall(r'FileName="([^"]*)"', ome_xml)) or "BinaryOnly" in ome_xml
    )


def _from_imagej(metadata: Mapping[str, Any], page: Any) -> TiffMetadata:
    """ImageJ: resolution in pixels per ``unit``, ``finterval`` in ``tunit`` (default: seconds)."""
    unit = str(metadata.get("unit", ""))
    exact = _number(metadata.get(EXACT_PIXEL_SIZE_KEY))
    height, width = (
        length_um(exact, "um") or length_um(_edge(page, tag), unit) for tag in ("YResolution", "XResolution")
    )
    interval = time_s(_number(metadata.get("finterval")), str(metadata.get("tunit", "sec")))
    return TiffMetadata(height, width, interval)


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


def _from_ome_xml(xml: str) -> TiffMetadata:
    """OME-XML 2016-06: PhysicalSizeX and TimeIncrement, by default in micrometres and seconds."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return TiffMetadata()
    pixels = root.find("{*}Image/{*}Pixels")
    if pixels is None:
        return TiffMetadata()
    height, width = (
        length_um(_number(pixels.get(f"PhysicalSize{axis}")), pixels.get(f"PhysicalSize{axis}Unit", "um"))
        for axis in "YX"
    )
    interval = time_s(_number(pixels.get("TimeIncrement")), pixels.get("TimeIncrementUnit", "s"))
    names = [channel.get("Name") or "" for channel in pixels.findall("{*}Channel")]
    return TiffMetadata(height, width, interval, tuple(names) if all(names) else ())


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
