"""What a person did in an editor, as operations: the same operations, and exactly the same cells and links."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.corrections.apply import apply_corrections
from podia.corrections.by_ids import IdOperation, correction_of_ids
from podia.corrections.differences import differences
from podia.corrections.operations import CellAt, Correction
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track

N_FRAMES = 6


def _standing() -> tuple[LabelMovie, Lineage]:
    """Six squares of 5 px that stand, in touching pairs (1, 2), (3, 4), (5, 6); 7 continues 6 from frame 3 on."""
    frames = np.zeros((N_FRAMES, 30, 30), np.int32)
    rows = []
    for track in range(1, 7):
        top, left = 2 + 9 * ((track - 1) // 2), 2 + 5 * ((track - 1) % 2)
        for frame in range(N_FRAMES):
            own = 7 if track == 6 and frame >= 3 else track
            frames[frame, top : top + 5, left : left + 5] = own
            rows.append((frame, own, own, top + 2.0, left + 2.0))
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    return LabelMovie.from_array(frames), Lineage(nodes)


def _edited_by(*corrections: Correction) -> tuple[LabelMovie, Lineage, Lineage]:
    """Return cells under the values that they had, tracks as an editor would number them, and tracks as podia does."""
    labels, lineage = _standing()
    corrected = apply_corrections(labels, lineage, corrections)
    assert [one.problem for one in corrected.outcomes if one.problem] == []
    nodes = corrected.lineage.nodes.assign(track_id=corrected.lineage.nodes["track_id"] + 100)
    edited = Lineage(nodes, {d + 100: m + 100 for d, m in corrected.lineage.parents.items()})
    return corrected.labels, edited, corrected.lineage


def _cells_and_links(labels: LabelMovie, lineage: Lineage) -> set[tuple[bytes, bytes]]:
    """Return each cell by its pixels, with the pixels of the cell that it comes from; empty for a founder."""
    shown = label_by_track(labels, lineage)

    def pixels(frame: int, track: int) -> bytes:
        return bytes([frame]) + np.flatnonzero(shown.frame(frame) == track).tobytes()

    found = set()
    for track, rows in lineage.nodes.groupby("track_id"):
        mother = lineage.parents.get(int(track))
        before = b""
        if mother is not None:
            last = int(lineage.nodes.query("track_id == @mother")["frame"].max())
            before = pixels(last, mother)
        for frame in sorted(rows["frame"]):
            cell = pixels(int(frame), int(track))
            found.add((before, cell))
            before = cell
    return found


@pytest.mark.parametrize(
    ("operation", "ids", "frames"),
    [
        ("merge", [1, 2], range(1, 3)),
        ("delete", [5], range(2, 4)),
        ("delete", [5], None),
        ("link", [6, 7], None),
        ("unlink", [3], range(2, 3)),
        ("swap", [1, 3], range(2, 6)),
        ("set_division", [6, 7], None),
    ],
)
def test_one_operation_is_recognised_as_that_operation(
    operation: IdOperation, ids: list[int], frames: range | None
) -> None:
    labels, lineage = _standing()
    made = correction_of_ids(labels, lineage, operation, ids, frames)
    edited, edited_lineage, _ = _edited_by(made)
    found = differences(labels, lineage, edited, edited_lineage)
    assert found.complete
    # A graph does not tell a mother with one daughter from a track that continues.
    assert [one.op for one in found.corrections] == ["link" if operation == "set_division" else operation]


def test_a_division_drawn_between_tracks_that_went_on_is_one_operation() -> None:
    labels, lineage = _standing()
    made = [
        correction_of_ids(labels, lineage, "unlink", [3], range(2, 3)),
        correction_of_ids(labels, lineage, "unlink", [4], range(2, 3)),
    ]
    edited, edited_lineage, _ = _edited_by(*made)
    tracks = {(int(r.frame), int(r.label)): int(r.track_id) for r in edited_lineage.nodes.itertuples()}
    divided = Lineage(edited_lineage.nodes, {tracks[2, 3]: tracks[1, 3], tracks[2, 4]: tracks[1, 3]})
    found = differences(labels, lineage, edited, divided)
    assert found.complete
    assert [one.op for one in found.corrections] == ["set_division"]


def test_nothing_done_is_no_correction() -> None:
    labels, lineage = _standing()
    found = differences(labels, lineage, labels, lineage)
    assert (found.corrections, found.complete) == ((), True)


_OPERATION = st.one_of(
    st.tuples(st.just("merge"), st.sampled_from([[1, 2], [4, 3], [5, 6]]), st.integers(0, 4)),
    st.tuples(st.just("delete"), st.sampled_from([[1], [4], [6], [7]]), st.integers(0, 5)),
    st.tuples(st.just("unlink"), st.sampled_from([[1], [2], [5]]), st.integers(1, 5)),
    st.tuples(st.just("swap"), st.sampled_from([[1, 2], [1, 4], [3, 5]]), st.integers(1, 5)),
    st.tuples(st.just("link"), st.just([6, 7]), st.just(0)),
)


@given(st.lists(_OPERATION, max_size=4), st.booleans())
@settings(max_examples=30, deadline=None)
def test_whatever_was_done_is_done_again_exactly(
    operations: list[tuple[IdOperation, list[int], int]], draws: bool
) -> None:
    labels, lineage = _standing()
    made: list[Correction] = []
    for operation, ids, frame in operations:
        frames = None if operation == "link" else range(frame, frame + 1)
        try:
            one = correction_of_ids(labels, lineage, operation, ids, frames)
        except Exception:  # tracks 6 and 7 are not there in all frames
            continue
        trial = apply_corrections(labels, lineage, [*made, one])
        if all(outcome.applied for outcome in trial.outcomes):
            made.append(one)
    edited, edited_lineage, _ = _edited_by(*made)
    if draws:  # a stroke over two cells, and a cell of a new track
        frames = edited.to_array().copy()
        frames[4, 4:9, 4:9] = 1
        frames[5, 24:28, 20:25] = 60
        nodes = edited_lineage.nodes
        seen = {(frame, int(v)) for frame in range(N_FRAMES) for v in np.unique(frames[frame]) if v}
        kept = [node in seen for node in zip(nodes["frame"], nodes["label"], strict=True)]
        new = [
            (frame, value, 900 if value == 60 else 901, 26.0, 22.0)
            for frame, value in sorted(seen - set(zip(nodes["frame"], nodes["label"], strict=True)))
        ]
        nodes = pd.concat([nodes[kept], pd.DataFrame(new, columns=nodes.columns)], ignore_index=True)
        edited, edited_lineage = LabelMovie.from_array(frames), Lineage(nodes)
    found = differences(labels, lineage, edited, edited_lineage)
    corrected = apply_corrections(labels, lineage, found.corrections)
    assert [one.problem for one in corrected.outcomes if one.problem] == []
    values = edited_lineage.nodes["track_id"]
    target = label_by_track(edited, edited_lineage)
    by_track = Lineage(edited_lineage.nodes.assign(label=values), edited_lineage.parents)
    assert _cells_and_links(corrected.labels, corrected.lineage) == _cells_and_links(target, by_track)
    assert found.complete


def test_cells_are_named_by_a_point_in_them() -> None:
    labels, lineage = _standing()
    edited, edited_lineage, _ = _edited_by(correction_of_ids(labels, lineage, "merge", [1, 2], range(1, 3)))
    (merge,) = differences(labels, lineage, edited, edited_lineage).corrections
    assert merge.op == "merge"
    for pieces in merge.pieces:
        for piece in pieces:
            assert isinstance(piece, CellAt)
            assert labels.frame(piece.frame)[round(piece.y), round(piece.x)] == piece.track
