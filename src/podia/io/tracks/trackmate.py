"""Lineages as TrackMate 7 XML, for TrackMate in Fiji."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie
from podia.files.atomic import atomic_path
from podia.io.damaged import unreadable_file
from podia.io.safe_xml import require_no_entities
from podia.io.tracks.lineage_graph import edges_of, lineage_of_graph, unbranched_paths
from podia.io.tracks.node_measures import NodeMeasure
from podia.io.tracks.trackmate_document import (
    IS_MERGE,
    LABEL,
    TRACK_ID,
    Spots,
    TrackMateMovie,
    document_lines,
)
from podia.io.units import length_um, time_s
from podia.labels.corner_polygons import fill_polygon
from podia.labels.cracks import Points

_DEFAULT_RADIUS_PX = 10.0
_READ = ("Spot", "Edge", "ImageData", "TrackID")


def write_trackmate(
    lineage: Lineage,
    path: str | Path,
    calibration: Calibration,
    *,
    movie_name: str,
    frame_shape: tuple[int, int],
    n_frames: int,
    movie_folder: str = "",
    radii_px: NDArray[np.float64] | None = None,
    measures: Sequence[NodeMeasure] = (),
    labels: LabelMovie | None = None,
) -> None:
    """Write a lineage as TrackMate XML, atomically; the same lineage gives the same bytes.

    Positions are in micrometres and seconds if calibrated, otherwise in pixels and frames.

    Parameters
    ----------
    movie_name, movie_folder
        Location of the movie. TrackMate opens it there, or next to the XML file.
    frame_shape, n_frames
        Size of the movie, ``(Y, X)`` and T.
    radii_px
        Radius of the circle drawn by TrackMate for each row of ``lineage.nodes``. Default: 10 px.
    measures
        Additional features of the spots.
    labels
        Label images with the labels of `lineage`; their outlines are written as ROIs, which enclose exactly their
        pixels.

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
    movie = TrackMateMovie(movie_name, frame_shape, n_frames, movie_folder)
    spots = Spots(radii, measures, labels)
    with atomic_path(Path(path)) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in document_lines(lineage, edges, spots, calibration, movie))


@dataclass(frozen=True)
class TrackMateFile:
    """Content of a TrackMate file.

    Parameters
    ----------
    lineage
        Tracks and divisions, positions in px.
    labels
        Label images with the labels of `lineage`, drawn from the outlines of the spots; None if spots have none.
    """

    lineage: Lineage
    calibration: Calibration
    labels: LabelMovie | None


def read_trackmate(path: str | Path) -> TrackMateFile:
    """Read tracks, outlines and calibration of a TrackMate file.

    Files of :func:`write_trackmate` are read back exactly, with positions to the last digit of a float (they are stored
    multiplied by the pixel size). In files of TrackMate itself, hidden spots and tracks that were filtered out are
    ignored, tracks are the unbranched paths, and labels are the track ids. The first path of a track has its TrackMate
    number plus 1, as in label images exported by TrackMate; other paths have higher numbers.

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
        calibration = content.calibration
    except Exception as error:  # any element may be missing in a damaged file
        raise unreadable_file(path, "TrackMate file", error) from error
    seen = (rows >= 0).all(axis=1)  # links of hidden spots are hidden as well
    rows = rows[seen]
    is_merge = None
    if content.is_own:
        is_merge = np.array([edge.get(IS_MERGE) == "1" for edge in content.edges], np.bool_)[seen]
    else:
        numbers = _numbers_of_trackmate(nodes, rows)
        nodes = nodes.assign(track_id=numbers, label=numbers)
    lineage = lineage_of_graph(nodes, rows, path, is_merge=is_merge)
    return TrackMateFile(lineage, calibration, content.labels(nodes, path))


def _numbers_of_trackmate(nodes: pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the track of each node: unbranched paths, of which the first has the TrackMate number plus 1."""
    tracks = unbranched_paths(nodes["frame"].to_numpy(), rows)
    family = nodes["family"].to_numpy()
    table = pd.DataFrame({"path": tracks, "family": family, "frame": nodes["frame"].to_numpy()})
    firsts = (
        table[table["family"] >= 0].sort_values(["frame", "path"], kind="stable").drop_duplicates("family")
    )
    numbers = {int(row.path): int(row.family) + 1 for row in firsts.itertuples()}
    following = max(numbers.values(), default=0) + 1
    for one in range(1, int(tracks.max(initial=0)) + 1):
        if one not in numbers:
            numbers[one] = following
            following += 1
    return np.array([numbers[int(one)] for one in tracks], np.int64)


