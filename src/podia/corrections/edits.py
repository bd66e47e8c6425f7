"""Edits made in other programs, as corrections: the differences between a file and what podia wrote."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from podia.corrections.operations import (
    CellAt,
    Correction,
    Delete,
    Link,
    Paint,
    PaintedCell,
    PaintedFrame,
    RemoveDivision,
    SetDivision,
    Unlink,
)
from podia.corrections.regions import encode_mask, innermost_point
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie

Node = tuple[int, int]
"""``(frame, track id)``."""


def painted_cells(edited: LabelMovie, written: LabelMovie) -> Paint | None:
    """Return the changes painted in label images whose values are track ids; None without changes.

    A cell with the value of an existing track belongs to it; a new value is a new track.

    Raises
    ------
    InvalidInputError
        If the label movies differ in size.
    """
    if edited.shape != written.shape:
        raise InvalidInputError(
            f"The edited labels have shape (T, Y, X) {edited.shape}, those written by podia {written.shape}."
        )
    nearest = _NearestCells(written)
    frames = []
    for frame in range(written.n_frames):
        after, before = edited.frame(frame), written.frame(frame)
        if np.array_equal(after, before):
            continue
        changed = after != before
        values = np.unique(np.concatenate([after[changed], before[changed]]))
        cells = tuple(_painted(frame, int(value), after, before, nearest) for value in values if value)
        frames.append(PaintedFrame(frame=frame, cells=cells))
    return Paint(frames=tuple(frames)) if frames else None


def _painted(
    frame: int, value: int, after: LabelImage, before: LabelImage, nearest: _NearestCells
) -> PaintedCell:
    mask = encode_mask(after == value)
    point = innermost_point(before, value)
    if point is not None:
        return PaintedCell(mask=mask, at=CellAt(frame=frame, y=point[0], x=point[1], track=value))
    return PaintedCell(mask=mask, of=nearest.of(value, frame), new=value)


class _NearestCells:
    """Cells of each track, by frame; frames are searched once, when a track is first requested."""

    def __init__(self, labels: LabelMovie) -> None:
        self._labels = labels
        self._frames: dict[int, list[int]] | None = None

    def of(self, track: int, frame: int) -> CellAt | None:
        """Return the cell of `track` nearest in time to `frame`; None if there is no such track."""
        if self._frames is None:
            self._frames = {}
            for index, image in enumerate(self._labels):
                for value in np.unique(image):
                    self._frames.setdefault(int(value), []).append(index)
        seen = self._frames.get(track, [])
        if not seen:
            return None
        index = min(seen, key=lambda one: (abs(one - frame), one))
        point = innermost_point(self._labels.frame(index), track)
        assert point is not None
        return CellAt(frame=index, y=point[0], x=point[1], track=track)


def changed_links(edited: Lineage, written: Lineage, labels: LabelMovie) -> list[Correction]:
    """Return the corrections that turn the links and divisions of `written` into those of `edited`.

    Both refer to the same cells: `labels` contains those of `written` with their track ids as values, and a node of
    `edited` is the cell that contains its position. Nodes outside all cells are ignored, because a cell needs an
    outline.
    """
    before, after = _Graph.of(written, None), _Graph.of(edited, _cells_at_nodes(edited, labels))
    at = _Places(labels)
    corrections: list[Correction] = []
    shared = set(before.nodes) & set(after.nodes)
    after.settle_single_daughters(before)
    for mother, daughters in before.divisions.items():
        if mother in shared and after.divisions.get(mother) != daughters:
            corrections.append(RemoveDivision(mother=at(mother)))
    for late, early in before.links.items():
        if {early, late} <= shared and after.links.get(late) != early:
            corrections.append(Unlink(cell=at(late)))
    for late, early in after.links.items():
        if {early, late} <= shared and before.links.get(late) != early:
            corrections.append(Link(earlier=at(early), later=at(late)))
    for mother, daughters in after.divisions.items():
        if {mother, *daughters} <= shared and before.divisions.get(mother) != daughters:
            corrections.append(
                SetDivision(mother=at(mother), daughters=tuple(at(one) for one in sorted(daughters)))
            )
    return corrections


def removed_cells(edited: Lineage, written: Lineage, labels: LabelMovie) -> tuple[Delete | None, int]:
    """Return the deletion of cells without a node in `edited`, and the number of nodes outside all cells.

    A second node in a cell counts as outside all cells. See :func:`changed_links`.
    """
    names = _cells_at_nodes(edited, labels)
    at, kept = _Places(labels), set(names.values())
    pairs = zip(written.nodes["frame"], written.nodes["track_id"], strict=True)
    gone = [(int(frame), int(track)) for frame, track in pairs if (frame, track) not in kept]
    deletion = Delete(cells=tuple(at(node) for node in gone)) if gone else None
    return deletion, len(edited.nodes) - len(names)


class _Graph:
    """Links ``later -> earlier`` within tracks, and divisions ``mother -> daughters``, of cells named by `names`."""

    def __init__(self, lineage: Lineage, names: Mapping[Node, Node]) -> None:
        self.nodes = set(names.values())
        self.links: dict[Node, Node] = {}
        self.divisions: dict[Node, frozenset[Node]] = {}
        first: dict[int, Node] = {}
        last: dict[int, Node] = {}
        for track, rows in lineage.nodes.groupby("track_id"):
            own = [(int(frame), int(track)) for frame in sorted(rows["frame"])]
            cells = [names[node] for node in own if node in names]
            for early, late in pairwise(cells):
                self.links[late] = early
            if cells:
                first[int(track)], last[int(track)] = cells[0], cells[-1]
        for mother, daughters in lineage.daughters().items():
            if mother in last and all(daughter in first for daughter in daughters):
                self.divisions[last[mother]] = frozenset(first[daughter] for daughter in daughters)

    def settle_single_daughters(self, before: _Graph) -> None:
        """Interpret links from the end of a track to the start of another as in `before`, otherwise as links.

        Graph files do not distinguish a mother with one daughter from a continuing track.
        """
        for mother, daughters in list(self.divisions.items()):
            if len(daughters) == 1 and before.divisions.get(mother) != daughters:
                (daughter,) = daughters
                del self.divisions[mother]
                self.links[daughter] = mother
        for mother, daughters in before.divisions.items():
            if len(daughters) == 1 and self.links.get(next(iter(daughters))) == mother:
                self.divisions[mother] = daughters
                del self.links[next(iter(daughters))]

    @classmethod
    def of(cls, lineage: Lineage, names: Mapping[Node, Node] | None) -> _Graph:
        """Return the graph; without `names`, cells are identified by frame and track id."""
        if names is None:
            pairs = zip(lineage.nodes["frame"], lineage.nodes["track_id"], strict=True)
            names = {(int(frame), int(track)): (int(frame), int(track)) for frame, track in pairs}
        return cls(lineage, names)


def _cells_at_nodes(edited: Lineage, labels: LabelMovie) -> dict[Node, Node]:
    """Return ``(frame, edited track) -> (frame, track in labels)``; each cell once."""
    names: dict[Node, Node] = {}
    for frame, rows in edited.nodes.groupby("frame"):
        if not 0 <= int(frame) < labels.n_frames:
            continue
        image = labels.frame(int(frame))
        taken: set[int] = set()
        for track, y, x in rows[["track_id", "y", "x"]].itertuples(index=False):
            label = _label_near(image, float(y), float(x))
            if label and label not in taken:
                taken.add(label)
                names[int(frame), int(track)] = (int(frame), label)
    return names


def _label_near(image: LabelImage, y: float, x: float) -> int:
    """Return the label at a position, or the one nearest to it within 10 px: centroids may lie outside a cell."""
    reach = 10
    row, column = round(y), round(x)
    if 0 <= row < image.shape[0] and 0 <= column < image.shape[1] and image[row, column]:
        return int(image[row, column])
    top, left = max(0, row - reach), max(0, column - reach)
    part = image[top : row + reach + 1, left : column + reach + 1]
    rows, columns = np.nonzero(part)
    if not len(rows):
        return 0
    nearest = int(np.argmin(np.hypot(rows + top - y, columns + left - x)))
    return int(part[rows[nearest], columns[nearest]])


class _Places:
    """Points in cells of label images whose values are track ids."""

    def __init__(self, labels: LabelMovie) -> None:
        self._labels = labels

    def __call__(self, node: Node) -> CellAt:
        """Return a cell by a point in it."""
        frame, track = node
        point = innermost_point(self._labels.frame(frame), track)
        assert point is not None
        return CellAt(frame=frame, y=point[0], x=point[1], track=track)
