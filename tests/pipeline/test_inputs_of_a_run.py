"""A run on inputs as they come: several positions, blank frames, pieces, a folder in use, odd names."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from podia.data.errors import MovieReadError, OutputError
from podia.data.movie import ArraySource, EmptyWithoutPicture, LabelMovie, Movie
from podia.data.progress import silent
from podia.files.folder_lock import locked_folder
from podia.files.printable import printable
from podia.files.system_errors import is_out_of_space
from podia.io.analysis_folder import AnalysisFolder
from podia.io.blank_frames import BridgedFrames
from podia.io.unclear_frames import MarkedFrames
from podia.pipeline.config import RunConfig
from podia.pipeline.each_position import tasks_of_positions
from podia.pipeline.job import open_job
from podia.pipeline.name import folder_names
from podia.pipeline.outcome import Task, attempt
from podia.pipeline.reading import read_movie
from podia.pipeline.run import run
from podia.pipeline.source import Source
from podia.pipeline.whole_cells import WholeCells

LABELS = np.zeros((4, 24, 24), np.uint16)
LABELS[:, 3:9, 3:9], LABELS[:, 14:20, 12:20] = 1, 2
PICTURES = (100 + 40 * LABELS + np.random.default_rng(0).integers(0, 20, LABELS.shape)).astype(np.uint8)


def test_given_masks_become_whole_and_blank_frames_empty_and_both_are_told() -> None:
    pictures, labels = PICTURES.copy(), LABELS.copy()
    pictures[2] = 0
    labels[:, 0, 23] = 1
    movie = Movie(BridgedFrames(ArraySource(pictures)))
    cells = WholeCells(movie, LabelMovie.from_array(labels), of_others=True)
    found = np.stack([cells.frame(frame) for frame in range(4)])
    expected = LABELS.copy()
    expected[2] = 0
    np.testing.assert_array_equal(found, expected)
    with pytest.warns(UserWarning, match=r"hold no picture|several pieces") as told:
        notes = cells.notes()
    assert len(told) == 2
    assert notes[0].startswith("Frame 2 (counted from 0)")
    assert notes[1].startswith("3 cells of the given masks are in several pieces")
    again = WholeCells(movie, LabelMovie.from_array(labels), of_others=True)
    for frame in range(4):
        again.look_again(frame)
    with (
        pytest.warns(UserWarning, match=r"hold no picture|several pieces"),
        pytest.warns(UserWarning, match="pieces"),
    ):
        assert again.notes() == notes


def test_a_folder_in_use_is_refused_and_a_freed_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    refused = pytest.raises(OutputError, match=rf"Another podia run .* \(process {os.getpid()} on .*\)")
    with locked_folder(folder / ".podia", folder), refused, locked_folder(folder / ".podia", folder):
        pass
    assert not folder.exists()  # nothing was begun in it
    with locked_folder(folder / ".podia", folder):
        pass


def test_a_run_in_a_folder_in_use_ends_in_one_line(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", PICTURES, photometric="minisblack")
    folder = AnalysisFolder(tmp_path / "out")
    with locked_folder(folder.work, folder.path), pytest.raises(OutputError, match="Another podia run"):
        run(tmp_path / "movie.tif", folder.path, until="drift")


def test_labels_with_channels_are_read_by_their_own_channel(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", PICTURES, photometric="minisblack")
    both = np.stack([np.zeros_like(LABELS), LABELS], axis=1)
    tifffile.imwrite(tmp_path / "labels.tif", both, imagej=True, metadata={"axes": "TCYX"})
    with pytest.raises(MovieReadError, match=r"has 2 channels .*of labels: --labels-channel"):
        run(tmp_path / "movie.tif", tmp_path / "out", labels=tmp_path / "labels.tif", until="drift")
    config = RunConfig(labels_channel=1)
    source = Source(tmp_path / "movie.tif", labels=tmp_path / "labels.tif")
    job = open_job(source, AnalysisFolder(tmp_path / "out"), config, progress=silent)
    assert job.given_labels is not None
    np.testing.assert_array_equal(job.given_labels.to_array(), LABELS)
    other = open_job(source, AnalysisFolder(tmp_path / "out"), RunConfig(labels_channel=0), progress=silent)
    assert other.keys["segment"].key != job.keys["segment"].key


def test_a_label_image_given_as_the_movie_is_told(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "labels.tif", LABELS, photometric="minisblack")
    with pytest.warns(UserWarning, match=r"looks like a label image, not like a movie.*--labels"):
        _, notes = read_movie(tmp_path / "labels.tif", RunConfig())
    assert len(notes) == 1


def test_unclear_frames_have_no_cells_of_podia_and_keep_those_that_were_given() -> None:
    pictures = np.repeat(PICTURES[:1], 9, axis=0)
    labels = np.repeat(LABELS[:1], 9, axis=0)
    pictures[4] = np.random.default_rng(0).integers(98, 103, pictures[4].shape)
    movie = Movie(MarkedFrames(ArraySource(pictures)))
    given = WholeCells(movie, LabelMovie.from_array(labels), of_others=True)
    own = LabelMovie.from_array(labels).map_frames(EmptyWithoutPicture(movie))
    found = WholeCells(movie, own, of_others=False)
    for frame in range(9):
        np.testing.assert_array_equal(given.frame(frame), labels[frame])
        np.testing.assert_array_equal(found.frame(frame), labels[frame] * (frame != 4))
    with pytest.warns(UserWarning, match="noise or far out of focus"):
        assert given.notes()[0].endswith("Their masks are kept as given.")
    with pytest.warns(UserWarning, match="Frame 4 .* noise or far out of focus"):
        assert found.notes()[0].endswith("They have no cells, and tracks bridge them.")


def test_each_position_is_a_task_with_a_folder_of_its_own(tmp_path: Path) -> None:
    movies = tmp_path / "plate"
    movies.mkdir()
    for well in ("A1", "B2"):
        for t in range(2):
            tifffile.imwrite(movies / f"V7_{well}_1_00d{t:02}h00m.tif", PICTURES[t])
    tasks = tasks_of_positions([Task(Source(movies), tmp_path / "out" / "plate", RunConfig())])
    assert [(task.folder.name, task.config.position) for task in tasks] == [
        ("plate_A1", "A1"),
        ("plate_B2", "B2"),
    ]


@pytest.mark.parametrize(
    ("name", "folder"), [("con.tif", "con_"), ("B2: day 3..tif", "B2_ day 3"), ("细胞.tif", "细胞")]
)
def test_folders_have_names_that_every_system_allows(name: str, folder: str) -> None:
    assert folder_names([Path(name)]) == [folder]


def test_names_that_are_not_utf_8_are_printable() -> None:
    assert printable("mesure_\udce9") == "mesure_é"
    assert printable("细胞") == "细胞"


def test_a_full_disk_is_one_line_even_where_the_log_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", PICTURES, photometric="minisblack")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("podia.pipeline.run.log_session", full)
    outcome = attempt(Task(Source(tmp_path / "movie.tif"), tmp_path / "out", RunConfig()))
    assert outcome.error.startswith("There is no space left to write")
    wrapped = RuntimeError("x")
    wrapped.__cause__ = OSError(errno.ENOSPC, "full")
    assert is_out_of_space(wrapped)
    assert not is_out_of_space(RuntimeError("x"))
