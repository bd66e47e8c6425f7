import json
from pathlib import Path

import pytest

from podia.data.errors import InvalidInputError
from podia.io.read import read
from podia.pipeline.repeat import sources_of
from podia.pipeline.source import Source
from podia.testing.small_movies import write_small_movie


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The record of a run with masks of another program."""
    movie = write_small_movie(tmp_path, n_frames=1)
    origin = Source(movie, tmp_path / "labels.tif").origin(read(movie))
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"input": origin.record(), "config": {}}))
    return path


def test_a_record_alone_repeats_its_run_with_its_masks(record: Path) -> None:
    movie, labels = record.parent / "movie.tif", record.parent / "labels.tif"
    assert sources_of([], record) == [Source(movie, labels)]
    assert sources_of([], record, segments=True) == [Source(movie)]
    points = Path("points.csv")
    assert sources_of([], record, points=points) == [Source(movie, None, points)]


def test_another_movie_does_not_get_masks_of_the_network_unasked(record: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tif"
    other.touch()
    with pytest.raises(
        InvalidInputError, match=r"used '.*labels\.tif' instead of a segmentation.*with --labels.*--method"
    ):
        sources_of([other], record)
    assert sources_of([other], record, segments=True) == [Source(other)]


def test_files_that_changed_or_are_gone_do_not_repeat_a_run(record: Path) -> None:
    labels = record.parent / "labels.tif"
    labels.write_bytes(labels.read_bytes() + b"0")
    with pytest.raises(InvalidInputError, match=r"the labels of '.*run\.json', has changed"):
        sources_of([], record)
    labels.unlink()
    with pytest.raises(InvalidInputError, match=r"the labels of '.*run\.json', no longer exists"):
        sources_of([], record)


def test_without_a_record_a_movie_is_needed(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("")
    for config in (None, tmp_path / "settings.toml"):
        with pytest.raises(InvalidInputError, match="No movie is given"):
            sources_of([], config)
