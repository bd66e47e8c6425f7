"""Micro-Manager's image stack files: index map, summary and a page per frame with its own JSON."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PIXEL_UM, INTERVAL_MS = 0.65, 300_000
_HEADER_BYTES = 32
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5


def write_stack(
    path: Path, frames: NDArray[np.uint8], *, position: int = 0, n_positions: int = 1, ome: str | None = None
) -> Path:
    """Write the frames ``(T, Y, X)`` of one position as Micro-Manager 2 does; `ome` stands in the first page."""
    n_frames, height, width = frames.shape
    summary = json.dumps(
        {
            "Prefix": path.name.split("_MMStack")[0],
            "MicroManagerVersion": "2.0.1",
            "Frames": n_frames,
            "Slices": 1,
            "Channels": 1,
            "Positions": n_positions,
            "Interval_ms": INTERVAL_MS,
            "PixelType": "GRAY8",
            "Width": width,
            "Height": height,
            "ChNames": ["Phase"],
            "TimeFirst": True,
            "SlicesFirst": True,
            "AxisOrder": ["channel", "z", "position", "time"],
        }
    ).encode()
    imagej = f"ImageJ=1.52p\nimages={n_frames}\nframes={n_frames}\nhyperstack=true\nunit=um\n".encode()
    out = bytearray(_HEADER_BYTES) + struct.pack("<II", 2355492, len(summary)) + summary
    out += bytes(len(out) % 2)
    pages = []
    for frame, image in enumerate(frames):
        texts = (
            [text.encode() + b"\0" for text in ([ome] if ome else [])] + [imagej + b"\0"]
            if frame == 0
            else []
        )
        pages.append(len(out))
        out += _page(image, frame, position, texts, start=len(out), is_last=frame == n_frames - 1)
    index = len(out)
    out += struct.pack("<II", 3453623, n_frames)
    for frame, offset in enumerate(pages):
        out += struct.pack("<IIIII", 0, 0, frame, position, offset)
    display = len(out)
    out += struct.pack("<II", 347834724, 2) + b"[]"
    comments = len(out)
    out += struct.pack("<II", 84720485, 2) + b"{}"
    header = struct.pack("<2sHI", b"II", 42, pages[0])
    header += struct.pack("<6I", 54773648, index, 483765892, display, 99384722, comments)
    out[:_HEADER_BYTES] = header
    path.write_bytes(out)
    return path


def _page(
    image: NDArray[np.uint8], frame: int, position: int, texts: list[bytes], *, start: int, is_last: bool
) -> bytes:
    """Return a page that begins at `start`: directory, pixels, resolution, JSON and descriptions."""
    height, width = image.shape
    own = json.dumps(
        {
            "PixelSizeUm": PIXEL_UM,
            "ElapsedTime-ms": frame * INTERVAL_MS,
            "FrameIndex": frame,
            "PositionIndex": position,
            "PositionName": f"Pos{position}",
        }
    ).encode()
    per_cm = struct.pack("<II", int(1e7 / PIXEL_UM), 1000)
    n_entries = 13 + len(texts)
    parts = [image.tobytes(), per_cm, per_cm, own + b"\0", *texts]
    places = np.cumsum([start + 2 + 12 * n_entries + 4, *(len(part) for part in parts)]).tolist()
    entries = [
        (256, _LONG, 1, width),
        (257, _LONG, 1, height),
        (258, _SHORT, 1, 8),
        (259, _SHORT, 1, 1),
        (262, _SHORT, 1, 1),
        *((270, _ASCII, len(text), place) for text, place in zip(texts, places[4:], strict=False)),
        (273, _LONG, 1, places[0]),
        (277, _SHORT, 1, 1),
        (278, _LONG, 1, height),
        (279, _LONG, 1, height * width),
        (282, _RATIONAL, 1, places[1]),
        (283, _RATIONAL, 1, places[2]),
        (296, _SHORT, 1, 3),
        (51123, _ASCII, len(parts[3]), places[3]),
    ]
    end = places[-1] + places[-1] % 2
    page = struct.pack("<H", n_entries) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    page += struct.pack("<I", 0 if is_last else end) + b"".join(parts)
    return page + bytes(end - start - len(page))


def ome_xml(prefix: str, n_positions: int, shape: tuple[int, int, int]) -> str:
    """Return the OME-XML of a set of files, one per position, with the time of each plane."""
    n_frames, height, width = shape
    images = []
    for position in range(n_positions):
        file = f'<UUID FileName="{prefix}_MMStack_Pos{position}.ome.tif">urn:uuid:{position}</UUID>'
        planes = "".join(
            f'<TiffData FirstT="{t}" IFD="{t}" PlaneCount="1">{file}</TiffData>' for t in range(n_frames)
        ) + "".join(
            f'<Plane DeltaT="{t * INTERVAL_MS / 1000}" DeltaTUnit="s" TheC="0" TheT="{t}" TheZ="0"/>'
            for t in range(n_frames)
        )
        images.append(
            f'<Image ID="Image:{position}" Name="{prefix}_MMStack_Pos{position}"><Pixels ID="Pixels:{position}" '
            f'DimensionOrder="XYCZT" Type="uint8" SizeX="{width}" SizeY="{height}" SizeC="1" SizeZ="1" '
            f'SizeT="{n_frames}" PhysicalSizeX="{PIXEL_UM}" PhysicalSizeY="{PIXEL_UM}">'
            f'<Channel ID="Channel:{position}:0" Name="Phase"/>'
            f"{planes}</Pixels></Image>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="urn:uuid:0">{"".join(images)}</OME>'
    )
