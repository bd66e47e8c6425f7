import json
from pathlib import Path

import pytest

from podia.data.errors import InvalidInputError
from podia.io.fingerprint import fingerprint
from podia.pipeline.repeat import RunInput, complete_input
from small_movies import write_small_movie


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The record of a run with masks of another program."""
    movie = write_small_movie(tmp_path, n_frames=1)
    files = {
        name: {"path": str(path), "sha256": fingerprint(path)}
        for name, path in (("movie", movie), ("labels", tmp_path / "labels.tif"))
    }
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"input": files["movie"] | {"labels": files["labels"]}, "config": {}}))
    return path


def test_a_record_alone_repeats_its_run_with_its_masks(record: Path) -> None:
    movie, labels = record.parent / "movie.tif", record.parent / "labels.tif"
    assert complete_input(RunInput(()), record) == RunInput((movie,), labels)
    assert complete_input(RunInput(()), record, segments=True) == RunInput((movie,))
    other = RunInput((), points=Path("points.csv"))
    assert complete_input(other, record) == RunInput((movie,), None, Path("points.csv"))


def test_another_movie_does_not_get_masks_of_the_network_unasked(record: Path) -> None:
    other = RunInput((Path("other.tif"),))
    with pytest.raises(
        InvalidInputError, match=r"took its cells from '.*labels\.tif'.*with --labels.*--method"
    ):
        complete_input(other, record)
    assert complete_input(other, record, segments=True) == other


def test_files_that_changed_or_are_gone_do_not_repeat_a_run(record: Path) -> None:
    labels = record.parent / "labels.tif"
    labels.write_bytes(labels.read_bytes() + b"0")
    with pytest.raises(InvalidInputError, match=r"the labels of '.*run\.json', has changed since"):
        complete_input(RunInput(()), record)
    labels.unlink()
    with pytest.raises(InvalidInputError, match=r"the labels of '.*run\.json', is no longer there"):
        complete_input(RunInput(()), record)


def test_without_a_record_a_movie_is_needed(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("")
    for config in (None, tmp_path / "settings.toml"):
        with pytest.raises(InvalidInputError, match="No movie is given"):
            complete_input(RunInput(()), config)
