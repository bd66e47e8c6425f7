"""Corrections: each does what it says, is refused whole where it does not fit, and can be replayed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.corrections.apply import Corrected, apply_corrections
from podia.corrections.by_ids import IdOperation, correction_of_ids
from podia.corrections.operations import (
    CORRECTION,
    Add,
    CellAt,
    Correction,
    Link,
    Merge,
    Redraw,
    SetDivision,
    Split,
    SplitFrame,
)
from podia.corrections.record import read_corrections, to_line, write_corrections
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.measurement.measure import measure

SIZE = 40
MOVIE = Movie.from_array(np.random.default_rng(0).integers(90, 110, (5, SIZE, SIZE)).astype(np.uint8))
N_SEQUENCES = int(os.environ.get("PODIA_CORRECTION_SEQUENCES", "60"))
"""Random sequences of corrections that are tried; many by hand, few every time."""


def _cells(tracks: dict[int, dict[int, tuple[int, int]]], n_frames: int) -> tuple[LabelMovie, Lineage]:
    """Return 8 px squares at ``tracks[id][frame] = (top, left)``; the label is the id and ten."""
    frames = np.zeros((n_frames, SIZE, SIZE), np.int32)
    rows = []
    for track, places in tracks.items():
        for frame, (top, left) in places.items():
            frames[frame, top : top + 8, left : left + 8] = track + 10
            rows.append((frame, track + 10, track, top + 3.5, left + 3.5))
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    return LabelMovie.from_array(frames), Lineage(nodes)


def _two_walkers(n_frames: int = 5) -> tuple[LabelMovie, Lineage]:
    return _cells(
        {1: {f: (4, 4 + f) for f in range(n_frames)}, 2: {f: (24, 4 + f) for f in range(n_frames)}}, n_frames
    )


def _do(state: tuple[LabelMovie, Lineage], operation: IdOperation, *ids: int, **more: object) -> Corrected:
    correction = correction_of_ids(*state, operation, ids, **more)
    corrected = apply_corrections(*state, [correction])
    assert [outcome.problem for outcome in corrected.outcomes] == [""]
    return corrected


def _span(lineage: Lineage, track: int) -> list[int]:
    return sorted(lineage.nodes.loc[lineage.nodes["track_id"] == track, "frame"])


def _agree(corrected: Corrected) -> None:
    """Every node is a cell of the labels, at its centroid, and every cell is a node."""
    nodes = corrected.lineage.nodes
    for row in nodes.itertuples():
        rows, columns = np.nonzero(corrected.labels.frame(row.frame) == row.label)
        assert (rows.mean(), columns.mean()) == pytest.approx((row.y, row.x))
    for frame, image in enumerate(corrected.labels):
        assert set(np.unique(image)) - {0} == set(nodes.loc[nodes["frame"] == frame, "label"])


def test_pieces_of_one_cell_become_one_in_the_frames_named() -> None:
    state = _cells({1: dict.fromkeys(range(4), (4, 4)), 2: dict.fromkeys(range(2), (4, 12))}, 4)
    corrected = _do(state, "merge", 1, 2, frames=range(2))
    assert corrected.lineage.track_ids == [1]
    assert (corrected.labels.frame(0) == 11).sum() == 128
    assert corrected.changed_frames == (0, 1)
    _agree(corrected)


def test_pieces_with_a_narrow_gap_are_closed_and_far_ones_refused() -> None:
    near, far = (_cells({1: {0: (4, 4)}, 2: {0: (4, left)}}, 1) for left in (15, 28))
    assert (_do(near, "merge", 1, 2).labels.frame(0) == 11).sum() == 8 * 8 * 2 + 3 * 8
    correction = correction_of_ids(*far, "merge", [1, 2])
    assert "too far apart" in apply_corrections(*far, [correction]).outcomes[0].problem


def test_a_cell_is_split_by_seeds_and_by_a_line_and_its_parts_are_followed() -> None:
    frames = np.zeros((3, SIZE, SIZE), np.int32)
    frames[:, 4:12, 4:24] = 7
    nodes = pd.DataFrame({"frame": [0, 1, 2], "label": 7, "track_id": 3, "y": 7.5, "x": 13.5})
    cell = [CellAt(frame=f, y=8, x=14) for f in range(3)]
    cuts = (
        SplitFrame(cell=cell[0], seeds=((8, 8), (8, 20))),
        SplitFrame(cell=cell[1], line=((2, 14), (14, 14))),
        SplitFrame(cell=cell[2], seeds=((8, 8), (8, 20))),
    )
    corrected = apply_corrections(LabelMovie.from_array(frames), Lineage(nodes), [Split(frames=cuts)])
    assert corrected.outcomes[0].applied
    assert corrected.lineage.track_ids == [3, 4]
    left = corrected.lineage.nodes.groupby("track_id")["x"].max()
    assert left[3] < 14 < left[4]
    assert sum((corrected.labels.frame(1) > 0).ravel()) == 160
    _agree(corrected)


def test_a_deleted_track_is_gone_with_its_kinship() -> None:
    labels, lineage = _cells({1: {0: (4, 4)}, 2: {1: (4, 4)}, 3: {1: (4, 14)}}, 2)
    family = Lineage(lineage.nodes, {2: 1, 3: 1})
    corrected = _do((labels, family), "delete", 2)
    assert (corrected.lineage.track_ids, dict(corrected.lineage.parents)) == ([1, 3], {3: 1})
    assert not (corrected.labels.frame(1) == 12).any()


def test_links_and_their_removal_undo_each_other() -> None:
    state = _two_walkers()
    cut = _do(state, "unlink", 1, frames=range(2, 3))
    assert (_span(cut.lineage, 1), _span(cut.lineage, 3)) == ([0, 1], [2, 3, 4])
    joined = _do((cut.labels, cut.lineage), "link", 1, 3)
    pd.testing.assert_frame_equal(joined.lineage.nodes, state[1].nodes)
    assert joined.changed_frames == ()


def test_tracks_are_swapped_from_a_frame_on_with_their_daughters() -> None:
    labels, lineage = _cells(
        {
            1: dict.fromkeys(range(4), (4, 4)),
            2: dict.fromkeys(range(4), (24, 4)),
            3: {4: (4, 4)},
            4: {4: (4, 14)},
        },
        5,
    )
    corrected = _do((labels, Lineage(lineage.nodes, {3: 1, 4: 1})), "swap", 1, 2, frames=range(2, 5))
    nodes = corrected.lineage.nodes.set_index(["frame", "track_id"])["y"]
    assert [nodes[f, 1] for f in range(4)] == [7.5, 7.5, 27.5, 27.5]
    assert dict(corrected.lineage.parents) == {3: 2, 4: 2}


def test_a_missed_division_is_set_and_removed() -> None:
    # The mother goes on as one daughter; the other appears.
    labels, lineage = _cells({1: dict.fromkeys(range(5), (4, 4)), 2: dict.fromkeys((3, 4), (4, 14))}, 5)
    again = correction_of_ids(labels, lineage, "unlink", [1], range(3, 4))
    corrected = apply_corrections(labels, lineage, [again])
    divided = _do((corrected.labels, corrected.lineage), "set_division", 1, 2, 3)
    assert dict(divided.lineage.parents) == {2: 1, 3: 1}
    assert _span(divided.lineage, 1) == [0, 1, 2]
    assert not _do((divided.labels, divided.lineage), "remove_division", 1).lineage.parents


def test_one_operation_makes_a_division_of_a_mother_that_went_on() -> None:
    labels, lineage = _cells({1: dict.fromkeys(range(5), (4, 4)), 2: dict.fromkeys((3, 4), (4, 14))}, 5)
    division = SetDivision(
        mother=CellAt(frame=2, y=8, x=8), daughters=(CellAt(frame=3, y=8, x=8), CellAt(frame=3, y=8, x=18))
    )
    corrected = apply_corrections(labels, lineage, [division])
    assert dict(corrected.lineage.parents) == {3: 1, 2: 1}
    assert _span(corrected.lineage, 1) == [0, 1, 2]


def test_outlines_are_redrawn_and_added_without_taking_from_others() -> None:
    state = _two_walkers(2)
    square = ((2.0, 2.0), (2.0, 30.0), (30.0, 30.0), (30.0, 2.0))
    redraw = Redraw(cell=CellAt(frame=0, y=8, x=8), polygon=square)
    add = Add(frame=1, polygon=((15.0, 20.0), (15.0, 38.0), (20.0, 38.0)))
    corrected = apply_corrections(*state, [redraw, add])
    assert [one.problem for one in corrected.outcomes] == ["", ""]
    assert (corrected.labels.frame(0) == 12).sum() == 64  # the neighbour keeps its pixels
    assert (corrected.labels.frame(0) == 11).sum() == 29 * 29 - (30 - 24 + 1) * 8
    assert _span(corrected.lineage, 3) == [1]
    _agree(corrected)


def test_what_is_not_there_changes_nothing_and_is_reported() -> None:
    state = _two_walkers()
    nowhere = CellAt(frame=0, y=38, x=38)
    merge = Merge(pieces=((CellAt(frame=0, y=8, x=8), CellAt(frame=0, y=28, x=8)), (nowhere, nowhere)))
    corrected = apply_corrections(*state, [merge, Link(earlier=nowhere, later=CellAt(frame=9, y=1, x=1))])
    assert [
        "too far apart" in corrected.outcomes[0].problem,
        "no cell at" in corrected.outcomes[1].problem,
    ] == [
        True,
        True,
    ]
    pd.testing.assert_frame_equal(corrected.lineage.nodes, state[1].nodes)
    assert corrected.changed_frames == ()


def test_corrections_are_replayed_on_another_numbering_of_the_same_cells() -> None:
    labels, lineage = _two_walkers()
    correction = correction_of_ids(labels, lineage, "swap", [1, 2], range(3, 4))
    other = lineage.nodes.assign(track_id=lineage.nodes["track_id"].map({1: 50, 2: 9}))
    here, there = (
        apply_corrections(labels, one, [correction]).lineage.nodes for one in (lineage, Lineage(other))
    )
    renamed = here.assign(track_id=here["track_id"].map({1: 50, 2: 9}))
    pd.testing.assert_frame_equal(
        renamed.sort_values(["frame", "label"], ignore_index=True),
        there.sort_values(["frame", "label"], ignore_index=True),
    )


def test_ids_that_do_not_exist_or_are_too_many_are_refused_with_the_reason() -> None:
    state = _two_walkers()
    with pytest.raises(InvalidInputError, match="no track 9"):
        correction_of_ids(*state, "delete", [9])
    with pytest.raises(InvalidInputError, match="swap needs 2 different track ids"):
        correction_of_ids(*state, "swap", [1, 1])
    with pytest.raises(InvalidInputError, match="not seen together in frames 8 to 9"):
        correction_of_ids(*state, "merge", [1, 2], range(8, 10))


def test_the_file_of_corrections_is_read_back_as_it_was_and_names_a_bad_line(tmp_path: Path) -> None:
    state = _two_walkers()
    corrections = [
        correction_of_ids(*state, "swap", [1, 2], range(1, 2), author="Zoë", time="2030-01-01T00:00:00Z"),
        correction_of_ids(*state, "name", [1], name="the runner"),
    ]
    path = tmp_path / "corrections.jsonl"
    write_corrections(corrections, path)
    assert read_corrections(path) == tuple(corrections)
    path.write_text(path.read_text() + '\n{"op": "melt"}\n')
    with pytest.raises(InvalidInputError, match="line 4 is not a correction"):
        read_corrections(path)


def _random_correction(draw: st.DrawFn, state: tuple[LabelMovie, Lineage]) -> Correction | None:
    ids = state[1].track_ids
    if not ids:
        return None
    operation = draw(
        st.sampled_from(
            [
                "merge",
                "split",
                "delete",
                "redraw",
                "link",
                "unlink",
                "swap",
                "set_division",
                "remove_division",
                "name",
            ]
        )
    )
    count = {"merge": 2, "link": 2, "swap": 2, "set_division": 3}.get(operation, 1)
    chosen = draw(st.lists(st.sampled_from(ids), min_size=count, max_size=count))
    frame = draw(st.integers(0, 4))
    points = [(float(draw(st.integers(0, 39))), float(draw(st.integers(0, 39)))) for _ in range(3)]
    try:
        return correction_of_ids(*state, operation, chosen, range(frame, frame + 2), points=points, name="x")
    except InvalidInputError:
        return None


@given(st.data())
@settings(max_examples=N_SEQUENCES, deadline=None)
def test_any_sequence_of_corrections_leaves_labels_and_lineage_in_agreement(data: st.DataObject) -> None:
    state = _cells(
        {
            1: {f: (4, 4 + f) for f in range(5)},
            2: {f: (4, 14 + f) for f in range(5)},
            3: dict.fromkeys(range(2), (24, 4)),
            4: dict.fromkeys(range(2, 5), (24, 4)),
            5: dict.fromkeys(range(2, 5), (24, 14)),
        },
        5,
    )
    start = (state[0], Lineage(state[1].nodes, {4: 3, 5: 3}))
    done: list[Correction] = []
    states = [start]
    now = start
    for _ in range(data.draw(st.integers(1, 6))):
        correction = data.draw(st.composite(_random_correction)(now))
        if correction is None:
            continue
        done.append(correction)
        corrected = apply_corrections(*start, done)
        _agree(corrected)
        assert [to_line(one.correction) for one in corrected.outcomes] == [to_line(one) for one in done]
        now = (corrected.labels, corrected.lineage)
        states.append(now)
    # Replay, also of what was written and read back, gives the same; so does undo, which is replay of all but the last.
    lines = [to_line(one) for one in done]
    read_back = [CORRECTION.validate_json(line) for line in lines]
    for count, (labels, lineage) in enumerate(states):
        replayed = apply_corrections(*start, read_back[:count])
        np.testing.assert_array_equal(replayed.labels.to_array(), labels.to_array())
        pd.testing.assert_frame_equal(replayed.lineage.nodes, lineage.nodes)
        assert (replayed.lineage.parents, replayed.lineage.merged_into) == (
            lineage.parents,
            lineage.merged_into,
        )
    tables = measure(MOVIE, *now)
    keys = ["frame", "track_id"]
    assert tables.cells[keys].to_numpy().tolist() == now[1].nodes[keys].to_numpy().tolist()
    counts = now[0].to_array()
    areas = [(counts[node.frame] == node.label).sum() for node in now[1].nodes.itertuples()]
    assert tables.cells["area_px2"].tolist() == areas
    assert set(tables.tracks["track_id"]) == set(now[1].track_ids)
