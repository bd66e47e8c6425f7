"""Lineages as TrackMate 7 XML, for TrackMate in Fiji."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.files.atomic import atomic_path
from podia.io.damaged import unreadable_file
from podia.io.safe_xml import require_no_entities
from podia.io.tracks.lineage_graph import edges_of, lineage_of_graph
from podia.io.tracks.trackmate_document import IS_MERGE, LABEL, TRACK_ID, TrackMateMovie, document_lines
from podia.io.units import length_um, time_s

_DEFAULT_RADIUS_PX = 10.0


def write_trackmate(
    lineage: Lineage,
    path: str | Path,
    calibration: Calibration,
    *,
    movie_name: str,
    frame_shape: tuple[int, int],
    n_frames: int,
    radii_px: NDArray[np.float64] | None = None,
) -> None:
    """Write a lineage as TrackMate XML, atomically; the same lineage gives the same bytes.

    Positions are in micrometres and seconds if calibrated, otherwise in pixels and frames.

    Parameters
    ----------
    movie_name
        File name of the movie; TrackMate opens it if it is next to the XML file.
    frame_shape, n_frames
        Size of the movie, ``(Y, X)`` and T.
    radii_px
        Radius of the circle drawn by TrackMate for each row of ``lineage.nodes``. Default: 10 px.

    Raises
    ------
    InvalidInputError
        If radii do not match the nodes, or a track merges into one that has no cell after it.
    OutputError
        If there is no space or no permission to write `path`.
    """
    n_nodes = len(lineage.nodes)
    radii = np.full(n_nodes, _DEFAULT_RADIUS_PX) if radii_px is None else np.asarray(radii_px, np.float64)
    if radii.shape != (n_nodes,) or not (radii > 0).all():
        raise InvalidInputError(
            f"TrackMate needs a positive radius for each of {n_nodes} cells, not {radii.shape} values from "
            f"{radii.min(initial=np.inf)}."
        )
    edges = edges_of(lineage)
    movie = TrackMateMovie(movie_name, frame_shape, n_frames)
    with atomic_path(Path(path)) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in document_lines(lineage, edges, radii, calibration, movie))


def read_trackmate(path: str | Path) -> tuple[Lineage, Calibration]:
    """Return the lineage in a TrackMate file, positions in pixels, and the calibration of its image.

    Files of :func:`write_trackmate` are read back exactly, with positions to the last digit of a float (they are stored
    multiplied by the pixel size). In files of TrackMate itself, hidden spots are ignored, tracks are the unbranched
    paths, and labels are the track ids.

    Raises
    ------
    MovieReadError
        If it cannot be read, or its graph is not a lineage.
    """
    path = Path(path)
    if not path.is_file():
        raise MovieReadError(f"There is no file '{path}'.")
    try:
        content = _parse(path)
        nodes = content.nodes()
        rows = content.links(nodes)
    except Exception as error:  # any element may be missing in a damaged file
        raise unreadable_file(path, "TrackMate file", error) from error
    seen = (rows >= 0).all(axis=1)  # links of hidden spots are hidden as well
    is_own = "track_id" in nodes
    is_merge = np.array([edge.get(IS_MERGE) == "1" for edge in content.edges], np.bool_)[seen]
    lineage = lineage_of_graph(nodes, rows[seen], path, is_merge=is_merge if is_own else None)
    return lineage, content.calibration


@dataclass
class _Content:
    """Attributes of the relevant XML elements."""

    model: Mapping[str, str] = field(default_factory=dict)
    image: Mapping[str, str] = field(default_factory=dict)
    spots: list[Mapping[str, str]] = field(default_factory=list)
    edges: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def calibration(self) -> Calibration:
        return Calibration(
            length_um(float(self.image["pixelwidth"]), self.model["spatialunits"]),
            time_s(float(self.image["timeinterval"]), self.model["timeunits"]),
        )

    def nodes(self) -> pd.DataFrame:
        """Return visible spots as nodes of a lineage, indexed by spot ID."""
        pixel = float(self.image["pixelwidth"])
        visible = [spot for spot in self.spots if float(spot.get("VISIBILITY", 1)) > 0]
        columns: dict[str, Sequence[float]] = {
            "frame": [round(float(spot["FRAME"])) for spot in visible],
            "y": [float(spot["POSITION_Y"]) / pixel for spot in visible],
            "x": [float(spot["POSITION_X"]) / pixel for spot in visible],
        }
        if all(TRACK_ID in spot for spot in visible):
            columns["track_id"] = [round(float(spot[TRACK_ID])) for spot in visible]
            columns["label"] = [round(float(spot[LABEL])) for spot in visible]
        return pd.DataFrame(columns, index=[int(spot["ID"]) for spot in visible])

    def links(self, nodes: pd.DataFrame) -> NDArray[np.int64]:
        """Return edges as rows of `nodes`, earlier and later; -1 for missing spots."""
        ends = [int(edge[key]) for edge in self.edges for key in ("SPOT_SOURCE_ID", "SPOT_TARGET_ID")]
        rows = np.asarray(nodes.index.get_indexer(ends), np.int64).reshape(-1, 2)
        # Links of TrackMate may have either direction.
        order = np.argsort(nodes["frame"].to_numpy()[rows], axis=1, kind="stable") if len(nodes) else rows
        return np.take_along_axis(rows, order, axis=1)


def _parse(path: Path) -> _Content:
    content = _Content()
    require_no_entities(path)
    for event, element in ElementTree.iterparse(path, events=("start", "end")):
        if event == "start" and element.tag == "Model":
            content.model = dict(element.attrib)
        elif event == "end" and element.tag in ("Spot", "Edge", "ImageData"):
            if element.tag == "ImageData":
                content.image = dict(element.attrib)
            else:
                (content.spots if element.tag == "Spot" else content.edges).append(dict(element.attrib))
            element.clear()  # files are large, and the tree is not needed
    return content
