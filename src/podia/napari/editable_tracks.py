"""Cells and tracks of an analysis as funtracks edits them, and back."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from podia.corrections.differences import Differences, differences
from podia.corrections.operations import CellAt
from podia.corrections.regions import innermost_point, label_at
from podia.data.errors import InvalidInputError
from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.data.movie import Image, LabelImage, LabelMovie
from podia.io.tracks.geff import write_geff
from podia.io.tracks.lineage_graph import lineage_of_graph
from podia.napari.layers import Placement


@dataclass(frozen=True)
class EditableTracks:
    """A funtracks ``Tracks`` of an analysis.

    Parameters
    ----------
    tracks
        The object that funtracks and napari-track-edit change; node ids are the values in its segmentation.
    values
        Value in `labels` (a track id) of each node that podia wrote, by node id.
    labels, lineage
        The cells and tracks as podia wrote them; the value of a cell is its track id.
    """

    tracks: Any
    values: Mapping[int, int]
    labels: LabelMovie
    lineage: Lineage

    @classmethod
    def of(cls, labels: LabelMovie, lineage: Lineage) -> EditableTracks:
        """Return the editable tracks of an analysis; merges of tracks are left out.

        Raises
        ------
        InvalidInputError
            If there are no cells: funtracks opens no empty graph.
        """
        from funtracks.import_export import import_from_geff

        if lineage.nodes.empty:
            raise InvalidInputError(
                "There are no cells to edit. Draw some in the label image, then: podia apply."
            )
        # In memory: podia writes the file anew when it measures.
        labels = LabelMovie.from_array(labels.to_array(), labels.calibration, name=labels.name)
        scale = list(Placement(labels.calibration).scale)
        names = {"time": "t", "pos": ["y", "x"], "seg_id": "track_id"}
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of node ids, which are free to choose
            path = Path(folder) / "tracks.geff"
            write_geff(_importable(labels, lineage), path, labels.calibration)
            tracks = import_from_geff(path, names, labels.to_array(), scale=scale, edge_name_map={})
        nodes = [int(node) for node in tracks.nodes()]
        values = dict(zip(nodes, (int(v) for v in tracks.get_nodes_attr(nodes, "seg_id")), strict=True))
        return cls(tracks, values, labels, lineage)

    def differences(self) -> Differences:
        """Return what was edited since, as corrections."""
        labels, lineage = self.edited()
        return differences(self.labels, self.lineage, labels, lineage)

    def edited(self) -> tuple[LabelMovie, Lineage]:
        """Return cells and tracks as they are now.

        A cell has the value that it had; a cell that was drawn has the track id that its track had in other frames,
        else a value that no cell had.
        """
        lineage = self._lineage_of_nodes()
        values = self._values_now(lineage)
        frames = {}
        for frame in range(self.labels.n_frames):
            image = _mapped(self.segmentation(frame), values)
            if not np.array_equal(image, self.labels.frame(frame)):
                frames[frame] = image
        labels = self.labels.map_frames(_Replaced(frames), dtype=np.int32)
        nodes = lineage.nodes
        return labels, replace(lineage, nodes=nodes.assign(label=[values[node] for node in nodes["label"]]))

    def node_at(self, cell: CellAt) -> int:
        """Return the node whose cell is at a place, found as corrections find it; 0 where there is none."""
        return label_at(self.segmentation(cell.frame), (cell.y, cell.x))

    def segmentation(self, frame: int) -> LabelImage:
        """Return the cells of a frame as they are now, by node id."""
        return np.asarray(self.tracks.segmentation[frame]).astype(np.int32)

    def _lineage_of_nodes(self) -> Lineage:
        """Return the graph as it is now; the label of a cell is its node id."""
        nodes = [int(node) for node in self.tracks.nodes()]
        if not nodes:
            return Lineage.empty()
        places = np.asarray(self.tracks.get_positions(nodes, incl_time=True), float)
        table = pd.DataFrame(places, columns=["frame", "y", "x"]).assign(label=nodes)
        table[["y", "x"]] /= Placement(self.labels.calibration).pixel
        table["frame"] = table["frame"].astype(int)
        row_of = {node: row for row, node in enumerate(nodes)}
        rows = [[row_of[int(a)], row_of[int(b)]] for a, b in self.tracks.graph_solution.edge_list()]
        return lineage_of_graph(table, np.array(rows, np.int64).reshape(-1, 2), Path("tracks"))

    def _values_now(self, lineage: Lineage) -> dict[int, int]:
        """Return the value of each node of `lineage`."""
        nodes = lineage.nodes
        values = {int(node): self.values[int(node)] for node in nodes["label"] if int(node) in self.values}
        taken = {
            (int(row.frame), values[int(row.label)]) for row in nodes.itertuples() if row.label in values
        }
        unused = max([*self.values.values(), 0]) + 1
        for _, cells in nodes.groupby("track_id"):
            known = [
                (int(row.frame), values[int(row.label)]) for row in cells.itertuples() if row.label in values
            ]
            for row in cells.itertuples():
                if row.label in values:
                    continue
                frame = int(row.frame)
                nearest = min(known, key=lambda one: abs(one[0] - frame))[1] if known else unused
                value = unused if (frame, nearest) in taken else nearest
                values[int(row.label)] = value
                taken.add((frame, value))
            unused += 1
        return values


def _importable(labels: LabelMovie, lineage: Lineage) -> Lineage:
    """Return `lineage` without merges; the last cell is at a point that lies in it, which funtracks checks."""
    nodes = lineage.nodes[list(NODE_COLUMNS)].copy()
    last = nodes.iloc[-1]
    point = innermost_point(labels.frame(int(last["frame"])), int(last["label"]))
    if point is not None:
        nodes.iloc[-1, nodes.columns.get_indexer(["y", "x"])] = point
    return Lineage(nodes, lineage.parents)


def _mapped(image: LabelImage, values: Mapping[int, int]) -> LabelImage:
    table = np.zeros(max(int(image.max(initial=0)), *values, 0) + 1, np.int32)
    if values:
        table[list(values)] = list(values.values())
    return np.asarray(table[image])


@dataclass(frozen=True)
class _Replaced:
    """Frames replaced by edited ones."""

    frames: Mapping[int, LabelImage]

    def __call__(self, frame: int, image: Image) -> LabelImage:
        """Return the edited frame, or `image` where nothing was edited."""
        return self.frames.get(frame, image)
