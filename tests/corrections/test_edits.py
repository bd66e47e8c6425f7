"""Edits made in other programs: taken over exactly, whatever was painted or linked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.corrections.apply import apply_corrections
from podia.corrections.edits import changed_links, painted_cells
from podia.corrections.regions import decode_mask, encode_mask
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track

N_FRAMES, SIZE = 5, 30


def _standing(n_tracks: int = 4) -> tuple[LabelMovie, Lineage]:
    """Squares of 5 px that stand, one per track; labels are track ids."""
    frames = np.zeros((N_FRAMES, SIZE, SIZE), np.int32)
    rows = []
    for track in range(1, n_tracks + 1):
        top, left = 2 + 14 * ((track - 1) // 2), 2 + 14 * ((track - 1) % 2)
        frames[:, top : top + 5, left : left + 5] = track
        rows += [(frame, track, track, top + 2.0, left + 2.0) for frame in range(N_FRAMES)]
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    return LabelMovie.from_array(frames), Lineage(nodes)


@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=5, max_size=5))
def test_masks_are_read_back_as_they_were(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    np.testing.assert_array_equal(decode_mask(encode_mask(mask), (5, 7)), mask)


@given(
    st.lists(
        st.tuples(
            st.integers(0, N_FRAMES - 1),
            st.integers(0, 25),
            st.integers(0, 25),
            st.integers(1, 12),
            st.integers(0, 6),
        ),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_what_was_painted_is_what_the_labels_show_afterwards(
    strokes: list[tuple[int, int, int, int, int]],
) -> None:
    labels, lineage = _standing()
    edited = labels.to_array().copy()
    for frame, top, left, size, value in strokes:
        edited[frame, top : top + size, left : left + size] = value
    paint = painted_cells(LabelMovie.from_array(edited), labels)
    if paint is None:
        np.testing.assert_array_equal(edited, labels.to_array())
        return
    corrected = apply_corrections(labels, lineage, [paint])
    assert corrected.outcomes[0].problem == ""
    shown = label_by_track(corrected.labels, corrected.lineage).to_array()
    # New tracks may have another number than the value that was painted, the same one in all frames.
    pairs = np.unique(np.stack([edited.ravel(), shown.ravel()]), axis=1)
    assert len(set(pairs[0])) == len(set(pairs[1])) == pairs.shape[1]
    assert all(a == b for a, b in pairs.T if a <= 4)


def test_labels_of_another_size_are_refused() -> None:
    labels, _ = _standing()
    with pytest.raises(InvalidInputError, match="edited labels have shape"):
        painted_cells(LabelMovie.from_array(np.zeros((2, 3, 3), np.int32)), labels)


@given(st.permutations([1, 2, 3, 4]), st.integers(1, N_FRAMES - 1), st.booleans(), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_links_and_divisions_drawn_anew_are_taken_over(
    order: list[int], frame: int, divides: bool, cut: int
) -> None:
    labels, written = _standing()
    # From `frame` on, tracks go on in other cells; perhaps one divides, perhaps one is cut.
    nodes = written.nodes.copy()
    late = nodes["frame"] >= frame
    nodes.loc[late, "track_id"] = nodes.loc[late, "label"].map(dict(zip([1, 2, 3, 4], order, strict=True)))
    parents: dict[int, int] = {}
    if cut:
        nodes.loc[late & (nodes["track_id"] == cut), "track_id"] = 20
    if divides:
        nodes.loc[late & (nodes["track_id"] == 4), "track_id"] = 30
        others = sorted(set(nodes.loc[late, "track_id"]) - {30})
        nodes.loc[late & (nodes["track_id"] == others[0]), "track_id"] = 31
        parents = {30: 4, 31: 4}
    edited = Lineage(nodes, parents)
    corrected = apply_corrections(labels, written, changed_links(edited, written, labels))
    assert [one.problem for one in corrected.outcomes if one.problem] == []

    def families(
        lineage: Lineage,
    ) -> tuple[set[frozenset[tuple[int, int]]], set[tuple[tuple[int, int], ...]]]:
        cells = {
            track: frozenset(zip(rows["frame"], rows["label"], strict=True))
            for track, rows in lineage.nodes.groupby("track_id")
        }
        kin = {(max(cells[mother]), min(cells[child])) for child, mother in lineage.parents.items()}
        return set(cells.values()), kin

    assert families(corrected.lineage) == families(edited)
