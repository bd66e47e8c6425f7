"""TrackMate's simple XML export of tracks (Export tracks to XML file): positions by track, without links."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError, PodiaError
from podia.data.lineage import Lineage
from podia.io.damaged import unreadable_file
from podia.io.safe_xml import require_no_entities
from podia.io.units import length_um, time_s

_HEAD_BYTES = 1 << 12


def is_simple_export(path: Path) -> bool:
    """Return whether an XML file is TrackMate's simple export, by its first element."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).replace(b"\0", b"")
    return b"<Tracks" in head and b"<TrackMate" not in head


def read_simple_export(path: Path, *, pixel_size_um: float | None = None) -> tuple[Lineage, Calibration]:
    """Return the tracks in a simple export, numbered from 1 in the order of the file, and its frame interval.

    The format has neither links nor divisions. Positions are in its ``spaceUnits``; in um, `pixel_size_um` turns them
    into px.

    Raises
    ------
    MovieReadError
        If it cannot be read, a track has two positions in a frame (it divides or merges), or positions are in um and
        the pixel size is not known.
    """
    require_no_entities(path)
    try:
        root = ElementTree.parse(path).getroot()
        unit = root.attrib["spaceUnits"]
        interval_s = time_s(float(root.get("frameInterval", "nan")), root.get("timeUnits", ""))
        rows = [
            (round(float(spot.attrib["t"])), float(spot.attrib["y"]), float(spot.attrib["x"]), number)
            for number, track in enumerate(root.iter("particle"), start=1)
            for spot in track.iter("detection")
        ]
    except Exception as error:  # any element may be missing in a damaged file
        raise unreadable_file(path, "TrackMate export", error) from error
    nodes = pd.DataFrame(rows, columns=["frame", "y", "x", "track_id"])
    per_px = _units_per_px(unit, pixel_size_um, path)
    nodes[["y", "x"]] /= per_px
    if not np.isfinite(nodes[["y", "x"]].to_numpy(np.float64)).all() or (nodes["frame"] < 0).any():
        raise MovieReadError(
            f"'{path}' has positions or frames that are not numbers from 0. Export the tracks again."
        )
    twice = nodes[nodes.duplicated(["track_id", "frame"])]
    if len(twice):
        raise MovieReadError(
            f"Track {int(twice['track_id'].iloc[0]) - 1} of '{path}' has two positions in frame "
            f"{int(twice['frame'].iloc[0])}: it divides or merges, and TrackMate's simple export does not hold how. "
            f"Use the file that TrackMate's button Save writes."
        )
    try:
        lineage = Lineage(nodes.assign(label=nodes["track_id"]))
    except PodiaError as error:
        raise MovieReadError(f"'{path}' does not hold tracks: {error}") from error
    return lineage, Calibration(pixel_size_um, interval_s)


def _units_per_px(unit: str, pixel_size_um: float | None, path: Path) -> float:
    if unit.lower() in ("pixel", "pixels", "px"):
        return 1.0
    unit_um = length_um(1.0, unit)
    if unit_um is None:
        raise MovieReadError(
            f"'{path}' has positions in '{unit}', which podia does not know. Export them in um or px."
        )
    if pixel_size_um is None:
        raise MovieReadError(
            f"'{path}' has positions in {unit}, and the pixel size is not known. Give it with --pixel-size-um."
        )
    return pixel_size_um / unit_um