@dataclass
class _Content:
    """Attributes of the relevant XML elements."""

    model: Mapping[str, str] = field(default_factory=dict)
    image: Mapping[str, str] = field(default_factory=dict)
    spots: list[Mapping[str, str]] = field(default_factory=list)
    outlines: list[str] = field(default_factory=list)
    edges: list[Mapping[str, str]] = field(default_factory=list)
    family_of: list[int] = field(default_factory=list)
    shown_families: set[int] | None = None

    @property
    def calibration(self) -> Calibration:
        return Calibration(
            length_um(float(self.image["pixelwidth"]), self.model["spatialunits"]),
            time_s(float(self.image["timeinterval"]), self.model["timeunits"]),
        )

    @property
    def is_own(self) -> bool:
        """Whether podia wrote the file, and every spot still has its features."""
        return all(TRACK_ID in spot and LABEL in spot for spot in self.spots)

    def nodes(self) -> pd.DataFrame:
        """Return visible spots as nodes of a lineage, indexed by spot ID; ``family`` is TrackMate's track or -1."""
        pixel = float(self.image["pixelwidth"])
        families = {
            int(edge[key]): family
            for edge, family in zip(self.edges, self.family_of, strict=True)
            for key in ("SPOT_SOURCE_ID", "SPOT_TARGET_ID")
        }
        kept = [
            (spot, outline, families.get(int(spot["ID"]), -1))
            for spot, outline in zip(self.spots, self.outlines, strict=True)
            if float(spot.get("VISIBILITY", 1)) > 0
        ]
        if self.shown_families is not None:
            kept = [one for one in kept if one[2] < 0 or one[2] in self.shown_families]
        visible = [spot for spot, _, _ in kept]
        columns: dict[str, Sequence[float]] = {
            "frame": [round(float(spot["FRAME"])) for spot in visible],
            "y": [float(spot["POSITION_Y"]) / pixel for spot in visible],
            "x": [float(spot["POSITION_X"]) / pixel for spot in visible],
        }
        if self.is_own:
            columns["track_id"] = [round(float(spot[TRACK_ID])) for spot in visible]
            columns["label"] = [round(float(spot[LABEL])) for spot in visible]
        table = pd.DataFrame(columns, index=[int(spot["ID"]) for spot in visible])
        return table.assign(family=[family for _, _, family in kept], outline=[text for _, text, _ in kept])

    def links(self, nodes: pd.DataFrame) -> NDArray[np.int64]:
        """Return edges as rows of `nodes`, earlier and later; -1 for missing spots."""
        ends = [int(edge[key]) for edge in self.edges for key in ("SPOT_SOURCE_ID", "SPOT_TARGET_ID")]
        rows = np.asarray(nodes.index.get_indexer(ends), np.int64).reshape(-1, 2)
        # Links of TrackMate may have either direction.
        order = np.argsort(nodes["frame"].to_numpy()[rows], axis=1, kind="stable") if len(nodes) else rows
        return np.take_along_axis(rows, order, axis=1)

    def labels(self, nodes: pd.DataFrame, path: Path) -> LabelMovie | None:
        """Return label images drawn from the outlines; None if no spot has one."""
        if not (nodes["outline"] != "").any():
            return None
        pixel = float(self.image["pixelwidth"])
        outlines: dict[int, dict[int, Points]] = {}
        for frame, label, y, x, text in nodes[["frame", "label", "y", "x", "outline"]].itertuples(
            index=False
        ):
            if text:
                corners = np.array(text.split(), np.float64).reshape(-1, 2)[:, ::-1] / pixel + (y, x)
                # podia's corners are pixel corners; written with seven digits, they are read back nearly exactly.
                exact = np.rint(corners - 0.5) + 0.5 if self.is_own else corners
                outlines.setdefault(int(frame), {})[int(label)] = exact
        n_frames, height, width = (int(float(self.image[name])) for name in ("nframes", "height", "width"))
        return LabelMovie(_OutlineSource(outlines, (n_frames, height, width)), self.calibration, path.stem)


@dataclass(frozen=True)
class _OutlineSource:
    """Frames with cells drawn from their outlines when they are read."""

    outlines: Mapping[int, Mapping[int, Points]]
    shape: tuple[int, int, int]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the labels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return the labels of frame `frame`, ``(Y, X)``."""
        image = np.zeros(self.shape[1:], np.int32)
        for label, polygon in self.outlines.get(frame, {}).items():
            rows, columns, inside = fill_polygon(polygon, self.shape[1:])
            image[rows, columns][inside] = label
        return image


def _parse(path: Path) -> _Content:
    content = _Content()
    family = -1
    require_no_entities(path)
    for event, element in ElementTree.iterparse(path, events=("start", "end")):
        if event == "start" and element.tag == "Model":
            content.model = dict(element.attrib)
        elif event == "start" and element.tag == "Track":
            family = int(element.attrib["TRACK_ID"])
        elif event == "start" and element.tag == "FilteredTracks":
            content.shown_families = set()
        elif event == "end" and element.tag in _READ:
            if element.tag == "ImageData":
                content.image = dict(element.attrib)
            elif element.tag == "Spot":
                content.spots.append(dict(element.attrib))
                content.outlines.append((element.text or "").strip())
            elif element.tag == "Edge":
                content.edges.append(dict(element.attrib))
                content.family_of.append(family)
            elif content.shown_families is not None:
                content.shown_families.add(int(element.attrib["TRACK_ID"]))
            element.clear()  # files are large, and the tree is not needed
    return content
