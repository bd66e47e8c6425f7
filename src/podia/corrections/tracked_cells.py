"""Cells by track and frame, and overlaps in neighbouring frames."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import ndimage as ndi

from podia.corrections.operations import CellAt
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie

_CONTACT_PX = 2
"""Maximum gap between touching cells."""
_KEPT_BYTES = 200_000_000
"""Memory limit for cached label images."""
_MIN_KEPT = 8


@dataclass(frozen=True)
class TrackedCell:
    """A cell in one frame, from a row of the table of cells."""

    frame: int
    track: int
    label: int
    y: float
    x: float
    area: float
    at_border: bool

    @property
    def radius(self) -> float:
        """Radius of a disc of its area, px."""
        return float(np.sqrt(self.area / np.pi))


class TrackedCells:
    """All cells of a lineage; frames of labels are read on demand, and a few are kept."""

    def __init__(self, labels: LabelMovie, lineage: Lineage, cells: pd.DataFrame) -> None:
        self._labels = labels
        self.lineage = lineage
        self.n_frames = labels.n_frames
        self.tracks: dict[int, dict[int, TrackedCell]] = {}
        self._by_label: dict[tuple[int, int], TrackedCell] = {}
        self._frames: OrderedDict[int, LabelImage] = OrderedDict()
        self._boxes: dict[int, list[tuple[slice, slice] | None]] = {}
        measured = cells[["frame", "track_id", "y", "x", "area", "touches_border"]]
        rows = lineage.nodes[["frame", "track_id", "label"]].merge(measured, on=["frame", "track_id"])
        for frame, track, label, y, x, area, border in rows.itertuples(index=False):
            cell = TrackedCell(
                int(frame), int(track), int(label), float(y), float(x), float(area), bool(border)
            )
            self.tracks.setdefault(cell.track, {})[cell.frame] = cell
            self._by_label[cell.frame, cell.label] = cell
        self.mothers = set(lineage.parents.values())

    def first(self, track: int) -> TrackedCell:
        """Return the first cell of a track."""
        cells = self.tracks[track]
        return cells[min(cells)]

    def last(self, track: int) -> TrackedCell:
        """Return the last cell of a track."""
        cells = self.tracks[track]
        return cells[max(cells)]

    def at(self, track: int, frame: int) -> TrackedCell | None:
        """Return the cell of a track in a frame, None if it is missing."""
        return self.tracks.get(track, {}).get(frame)

    def touching(self, cell: TrackedCell) -> dict[int, int]:
        """Return ``{track: contact px}`` of the cells that touch `cell`: number of their pixels within 2 px of it."""
        image, box = self._image(cell.frame), self._box(cell)
        if box is None:
            return {}
        region = tuple(
            slice(max(0, side.start - _CONTACT_PX - 1), side.stop + _CONTACT_PX + 1) for side in box
        )
        part = image[region]
        near = ndi.binary_dilation(part == cell.label, iterations=_CONTACT_PX) & (part != cell.label)
        labels, counts = np.unique(part[near], return_counts=True)
        return {
            self._by_label[cell.frame, int(label)].track: int(count)
            for label, count in zip(labels, counts, strict=True)
            if (cell.frame, int(label)) in self._by_label
        }

    def share_inside(self, cell: TrackedCell, other: TrackedCell) -> float:
        """Return the share of the pixels of `cell` that belong to `other` in its own frame."""
        box = self._box(cell)
        if box is None:
            return 0.0
        mask = self._image(cell.frame)[box] == cell.label
        theirs = self._image(other.frame)[box] == other.label
        return float((mask & theirs).sum()) / max(1.0, float(mask.sum()))

    def place(self, cell: TrackedCell) -> CellAt:
        """Return `cell` identified by a point: its pixel nearest to the centroid."""
        box = self._box(cell)
        if box is None:
            return CellAt(frame=cell.frame, y=cell.y, x=cell.x, track=cell.track)
        rows, columns = np.nonzero(self._image(cell.frame)[box] == cell.label)
        rows, columns = rows + box[0].start, columns + box[1].start
        nearest = int(np.argmin(np.hypot(rows - cell.y, columns - cell.x)))
        return CellAt(frame=cell.frame, y=float(rows[nearest]), x=float(columns[nearest]), track=cell.track)

    def _image(self, frame: int) -> LabelImage:
        if frame in self._frames:
            self._frames.move_to_end(frame)
            return self._frames[frame]
        image = self._labels.frame(frame)
        self._frames[frame] = image
        self._boxes[frame] = ndi.find_objects(image)
        if len(self._frames) > max(_MIN_KEPT, _KEPT_BYTES // max(1, image.nbytes)):
            old, _ = self._frames.popitem(last=False)
            del self._boxes[old]
        return image

    def _box(self, cell: TrackedCell) -> tuple[slice, slice] | None:
        self._image(cell.frame)
        boxes = self._boxes[cell.frame]
        return boxes[cell.label - 1] if 0 < cell.label <= len(boxes) else None
