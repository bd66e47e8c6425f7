"""Lists of data sets: how each is read, and what the card says of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from podia.data.errors import ConfigurationError
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions

PLAIN = ReadingOptions()


@pytest.fixture
def two_days(disc_movie: Path, tmp_path: Path) -> Path:
    """A list of two folders under one, without names, of different licences."""
    listing = ""
    for day, licence in (("day1", "CC-BY-NC-4.0"), ("day2", "CC0-1.0")):
        shutil.copytree(disc_movie, tmp_path / "group" / day)
        listing += f'[[data]]\npaths = ["group/{day}"]\nlicence = "{licence}"\n'
    (tmp_path / "data.toml").write_text(listing)
    return tmp_path / "data.toml"


def test_no_licence_is_lost_where_two_entries_are_of_one_data_set(two_days: Path) -> None:
    found = read_data([two_days], PLAIN)
    assert [(data.name, data.licence) for data in found.sources] == [
        ("group", "CC-BY-NC-4.0"),
        ("group", "CC0-1.0"),
    ]
    assert {movie.dataset for movie in found.movies} == {"group"}


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"pixel_size_um": 0.5}, "--pixel-size-um"),
        ({"frame_interval_s": 60.0}, "--frame-interval-s"),
        ({"annotation": "gold"}, "--annotation"),
        ({"coverage": "partial"}, "--partial"),
    ],
)
def test_options_beside_a_list_are_refused_and_not_ignored(
    two_days: Path, given: dict[str, object], option: str
) -> None:
    with pytest.raises(
        ConfigurationError, match=f"{option} cannot be used with it. Write {next(iter(given))}"
    ):
        read_data([two_days], PLAIN.model_copy(update=given))
