"""Corrections that convert one analysis into another, derived from edits in an editor.

If pieces were joined or a cell was removed, the correction is a merge or a deletion, which can be replayed on another
segmentation; all other drawing is stored pixel by pixel. Exchanged links are a swap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.corrections import regions
from podia.corrections.apply import Corrected, apply_corrections
from podia.corrections.edits import changed_links, painted_cells
from podia.corrections.operations import (
    CellAt,
    Correction,
    Delete,
    Link,
    Merge,
    RemoveDivision,
    SetDivision,
    Swap,
    Unlink,
)
from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.data.movie import LabelImage, LabelMovie
from podia.data.relabel import label_by_track

Node = tuple[int, int]
"""``(frame, track id)``."""


@dataclass(frozen=True)
class Differences:
    """Differences between two analyses.

    Parameters
    ----------
    corrections
        Operations that convert the first into the second, in order.
    complete
        Whether they reproduce exactly the cells and links of the second.
    """

    corrections: tuple[Correction, ...]
    complete: bool


def differences(
    labels: LabelMovie, lineage: Lineage, edited: LabelMovie, edited_lineage: Lineage
) -> Differences:
    """Return the corrections that turn `labels` and `lineage` into `edited` and `edited_lineage`.

    Parameters
    ----------
    labels, lineage
        As podia wrote them; the value of a cell is its track id.
    edited
        The same cells with the same values, regardless of their current tracks; a value that is not in this frame of
        `labels` is a new cell.
    edited_lineage
        Tracks of the cells of `edited`, with any ids; the column ``label`` contains their values.

    Raises
    ------
    InvalidInputError
        If the label movies differ in size.
    """
    drawn = changed_cells(edited, labels)
    state = apply_corrections(labels, lineage, drawn)
    wanted, shown = _named_as(state, labels, edited, edited_lineage)
    links = changed_links(wanted, _by_track(state.lineage), shown)
    for chosen in (_fewest(links, state.lineage), links):
        result = apply_corrections(state.labels, state.lineage, chosen)
        applied = all(one.applied for one in (*state.outcomes, *result.outcomes))
        if applied and _edges(_names_in(state, result.lineage)) == _edges(wanted):
            return Differences((*drawn, *chosen), complete=len(wanted.nodes) == len(edited_lineage.nodes))
    return Differences((*drawn, *links), complete=False)


@dataclass
class _Drawn:
    """Merges by the tracks that they join, deletions by track."""

    merges: dict[tuple[int, ...], list[tuple[CellAt, ...]]] = field(default_factory=dict)
    deletions: dict[int, list[CellAt]] = field(default_factory=dict)


def changed_cells(edited: LabelMovie, written: LabelMovie) -> tuple[Correction, ...]:
    """Return the corrections that turn the cells of `written` into those of `edited`; values are track ids.

    Raises
    ------
    InvalidInputError
        If the label movies differ in size.
    """
    paint = painted_cells(edited, written)
    if paint is None:
        return ()
    drawn = _Drawn()
    painted = []
    for one in paint.frames:
        explained = _explain(one.frame, edited.frame(one.frame), written.frame(one.frame), drawn)
        rest = tuple(cell for cell in one.cells if cell.at is None or (cell.at.track or 0) not in explained)
        if rest:
            painted.append(one.model_copy(update={"cells": rest}))
    corrections: list[Correction] = [Merge(pieces=tuple(pieces)) for pieces in drawn.merges.values()]
    corrections += [Delete(cells=tuple(cells)) for cells in drawn.deletions.values()]
    if painted:
        corrections.append(paint.model_copy(update={"frames": tuple(painted)}))
    return tuple(corrections)


def _explain(frame: int, after: LabelImage, before: LabelImage, drawn: _Drawn) -> set[int]:
    """Add the merges and deletions of a frame to `drawn`; return the values that these explain."""
    changed = after != before
    gone = [int(v) for v in np.unique(before[changed]) if v and not (after == v).any()]
    joined: dict[int, list[int]] = {}
    explained: set[int] = set()
    for value in gone:
        heirs = np.unique(after[before == value])
        if len(heirs) != 1:
            continue
        heir = int(heirs[0])
        if heir:
            joined.setdefault(heir, []).append(value)
        else:
            drawn.deletions.setdefault(value, []).append(_place(before, frame, value))
            explained.add(value)
    for kept, others in joined.items():
        if _is_merge(after == kept, before, kept, others):
            pieces = tuple(_place(before, frame, value) for value in (kept, *others))
            drawn.merges.setdefault((kept, *others), []).append(pieces)
            explained |= {kept, *others}
    return explained


def _is_merge(mask: NDArray[np.bool_], before: LabelImage, kept: int, others: Sequence[int]) -> bool:
    """Return whether `mask` is the result of merging the pieces, with narrow gaps filled or not."""
    if not (before == kept).any():
        return False
    merged = regions.merge(before, kept, others)
    union = np.isin(before, [kept, *others])
    return merged is not None and (np.array_equal(mask, union) or np.array_equal(mask, merged == kept))


def _place(labels: LabelImage, frame: int, track: int) -> CellAt:
    point = regions.innermost_point(labels, track)
    assert point is not None
    return CellAt(frame=frame, y=point[0], x=point[1], track=track)


def _named_as(
    state: Corrected, labels: LabelMovie, edited: LabelMovie, lineage: Lineage
) -> tuple[Lineage, LabelMovie]:
    """Return `lineage` with each cell's ``label`` its track in `state` and a position in it, and the cells of `state`.

    Cells that `state` lacks are left out.
    """
    shown = label_by_track(state.labels, state.lineage)
    changed = {frame for frame in range(labels.n_frames) if not _same(edited, labels, frame)}
    rows: list[tuple[int, int, int, float, float]] = []
    for frame, cells in lineage.nodes.groupby("frame"):
        index = int(frame)
        image = shown.frame(index)
        tracks = _tracks_of_values(edited.frame(index), image) if index in changed else None
        taken: set[int] = set()
        for value, own, y, x in cells[["label", "track_id", "y", "x"]].itertuples(index=False):
            name = int(value) if tracks is None else tracks.get(int(value), 0)
            point = _point_in(image, name, (y, x))
            if point is not None and name not in taken:
                taken.add(name)
                rows.append((index, name, int(own), *point))
    nodes = pd.DataFrame(rows, columns=list(NODE_COLUMNS))
    left = set(nodes["track_id"])
    return Lineage(nodes, {d: m for d, m in lineage.parents.items() if d in left and m in left}), shown


def _same(edited: LabelMovie, labels: LabelMovie, frame: int) -> bool:
    return np.array_equal(edited.frame(frame), labels.frame(frame))


def _tracks_of_values(edited: LabelImage, shown: LabelImage) -> dict[int, int]:
    """Return ``value in edited -> track in shown``, by the majority of the cell's pixels."""
    pairs, counts = np.unique(np.stack([edited.ravel(), shown.ravel()]), axis=1, return_counts=True)
    best: dict[int, tuple[int, int]] = {}
    for (value, track), count in zip(pairs.T, counts, strict=True):
        if value and track:
            best[int(value)] = max(best.get(int(value), (0, 0)), (int(count), int(track)))
    return {value: track for value, (_, track) in best.items()}


