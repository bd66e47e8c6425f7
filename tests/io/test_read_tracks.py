"""Tracks of other programs, whatever their format."""

from __future__ import annotations

from pathlib import Path

import pytest

import podia
from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.io.tracks.ctc import write_ctc
from podia.io.tracks.geff import write_geff
from podia.io.tracks.read import open_tracks
from podia.io.tracks.trackmate import write_trackmate
from podia.testing.situations import division, families

DIVISION = division()
CALIBRATION = Calibration(pixel_size_um=0.5, frame_interval_s=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The same lineage in three formats."""
    labels, lineage = DIVISION.labels, DIVISION.lineage
    write_geff(lineage, tmp_path / "tracks.geff", CALIBRATION)
    write_ctc(labels, lineage, tmp_path / "ctc")
    write_trackmate(
        lineage,
        tmp_path / "trackmate.xml",
        CALIBRATION,
        movie_name="movie.tif",
        frame_shape=labels.frame_shape,
        n_frames=labels.n_frames,
    )
    return tmp_path


@pytest.mark.parametrize("name", ["tracks.geff", "ctc", "ctc/res_track.txt", "trackmate.xml"])
def test_the_type_of_a_track_file_is_detected(folder: Path, name: str) -> None:
    lineage = podia.read_tracks(folder / name)
    assert lineage.parents == DIVISION.lineage.parents
    assert lineage.spans().equals(DIVISION.lineage.spans())
    if not name.startswith("ctc"):
        assert families(lineage) == families(DIVISION.lineage)


def test_a_challenge_folder_has_masks_and_the_others_a_calibration(folder: Path) -> None:
    labels = open_tracks(folder / "ctc").labels
    assert labels is not None
    assert labels.n_frames == DIVISION.labels.n_frames
    assert open_tracks(folder / "tracks.geff").calibration == CALIBRATION
    assert open_tracks(folder / "trackmate.xml").calibration == CALIBRATION


@pytest.mark.parametrize(
    ("text", "parents"),
    [
        ("frame,track_id,y_px,x_px,parent_track_id\n0,4,1,2,\n1,7,1,2,4\n1,9,5,2,4\n", {7: 4, 9: 4}),
        ("ID,t,x,y,z,parent,root\n4,0,2,1,0,4,4\n7,1,2,1,0,4,4\n9,1,2,5,0,4,4\n", {7: 4, 9: 4}),
        ("ID;T;Y;X\n4;0;1,0;2,0\n7;1;1,0;2,0\n9;1;5,0;2,0\n", {}),
    ],
    ids=["podia", "btrack", "napari Tracks"],
)
def test_tables_with_track_ids_are_lineages(tmp_path: Path, text: str, parents: dict[int, int]) -> None:
    (tmp_path / "t.csv").write_text(text)
    lineage = podia.read_tracks(tmp_path / "t.csv")
    assert lineage.nodes[["frame", "track_id", "y", "x"]].to_numpy().tolist() == [
        [0, 4, 1, 2],
        [1, 7, 1, 2],
        [1, 9, 5, 2],
    ]
    assert dict(lineage.parents) == parents


def test_ids_from_0_are_raised_and_cells_without_one_are_tracks_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("frame,y,x,track_id\n0,1,1,0\n1,1,1,0\n1,5,5,1\n1,9,9,\n")
    assert podia.read_tracks(tmp_path / "t.csv").nodes["track_id"].tolist() == [1, 1, 2, 3]
    (tmp_path / "t.csv").write_text("frame,y,x,track_id\n0,1,1,1\n0,5,5,1\n")
    with pytest.raises(
        MovieReadError, match=r"is not a table of tracks: Frame 0 has track_id 1 more than once"
    ):
        podia.read_tracks(tmp_path / "t.csv")


def test_what_holds_no_tracks_is_refused_with_what_does(folder: Path) -> None:
    with pytest.raises(
        MovieReadError, match=r"no file or folder '.*track\.geff'. Did you mean 'tracks\.geff'"
    ):
        podia.read_tracks(folder / "track.geff")
    (folder / "masks.tif").touch()
    with pytest.raises(
        MovieReadError,
        match=r"masks\.tif' does not contain tracks.*GEFF.*res_track.*TrackMate.*--labels-are-tracks",
    ):
        podia.read_tracks(folder / "masks.tif")
    (folder / "notes.csv").write_text("frame,y,x\n0,1,2\n")
    with pytest.raises(MovieReadError, match=r"notes\.csv' has no column with the id of the track"):
        podia.read_tracks(folder / "notes.csv")
    (folder / ".podia").mkdir()
    with pytest.raises(
        MovieReadError, match=r"is an analysis folder\. Give '.*tracks\.geff', or .*podia\.open"
    ):
        podia.read_tracks(folder)
