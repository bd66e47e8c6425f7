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


def test_what_holds_no_tracks_is_refused_with_what_does(folder: Path) -> None:
    with pytest.raises(
        MovieReadError, match=r"no file or folder '.*track\.geff'. Did you mean 'tracks\.geff'"
    ):
        podia.read_tracks(folder / "track.geff")
    (folder / "notes.csv").write_text("frame,y,x\n")
    with pytest.raises(MovieReadError, match=r"notes\.csv' does not hold tracks.*GEFF.*res_track.*TrackMate"):
        podia.read_tracks(folder / "notes.csv")
    (folder / ".podia").mkdir()
    with pytest.raises(
        MovieReadError, match=r"is an analysis folder\. Give '.*tracks\.geff', or .*podia\.open"
    ):
        podia.read_tracks(folder)
