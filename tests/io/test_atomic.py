"""Outputs are whole or not there, and failing to write is one clear line."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from podia.data.errors import InvalidInputError, MovieReadError, OutputError
from podia.files.atomic import atomic_path, remove_leftovers


def test_file_appears_at_the_end_only(tmp_path: Path) -> None:
    target = tmp_path / "new" / "run.log"
    with atomic_path(target) as temporary:
        temporary.write_text("done")
        assert not target.exists()
        assert temporary.suffix == ".log"
    assert target.read_text() == "done"
    assert [p.name for p in target.parent.iterdir()] == ["run.log"]


def test_folder_replaces_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    target = tmp_path / "ctc"
    target.mkdir()
    (target / "old").write_text("old")
    with atomic_path(target) as temporary:
        temporary.mkdir()
        (temporary / "new").write_text("new")
    assert [p.name for p in target.iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["ctc"]


def test_failure_leaves_what_was_there_before(tmp_path: Path) -> None:
    target = tmp_path / "cells.csv"
    target.write_text("before")

    def write_half() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise InvalidInputError("on the way")

    with pytest.raises(InvalidInputError, match="on the way"):
        write_half()
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["cells.csv"]


def test_leftovers_of_a_killed_run_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".partial-labels.ome.zarr").mkdir()
    (tmp_path / ".partial-labels.ome.zarr" / "zarr.json").write_text("{}")
    (tmp_path / ".replaced-ctc").mkdir()
    (tmp_path / "cells.csv").write_text("kept")
    remove_leftovers(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["cells.csv"]


def test_a_leftover_does_not_get_into_the_next_attempt(tmp_path: Path) -> None:
    (tmp_path / ".partial-ctc").mkdir()
    (tmp_path / ".partial-ctc" / "mask000.tif").write_text("stale")
    with atomic_path(tmp_path / "ctc") as temporary:
        temporary.mkdir()
    assert list((tmp_path / "ctc").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "There is no space left to write '.*cells.csv'.*run the same command again"),
        (errno.EACCES, "No permission to write '.*cells.csv'"),
        (errno.EROFS, "No permission to write '.*cells.csv'"),
        (errno.EIO, "Could not write '.*cells.csv': Input/output error"),
    ],
)
def test_system_errors_become_one_clear_line(number: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=message), atomic_path(tmp_path / "cells.csv"):
        raise OSError(number, "Input/output error")


def test_an_unreadable_movie_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError), atomic_path(tmp_path / "labels.tif"):
        raise MovieReadError("Frame 3 cannot be read.")
