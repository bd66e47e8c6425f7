from pathlib import Path

import pytest

from podia.data.errors import InvalidInputError
from podia.pipeline.config import RunConfig
from podia.pipeline.name import folder_names
from podia.pipeline.outcome import Outcome, Task, attempt, summary_table
from podia.pipeline.source import Source
from podia.testing.small_movies import write_small_movie


def test_names_are_stems_with_the_parent_in_front_where_they_repeat(tmp_path: Path) -> None:
    for name in ("a/01", "b/01"):
        (tmp_path / name).mkdir(parents=True)
    paths = [tmp_path / "a/01", tmp_path / "b/01", tmp_path / "x.ome.tif", tmp_path / "y.OME.ZARR"]
    assert folder_names(paths) == ["a_01", "b_01", "x", "y"]


def test_two_movies_that_would_share_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="Several movies would be written to 'a_m'"):
        folder_names([tmp_path / "1" / "a" / "m.tif", tmp_path / "2" / "a" / "m.tif"])


def test_an_error_that_nobody_foresaw_is_told_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = write_small_movie(tmp_path)

    def broken(*_: object, **__: object) -> None:
        (tmp_path / "out" / ".podia").mkdir(parents=True)
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("podia.pipeline.outcome.run_source", broken)
    outcome = attempt(Task(Source(movie), tmp_path / "out", RunConfig()))
    assert outcome.error.startswith("ZeroDivisionError: oh (please report this")
    assert "ZeroDivisionError" in (tmp_path / "out" / ".podia" / "error.log").read_text()


def test_the_summary_has_a_row_a_movie_and_units_that_all_of_them_have(tmp_path: Path) -> None:
    known, unknown = (
        write_small_movie(tmp_path / "known"),
        write_small_movie(tmp_path / "unknown", calibrated=False),
    )
    outcomes = [
        attempt(
            Task(Source(path, path.parent / "labels.tif"), tmp_path / "out" / path.parent.name, RunConfig())
        )
        for path in (known, unknown)
    ]
    failed = Outcome("lost", tmp_path / "lost", "no such thing")
    table = summary_table([outcomes[0], failed])
    assert table["status"].tolist() == ["done", "failed"]
    assert table["area_median_um2"][0] == pytest.approx(75, rel=0.2)  # about 300 px of 0.25 um2
    assert table["n_tracks"].isna().tolist() == [False, True]
    mixed = summary_table(outcomes)
    assert mixed["area_median_px2"][0] == mixed["area_median_px2"][1]
    assert mixed["pixel_size_um"].isna().tolist() == [False, True]
