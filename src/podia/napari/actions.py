"""podia's operations as the user actions of funtracks, so that a suggestion can be undone in napari like any edit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from podia.corrections.apply import apply_corrections
from podia.corrections.operations import (
    CellAt,
    Correction,
    Delete,
    Link,
    Merge,
    RemoveDivision,
    SetDivision,
    Split,
    Swap,
    Unlink,
)
from podia.data.errors import InvalidInputError
from podia.napari.editable_tracks import EditableTracks


def perform(editable: EditableTracks, correction: Correction) -> None:
    """Do in funtracks what `correction` says.

    Raises
    ------
    InvalidInputError
        If it names a cell that is not there, or funtracks has no such action or refuses it.
    """
    from funtracks.exceptions import InvalidActionError

    if correction.op not in _ACTIONS:
        raise InvalidInputError(f"'{correction.op}' is done by hand in napari.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of conflicting links, which the correction replaces
            _ACTIONS[correction.op](editable, correction)
    except InvalidActionError as error:
        raise InvalidInputError(f"napari-track-edit cannot do this: {error}") from error


def _node(editable: EditableTracks, cell: CellAt) -> int:
    node = editable.node_at(cell)
    if not node:
        raise InvalidInputError(f"There is no cell at y {cell.y:g}, x {cell.x:g} in frame {cell.frame}.")
    return node


def _merge(editable: EditableTracks, correction: Merge) -> None:
    from funtracks.user_actions import UserMergeNodes

    nodes = [[_node(editable, piece) for piece in pieces] for pieces in correction.pieces]
    tracks = editable.tracks
    kept = {tracks.get_time(pieces[0]): tracks.get_track_id(pieces[0]) for pieces in nodes}
    UserMergeNodes(tracks, [node for pieces in nodes for node in pieces], track_ids=kept)


def _delete(editable: EditableTracks, correction: Delete) -> None:
    from funtracks.user_actions import UserDeleteNodes

    UserDeleteNodes(editable.tracks, [_node(editable, cell) for cell in correction.cells])


def _link(editable: EditableTracks, correction: Link) -> None:
    from funtracks.user_actions import UserConnectNodes

    nodes = [_node(editable, correction.earlier), _node(editable, correction.later)]
    UserConnectNodes(editable.tracks, nodes, linear=True, force=True)


def _unlink(editable: EditableTracks, correction: Unlink) -> None:
    from funtracks.user_actions import UserDisconnectNodes

    node = _node(editable, correction.cell)
    previous = editable.tracks.predecessors(node)
    if not previous:
        raise InvalidInputError(
            f"The track starts in frame {correction.cell.frame}, so there is no link to remove."
        )
    UserDisconnectNodes(editable.tracks, [previous[0], node])


def _swap(editable: EditableTracks, correction: Swap) -> None:
    from funtracks.user_actions import UserSwapPredecessors

    one, other = (_node(editable, cell) for cell in correction.cells)
    UserSwapPredecessors(editable.tracks, (one, other))


def _set_division(editable: EditableTracks, correction: SetDivision) -> None:
    from funtracks.user_actions import UserSetDivision

    nodes = [_node(editable, cell) for cell in (correction.mother, *correction.daughters)]
    if len(nodes) != 3:
        raise InvalidInputError("napari-track-edit sets divisions into two daughters.")
    UserSetDivision(editable.tracks, tuple(nodes))


def _remove_division(editable: EditableTracks, correction: RemoveDivision) -> None:
    from funtracks.user_actions import UserDisconnectNodes

    mother = _last_of_track(editable, _node(editable, correction.mother))
    daughters = editable.tracks.successors(mother)
    if len(daughters) < 2:
        raise InvalidInputError("The track does not divide.")
    UserDisconnectNodes(editable.tracks, [mother, *daughters])


def _last_of_track(editable: EditableTracks, node: int) -> int:
    while len(following := editable.tracks.successors(node)) == 1:
        node = following[0]
    return node


def _split(editable: EditableTracks, correction: Split) -> None:
    """Paint the parts that a split makes, all but the first as new cells of one track each."""
    from funtracks.user_actions import UserUpdateSegmentation

    labels, lineage = editable.edited()
    result = apply_corrections(labels, lineage, [correction])
    if not result.outcomes[0].applied:
        raise InvalidInputError(f"The split does not fit: {result.outcomes[0].problem}.")
    tracks = editable.tracks
    own: dict[int, int] = {}
    for frame in result.changed_frames:
        before, after = labels.frame(frame), result.labels.frame(frame)
        for value in set(np.unique(after).tolist()) - set(np.unique(before).tolist()):
            rows, columns = np.nonzero(after == value)
            node = int(editable.segmentation(frame)[rows[0], columns[0]])
            pixels = (np.full(len(rows), frame), rows, columns)
            track = result.lineage.nodes.query("frame == @frame and label == @value")["track_id"].iloc[0]
            new_track = own.setdefault(int(track), tracks.get_next_track_id())
            UserUpdateSegmentation(tracks, tracks.get_next_node_id(), [(pixels, node)], new_track)


_ACTIONS: Mapping[str, Callable[[EditableTracks, Any], None]] = {
    "merge": _merge,
    "split": _split,
    "delete": _delete,
    "link": _link,
    "unlink": _unlink,
    "swap": _swap,
    "set_division": _set_division,
    "remove_division": _remove_division,
}
"""What suspects suggest; outlines are drawn by hand."""
