"""Suspects: what is wrong comes first, with the correction that mends it; what is right is not listed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from podia.corrections.apply import apply_corrections
from podia.corrections.suspects import Suspect, find_suspects
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie

SIZE = 80


class Drawing:
    """Rectangles by track and frame; the label of a track is its id."""

    def __init__(self, n_frames: int) -> None:
        self.frames = np.zeros((n_frames, SIZE, SIZE), np.int32)
        self.parents: dict[int, int] = {}

    def cell(self, track: int, frames: range, top: int, left: int, height: int, width: int) -> Drawing:
        for frame in frames:
            self.frames[frame, top : top + height, left : left + width] = track
        return self

    def state(self) -> tuple[LabelMovie, Lineage, pd.DataFrame]:
        rows = []
        for frame, image in enumerate(self.frames):
            for track in np.unique(image[image > 0]):
                y, x = np.nonzero(image == track)
                border = bool(y.min() == 0 or x.min() == 0 or y.max() == SIZE - 1 or x.max() == SIZE - 1)
                rows.append((frame, int(track), int(track), y.mean(), x.mean(), float(len(y)), border))
        columns = ["frame", "label", "track_id", "y", "x", "area", "touches_border"]
        cells = pd.DataFrame(rows, columns=columns)
        return LabelMovie.from_array(self.frames), Lineage(cells, self.parents), cells.drop(columns="label")

    def suspects(self) -> list[Suspect]:
        return find_suspects(*self.state())

    def mended(self) -> Lineage:
        labels, lineage, _ = self.state()
        correction = self.suspects()[0].correction
        assert correction is not None
        corrected = apply_corrections(labels, lineage, [correction])
        assert corrected.outcomes[0].applied, corrected.outcomes[0].problem
        return corrected.lineage


def _others(drawing: Drawing, n_frames: int) -> Drawing:
    for number in range(3):
        drawing.cell(90 + number, range(n_frames), 60, 4 + 24 * number, 14, 14)
    return drawing


def test_nothing_is_suspected_where_all_is_well() -> None:
    drawing = _others(Drawing(6), 6).cell(1, range(6), 10, 10, 14, 14)
    drawing.cell(2, range(6), 10, 0, 14, 9)  # touches cell 1 and the border, all the time
    assert drawing.suspects() == []


def test_a_cell_that_is_split_for_a_while_is_merged_again() -> None:
    drawing = _others(Drawing(8), 8).cell(1, range(8), 10, 10, 14, 20)
    drawing.cell(2, range(3, 5), 10, 22, 14, 8)
    first = drawing.suspects()[0]
    assert (first.kind, first.track, first.other, first.frame) == ("split_cell", 2, 1, 3)
    assert first.confidence > 0.8
    assert 2 not in drawing.mended().track_ids


def test_a_cell_that_goes_up_in_another_and_comes_back_is_linked() -> None:
    drawing = _others(Drawing(9), 9).cell(1, range(9), 10, 10, 14, 14)
    drawing.cell(2, range(3), 10, 24, 14, 14).cell(1, range(3, 6), 10, 10, 14, 28).cell(
        3, range(6, 9), 10, 24, 14, 14
    )
    first = drawing.suspects()[0]
    assert (first.kind, first.track, first.other) == ("merged_cells", 3, 2)
    assert sorted(drawing.mended().nodes.query("track_id == 2")["frame"]) == [0, 1, 2, 6, 7, 8]


def test_two_cells_that_stay_merged_are_cut_where_they_were() -> None:
    drawing = _others(Drawing(8), 8).cell(1, range(4), 10, 10, 14, 14).cell(1, range(4, 8), 10, 10, 14, 28)
    drawing.cell(2, range(4), 10, 24, 14, 14)
    first = drawing.suspects()[0]
    assert (first.kind, first.track, first.other) == ("merged_cells", 2, 1)
    assert len(drawing.mended().nodes.query("frame == 4")) == 5


def test_a_division_that_was_missed_is_suggested() -> None:
    drawing = _others(Drawing(10), 10).cell(1, range(4), 10, 10, 14, 28)
    drawing.cell(1, range(4, 10), 10, 10, 14, 14).cell(2, range(4, 10), 10, 24, 14, 14)
    first = drawing.suspects()[0]
    assert (first.kind, first.track, first.other) == ("missed_division", 2, 1)
    lineage = drawing.mended()
    assert len(lineage.parents) == 2
    assert set(lineage.parents.values()) == {1}


def test_a_track_broken_by_a_gap_is_linked() -> None:
    drawing = _others(Drawing(9), 9).cell(1, range(4), 10, 10, 14, 14).cell(2, range(6, 9), 11, 12, 14, 14)
    first = drawing.suspects()[0]
    assert (first.kind, first.track, first.other) == ("gap", 1, 2)
    assert len(drawing.mended().nodes.query("track_id == 1")) == 7


def test_a_division_into_the_last_frame_and_one_that_closes_again_are_doubtful() -> None:
    last = _others(Drawing(5), 5).cell(1, range(4), 10, 10, 14, 28)
    last.cell(2, range(4, 5), 10, 10, 14, 20).cell(3, range(4, 5), 10, 30, 14, 8)
    last.parents = {2: 1, 3: 1}
    assert [one.kind for one in last.suspects()] == ["doubtful_division"]
    again = _others(Drawing(8), 8).cell(1, range(3), 10, 10, 14, 28)
    again.cell(2, range(3, 8), 10, 10, 14, 20).cell(2, range(5, 8), 10, 10, 14, 28).cell(
        3, range(3, 5), 10, 30, 14, 8
    )
    again.parents = {2: 1, 3: 1}
    first = again.suspects()[0]
    assert (first.kind, first.track, first.other) == ("doubtful_division", 3, 2)


def test_specks_are_unlike_cells() -> None:
    drawing = _others(_others(Drawing(6), 6).cell(1, range(6), 10, 10, 14, 14), 6)
    drawing.cell(2, range(6), 10, 40, 14, 14).cell(5, range(6), 40, 40, 3, 3)
    first = drawing.suspects()[0]
    assert (first.kind, first.track) == ("unlike_others", 5)
    assert 5 not in drawing.mended().track_ids


def test_cells_of_whose_number_tracking_was_unsure_are_suspects_in_the_order_of_doubt() -> None:
    drawing = _others(Drawing(8), 8).cell(1, range(8), 10, 10, 14, 14).cell(2, range(8), 10, 24, 14, 14)
    labels, lineage, cells = drawing.state()
    events = pd.DataFrame(
        {
            "frame": [2, 3, 4, 5],
            "event": ["cut", "contact", "join", "cut"],
            "track_id": [2, 2, 90, 91],
            "other_track_id": pd.array([1, 1, None, 92], "Int64"),
            "n_frames": pd.array([3, 2, 1, 1], "Int64"),
            "confidence": [0.6, 0.7, 0.8, 0.95],
        }
    )
    found = find_suspects(labels, lineage, cells, events)
    assert [(one.kind, one.frame, one.track, one.other) for one in found] == [
        ("contact", 2, 2, 1),
        ("contact", 4, 90, None),
    ]
    merge = found[0].correction
    assert merge is not None
    assert [piece[0].frame for piece in merge.pieces] == [2, 3, 4]
    corrected = apply_corrections(labels, lineage, [merge])
    assert sorted(corrected.lineage.nodes.query("track_id == 2")["frame"]) == [0, 1, 5, 6, 7]


def test_of_positions_nothing_is_said_about_areas() -> None:
    drawing = _others(Drawing(8), 8).cell(1, range(8), 10, 10, 14, 20).cell(5, range(6), 40, 40, 3, 3)
    labels, lineage, cells = drawing.state()
    positions = replace(labels, positions_only=True)
    kinds = {one.kind for one in find_suspects(positions, lineage, cells)}
    assert kinds == {"ends_inside"}


def test_hundreds_of_broken_tracks_are_listed_without_comparing_all_pairs() -> None:
    n_cells, n_frames = 400, 12
    rows = [
        (
            frame,
            cell + 1,
            cell * n_frames + frame // 3 + 1,
            5.0 + 10 * (cell // 20),
            5.0 + 10 * (cell % 20),
            49.0,
            False,
        )
        for frame in range(n_frames)
        for cell in range(n_cells)
    ]
    names = ["frame", "label", "track_id", "y", "x", "area", "touches_border"]
    cells = pd.DataFrame(rows, columns=names)
    image = np.zeros((210, 210), np.int32)
    for cell in range(n_cells):
        top, left = 2 + 10 * (cell // 20), 2 + 10 * (cell % 20)
        image[top : top + 7, left : left + 7] = cell + 1
    labels = LabelMovie.from_array(np.broadcast_to(image, (n_frames, *image.shape)))
    begin = time.process_time()
    suspects = find_suspects(labels, Lineage(cells[names[:5]]), cells.drop(columns="label"))
    assert sum(one.kind == "gap" for one in suspects) == 3 * n_cells
    # All pairs of ends would take minutes.
    assert time.process_time() - begin < 30