def _point_in(image: LabelImage, track: int, near: tuple[float, float]) -> tuple[float, float] | None:
    """Return `near` where it lies in the cell, else the cell's innermost point; None without the cell."""
    row, column = (round(value) for value in near)
    inside = 0 <= row < image.shape[0] and 0 <= column < image.shape[1]
    if track and inside and image[row, column] == track:
        return near
    return regions.innermost_point(image, track) if track else None


def _by_track(lineage: Lineage) -> Lineage:
    return replace(lineage, nodes=lineage.nodes.assign(label=lineage.nodes["track_id"]))


def _names_in(state: Corrected, lineage: Lineage) -> Lineage:
    """Return `lineage`, of the cells of `state`, with each ``label`` the cell's track in `state`."""
    nodes = state.lineage.nodes
    tracks = dict(zip(zip(nodes["frame"], nodes["label"], strict=True), nodes["track_id"], strict=True))
    own = lineage.nodes
    names = [tracks[node] for node in zip(own["frame"], own["label"], strict=True)]
    return replace(lineage, nodes=own.assign(label=names))


def _edges(lineage: Lineage) -> set[tuple[Node | None, Node]]:
    """Return the predecessor of each cell, in its own track or its mother's; None for a founder."""
    own = {
        int(track): sorted(
            (int(frame), int(name)) for frame, name in zip(rows["frame"], rows["label"], strict=True)
        )
        for track, rows in lineage.nodes.groupby("track_id")
    }
    edges: set[tuple[Node | None, Node]] = set()
    for track, cells in own.items():
        mother = lineage.parents.get(track)
        edges.add((None if mother is None else own[mother][-1], cells[0]))
        edges |= set(pairwise(cells))
    return edges


def _fewest(links: Sequence[Correction], lineage: Lineage) -> list[Correction]:
    """Return `links` without redundant corrections, with exchanged links as a swap."""
    replaced, swaps = _swaps([one for one in links if isinstance(one, Link)])
    relinked = {_node(one.later) for one in links if isinstance(one, Link)}
    relinked |= {_node(d) for one in links if isinstance(one, SetDivision) for d in one.daughters}
    left = {_node(one.earlier) for one in links if isinstance(one, Link)}
    mothers = {_node(one.mother) for one in links if isinstance(one, SetDivision)}
    frames = lineage.nodes.groupby("track_id")["frame"].apply(list).to_dict()

    def is_needed(one: Correction) -> bool:
        if isinstance(one, Unlink):
            node = _node(one.cell)
            before = [frame for frame in frames.get(node[1], []) if frame < node[0]]
            previous = (max(before), node[1]) if before else None
            return node not in relinked and previous not in left | mothers
        if isinstance(one, RemoveDivision):
            return _node(one.mother) not in mothers
        return one not in replaced

    return [one for one in links if is_needed(one)] + list(swaps)


def _swaps(links: Sequence[Link]) -> tuple[list[Link], list[Swap]]:
    """Return the links that exchange the continuations of two tracks, and the equivalent swaps."""
    replaced: list[Link] = []
    swaps = []
    for number, one in enumerate(links):
        for other in links[number + 1 :]:
            crosses = (one.earlier.track, other.earlier.track) == (other.later.track, one.later.track)
            if crosses and one.later.frame == other.later.frame and one not in replaced:
                replaced += [one, other]
                swaps.append(Swap(cells=(one.later, other.later)))
    return replaced, swaps


def _node(cell: CellAt) -> Node:
    return cell.frame, int(cell.track or 0)
