import pickle

import pandas as pd
import pytest

from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage


def _nodes(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """Rows are (frame, label, track_id)."""
    return pd.DataFrame(rows, columns=["frame", "label", "track_id"]).assign(y=1.0, x=2.0)


DIVISION = _nodes((0, 1, 1), (1, 1, 1), (2, 1, 2), (2, 2, 3))


def test_a_division_has_two_daughters() -> None:
    lineage = Lineage(DIVISION, parents={3: 1, 2: 1})
    assert lineage.daughters() == {1: [2, 3]}
    assert lineage.spans().to_dict("list") == {
        "track_id": [1, 2, 3],
        "first_frame": [0, 2, 2],
        "last_frame": [1, 2, 2],
        "n_frames": [2, 1, 1],
    }


def test_a_division_counts_once_however_many_daughters_were_seen() -> None:
    assert Lineage(DIVISION, parents={3: 1, 2: 1}).n_divisions == 1
    assert Lineage(DIVISION, parents={3: 1}).n_divisions == 1
    assert Lineage(DIVISION).n_divisions == 0


def test_a_lineage_cannot_be_changed() -> None:
    lineage = Lineage(DIVISION, parents={2: 1})
    with pytest.raises(TypeError):
        lineage.parents[3] = 1


def test_a_lineage_can_be_sent_to_another_process() -> None:
    lineage = Lineage(DIVISION, parents={2: 1, 3: 1})
    copy = pickle.loads(pickle.dumps(lineage))
    pd.testing.assert_frame_equal(copy.nodes, lineage.nodes)
    assert copy.parents == lineage.parents


def test_one_track_twice_in_a_frame_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Frame 0 has track_id 1 more than once"):
        Lineage(_nodes((0, 1, 1), (0, 2, 1)))


def test_one_label_twice_in_a_frame_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Frame 0 has label 1 more than once"):
        Lineage(_nodes((0, 1, 1), (0, 1, 2)))


def test_a_daughter_before_its_parent_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"Track 1 starts in frame 0, not after its parent 2"):
        Lineage(DIVISION, parents={1: 2})


def test_a_parent_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="there is no track 9"):
        Lineage(DIVISION, parents={2: 9})


def test_track_id_zero_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="must be positive"):
        Lineage(_nodes((0, 1, 0)))


def test_missing_columns_are_named() -> None:
    with pytest.raises(InvalidInputError, match=r"lack the columns \['y', 'x'\]"):
        Lineage(DIVISION.drop(columns=["y", "x"]))


def test_a_movie_without_cells_has_an_empty_lineage() -> None:
    lineage = Lineage.empty()
    assert lineage.track_ids == []
    assert lineage.daughters() == {}
    assert len(lineage.spans()) == 0
