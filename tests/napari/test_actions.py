"""podia's operations done in funtracks, read back as operations: the same, and the same cells and links."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("funtracks", reason='needs napari-track-edit: pip install "podia[review]"')

from podia.corrections.apply import apply_corrections
from podia.corrections.by_ids import IdOperation, correction_of_ids
from podia.corrections.operations import CellAt, Correction, Link, RemoveDivision
from podia.data.calibration import Calibration
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.napari.actions import perform
from podia.napari.editable_tracks import EditableTracks

pytestmark = pytest.mark.filterwarnings("default")  # of funtracks and of what is below it

N_FRAMES = 5


def _standing() -> tuple[LabelMovie, Lineage]:
    """Squares that stand, in touching pairs (1, 2), (3, 4); 4 divides into 5 and 6 in frame 3; 7 follows 2."""
    frames = np.zeros((N_FRAMES, 24, 40), np.int32)
    rows = []

    def draw(frame: int, track: int, top: int, left: int) -> None:
        frames[frame, top : top + 6, left : left + 6] = track
        rows.append((frame, track, track, top + 2.5, left + 2.5))

    for frame in range(N_FRAMES):
        draw(frame, 1, 2, 2)
        draw(frame, 2 if frame < 3 else 7, 2, 8)
        draw(frame, 3, 12, 2)
        if frame < 3:
            draw(frame, 4, 12, 8)
        else:
            draw(frame, 5, 12, 16)
            draw(frame, 6, 12, 26)
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    labels = LabelMovie.from_array(frames, Calibration(0.5, 300.0))
    return labels, Lineage(nodes, {5: 4, 6: 4})


def _cells_and_links(labels: LabelMovie, lineage: Lineage) -> set[tuple[bytes, bytes]]:
    shown = label_by_track(labels, lineage)
    nodes = lineage.nodes

    def pixels(frame: int, track: int) -> bytes:
        return bytes([frame]) + np.flatnonzero(shown.frame(frame) == track).tobytes()

    found = set()
    for track, rows in nodes.groupby("track_id"):
        mother = lineage.parents.get(int(track))
        before = b""
        if mother is not None:
            before = pixels(int(nodes[nodes["track_id"] == mother]["frame"].max()), mother)
        for frame in sorted(rows["frame"]):
            cell = pixels(int(frame), int(track))
            found.add((before, cell))
            before = cell
    return found


def _correction(labels: LabelMovie, lineage: Lineage, operation: str, ids: list[int]) -> Correction:
    if operation == "remove_division":
        return RemoveDivision(mother=CellAt(frame=2, y=14, x=10, track=4))
    frames = {"merge": range(1, 3), "delete": range(2, 3), "unlink": range(2, 3), "swap": range(1, 5)}
    points = [(15.0, 3.0), (15.0, 6.0)] if operation == "split" else ()
    name: IdOperation = operation
    where = range(2, 3) if operation == "split" else frames.get(operation)
    return correction_of_ids(labels, lineage, name, ids, where, points=points)


@pytest.mark.parametrize(
    ("operation", "ids", "read_as"),
    [
        ("merge", [1, 2], "merge"),
        ("split", [3], "paint"),  # a cut is a stroke of the brush
        ("delete", [3], "delete"),
        ("link", [2, 7], "link"),
        ("unlink", [1], "unlink"),
        ("swap", [1, 3], "swap"),
        ("set_division", [2, 7, 5], "set_division"),
        ("remove_division", [4], "remove_division"),
    ],
)
def test_an_operation_done_in_funtracks_is_read_back(operation: str, ids: list[int], read_as: str) -> None:
    labels, lineage = _standing()
    correction = _correction(labels, lineage, operation, ids)
    editable = EditableTracks.of(labels, lineage)
    perform(editable, correction)
    found = editable.differences()
    assert found.complete
    assert read_as in [one.op for one in found.corrections]
    directly = apply_corrections(labels, lineage, [correction])
    assert directly.outcomes[0].problem == ""
    again = apply_corrections(labels, lineage, found.corrections)
    assert _cells_and_links(again.labels, again.lineage) == _cells_and_links(
        directly.labels, directly.lineage
    )


def test_undo_in_funtracks_leaves_nothing_to_correct() -> None:
    labels, lineage = _standing()
    editable = EditableTracks.of(labels, lineage)
    assert editable.differences().corrections == ()
    perform(editable, _correction(labels, lineage, "merge", [1, 2]))
    editable.tracks.undo()
    assert editable.differences().corrections == ()


def test_a_stroke_of_the_brush_is_kept_pixel_by_pixel() -> None:
    from funtracks.user_actions import UserUpdateSegmentation

    labels, lineage = _standing()
    editable = EditableTracks.of(labels, lineage)
    tracks = editable.tracks
    node = editable.node_at(CellAt(frame=2, y=14, x=4))
    rows, columns = np.nonzero(np.ones((2, 5)))
    UserUpdateSegmentation(tracks, node, [((np.full(10, 2), rows + 18, columns + 2), 0)], 1)
    new = tracks.get_next_node_id()
    UserUpdateSegmentation(
        tracks, new, [((np.full(10, 4), rows + 20, columns + 33), 0)], tracks.get_next_track_id()
    )
    found = editable.differences()
    assert (found.complete, [one.op for one in found.corrections]) == (True, ["paint"])
    corrected = apply_corrections(labels, lineage, found.corrections)
    assert (corrected.labels.frame(2) == 3).sum() == 36 + 10
    assert len(corrected.lineage.track_ids) == len(lineage.track_ids) + 1


def test_a_link_to_a_cell_that_is_not_there_is_refused() -> None:
    from podia.data.errors import InvalidInputError

    labels, lineage = _standing()
    editable = EditableTracks.of(labels, lineage)
    nowhere = Link(earlier=CellAt(frame=0, y=22, x=38), later=CellAt(frame=1, y=4, x=4))
    with pytest.raises(InvalidInputError, match="There is no cell at y 22, x 38 in frame 0"):
        perform(editable, nowhere)
