"""CTC folders come back as they were, are valid by the challenge's rules, and refuse what does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from ctc_metrics.scripts.validate import validate_sequence
from hypothesis import given, settings

from io_situations import CountingSource, Tracked, tracked_movies
from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.io.tracks.ctc import read_ctc_tracks, write_ctc


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ctc") / "ctc"


@given(tracked=tracked_movies(lone_daughters_after_gaps=False))
@settings(max_examples=30, deadline=None)
def test_masks_and_tracks_come_back_with_the_same_ids(folder: Path, tracked: Tracked) -> None:
    """Merges aside, which the format does not have; labels are then the values in the masks."""
    write_ctc(tracked.labels, tracked.lineage, folder)
    labels, lineage = read_ctc_tracks(folder)
    pd.testing.assert_frame_equal(
        lineage.nodes.drop(columns="label"), tracked.lineage.nodes.drop(columns="label"), check_exact=True
    )
    assert dict(lineage.parents) == dict(tracked.lineage.parents)
    np.testing.assert_array_equal(
        label_by_track(labels, lineage).to_array(),
        label_by_track(tracked.labels, tracked.lineage).to_array(),
    )


@given(tracked=tracked_movies())
@settings(max_examples=20, deadline=None)
def test_folder_is_valid_by_the_challenges_rules(folder: Path, tracked: Tracked) -> None:
    if not len(tracked.lineage.nodes):
        return  # the challenge does not allow a result without any cell
    write_ctc(tracked.labels, tracked.lineage, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", _not_about_empty_frames)
        assert validate_sequence(str(folder), threads=1) == {"Valid": 1}


def _not_about_empty_frames(message: str, *_: object) -> None:
    """The validator warns of frames without cells, and accepts them."""
    assert message.startswith("Empty frame"), message


def _striped(frames_of: dict[int, list[int]], n_frames: int) -> tuple[LabelMovie, pd.DataFrame]:
    """A cell a track, in a row of its own, in the frames told."""
    array = np.zeros((n_frames, 2 * max(frames_of) + 1, 4), np.int32)
    rows = []
    for track_id, frames in frames_of.items():
        for frame in frames:
            array[frame, 2 * track_id] = track_id
            rows.append((frame, track_id, track_id, 2.0 * track_id, 1.5))
    return LabelMovie.from_array(array), pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])


def test_a_gap_makes_two_lines_and_daughters_belong_to_the_second(tmp_path: Path) -> None:
    labels, nodes = _striped({1: [0, 1, 3], 2: [4], 3: [4]}, 5)
    write_ctc(labels, Lineage(nodes, {2: 1, 3: 1}), tmp_path / "ctc")
    table = (tmp_path / "ctc" / "res_track.txt").read_text().splitlines()
    assert table == ["1 0 1 0", "2 4 4 4", "3 4 4 4", "4 3 3 1"]
    assert np.unique(tifffile.imread(tmp_path / "ctc" / "mask003.tif")).tolist() == [0, 4]


def test_a_lone_daughter_after_a_gap_is_read_as_its_parent_going_on(tmp_path: Path) -> None:
    """The one thing that the format cannot tell from a gap."""
    labels, nodes = _striped({1: [0], 2: [2]}, 3)
    write_ctc(labels, Lineage(nodes, {2: 1}), tmp_path / "ctc")
    _, lineage = read_ctc_tracks(tmp_path / "ctc")
    assert lineage.nodes["track_id"].tolist() == [1, 1]
    assert dict(lineage.parents) == {}


def test_a_lone_daughter_without_a_gap_stays_one(tmp_path: Path) -> None:
    labels, nodes = _striped({1: [0], 2: [1]}, 2)
    write_ctc(labels, Lineage(nodes, {2: 1}), tmp_path / "ctc")
    assert dict(read_ctc_tracks(tmp_path / "ctc")[1].parents) == {2: 1}


def test_masks_are_16_bit_and_numbered_with_as_many_digits_as_needed(tmp_path: Path) -> None:
    labels = LabelMovie.from_array(np.zeros((1001, 2, 2), np.int32))
    write_ctc(labels, Lineage.empty(), tmp_path / "ctc")
    names = sorted(p.name for p in (tmp_path / "ctc").glob("*.tif"))
    assert (names[0], names[-1]) == ("mask0000.tif", "mask1000.tif")
    assert tifffile.imread(tmp_path / "ctc" / "mask0000.tif").dtype == np.uint16
    assert (tmp_path / "ctc" / "res_track.txt").read_text() == ""


def test_each_frame_is_read_once_in_order(tmp_path: Path) -> None:
    labels, nodes = _striped({1: [0, 1, 2]}, 3)
    source = CountingSource(labels.to_array())
    write_ctc(LabelMovie(source), Lineage(nodes), tmp_path / "ctc")
    assert source.reads == [0, 1, 2]


def test_lineage_of_other_labels_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    labels, nodes = _striped({1: [0, 1]}, 2)
    other = LabelMovie.from_array(np.zeros(labels.shape, np.int32), name="other")
    with pytest.raises(InvalidInputError, match=r"Frame 0 .* 'other' lacks 1 of the lineage's cells"):
        write_ctc(other, Lineage(nodes), tmp_path / "ctc")
    assert list(tmp_path.iterdir()) == []


def test_more_tracks_than_16_bit_hold_are_refused(tmp_path: Path) -> None:
    labels, nodes = _striped({1: [0]}, 1)
    with pytest.raises(InvalidInputError, match=r"has label 70000, but .* has 16-bit labels"):
        write_ctc(labels, Lineage(nodes.assign(track_id=70000)), tmp_path / "ctc")


def test_ground_truth_with_any_first_number_is_read_from_frame_0(tmp_path: Path) -> None:
    for number in (150, 151):
        tifffile.imwrite(tmp_path / f"man_track{number}.tif", np.eye(3, dtype=np.uint16) * 7)
    (tmp_path / "man_track.txt").write_text("7 150 151 0\n")
    labels, lineage = read_ctc_tracks(tmp_path)
    assert labels.n_frames == 2
    assert lineage.nodes["frame"].tolist() == [0, 1]
    assert lineage.nodes[["y", "x"]].to_numpy().tolist() == [[1.0, 1.0]] * 2


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("1 0 0", "Line 1 of .* is '1 0 0', not four integers"),
        ("1 0 a 0", "Line 1 of .* not four integers"),
        ("1 0 0 0\n1 0 0 0", "lists a label more than once"),
        ("1 0 0 9", "Track 1 .* has the parent 9, which is not listed"),
        ("1 0 0 0\n2 0 0 1", "Track 2 .* begins before its parent 1 has ended"),
        ("1 1 0 0", "Track 1 .* ends before it begins"),
        ("2 0 0 0", "have labels that it does not list, such as 1"),
        ("1 0 0 0\n2 1 1 1", "does not match its masks: .*there is no track 2"),
    ],
)
def test_a_table_that_does_not_fit_is_one_clear_line(table: str, message: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "mask000.tif", np.eye(3, dtype=np.uint16))
    (tmp_path / "res_track.txt").write_text(table)
    with pytest.raises(MovieReadError, match=message):
        read_ctc_tracks(tmp_path)


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=r"contains neither res_track.txt nor man_track.txt"):
        read_ctc_tracks(tmp_path)


def test_real_ground_truth_survives_being_written_as_a_result(data_dir: Path, tmp_path: Path) -> None:
    """HeLa: 38 tracks in the table, of which two go on over a gap; 18 have a parent, 16 by division."""
    labels, lineage = read_ctc_tracks(data_dir / "DIC-C2DH-HeLa" / "01_GT" / "TRA")
    assert (len(lineage.track_ids), len(lineage.parents)) == (36, 16)
    write_ctc(labels, lineage, tmp_path / "ctc")
    _, again = read_ctc_tracks(tmp_path / "ctc")
    columns = ["frame", "track_id", "y", "x"]
    pd.testing.assert_frame_equal(again.nodes[columns], lineage.nodes[columns])
    assert dict(again.parents) == dict(lineage.parents)
    assert len((tmp_path / "ctc" / "res_track.txt").read_text().splitlines()) == 38
