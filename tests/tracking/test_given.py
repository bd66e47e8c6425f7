"""Tracks that are given stay as they are; what does not fit is counted, never linked anew."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.testing.situations import division
from podia.tracking.given import share_in_cells, tracks_of_values, tracks_on_cells


def _ring_around_a_cell() -> np.ndarray:
    """A ring (5) whose centroid lies in the cell (3) in its middle."""
    image = np.full((9, 9), 0, np.int32)
    image[1:8, 1:8] = 5
    image[2:7, 2:7] = 0
    image[3:6, 4:7] = 3
    return image


def test_equal_values_are_one_track_over_gaps_and_far_jumps() -> None:
    frames = np.zeros((4, 8, 8), np.int32)
    frames[0, :2, :2] = frames[3, 6:, 6:] = 9
    frames[1, 4:6, 4:6] = 2
    lineage = tracks_of_values(LabelMovie.from_array(frames)).lineage
    assert lineage.nodes[["frame", "track_id", "y"]].to_numpy().tolist() == [
        [0, 9, 0.5],
        [1, 2, 4.5],
        [3, 9, 6.5],
    ]
    assert not lineage.parents


def test_a_lineage_on_its_own_cells_is_unchanged() -> None:
    situation = division()
    taken = tracks_on_cells(situation.lineage, situation.labels)
    pd.testing.assert_frame_equal(taken.lineage.nodes, situation.lineage.nodes)
    assert taken.lineage.parents == situation.lineage.parents
    assert (taken.n_without_cell, taken.n_twice, taken.n_without_track) == (0, 0, 0)


def test_a_centroid_outside_its_cell_finds_it() -> None:
    image = _ring_around_a_cell()
    nodes = pd.DataFrame({"frame": 0, "label": [1, 2], "track_id": [7, 8], "y": [4.0, 4.0], "x": [4.0, 5.0]})
    taken = tracks_on_cells(Lineage(nodes), LabelMovie.from_array(image[None]))
    assert taken.lineage.nodes.set_index("track_id")["label"].to_dict() == {7: 5, 8: 3}


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    frames = np.zeros((2, 10, 10), np.int32)
    frames[:, 1:4, 1:4] = 1
    frames[:, 6:9, 6:9] = 2
    nodes = pd.DataFrame(
        {
            "frame": [0, 0, 0, 1, 1],
            "label": [1, 2, 3, 1, 2],
            "track_id": [1, 2, 3, 4, 5],
            "y": [2.0, 3.0, 0.0, 2.0, 9.0],
            "x": [2.0, 3.0, 9.0, 2.0, 0.0],
        }
    )
    labels = LabelMovie.from_array(frames)
    taken = tracks_on_cells(Lineage(nodes, {4: 1, 5: 3}), labels)
    assert taken.lineage.nodes[["frame", "track_id", "label"]].to_numpy().tolist() == [[0, 1, 1], [1, 4, 1]]
    assert dict(taken.lineage.parents) == {4: 1}
    assert (taken.n_without_cell, taken.n_twice, taken.n_without_track) == (2, 1, 2)
    assert share_in_cells(Lineage(nodes), labels, 0) == 2 / 3
