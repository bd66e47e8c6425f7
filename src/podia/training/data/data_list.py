"""Data lists: TOML files that list annotated data sets and their reading options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError
from podia.files.settings_file import read_settings
from podia.networks.card import TrainingData
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_movies


class DataEntry(ReadingOptions):
    """One data set of a data list."""

    paths: tuple[str, ...] = Field(min_length=1, description="Folders; relative paths start at the list.")
    name: str | None = Field(None, description="Name of the data set. Default: name of the folder.")
    licence: str = Field("not stated", description="Licence of the data, for the model card.")
    citation: str = Field("", description="Citation of the data, for the model card.")


class DataList(FrozenConfig):
    """Data sets for training."""

    data: tuple[DataEntry, ...] = Field(min_length=1, description="The data sets.")


_OPTIONS = {
    "pixel_size_um": "--pixel-size-um",
    "frame_interval_s": "--frame-interval-s",
    "annotation": "--annotation",
    "coverage": "--partial",
}
"""Options of an entry, and the corresponding options of the command line for folders."""


@dataclass(frozen=True)
class Annotations:
    """Movies of all data sets, and the sources for the model card."""

    movies: tuple[AnnotatedMovie, ...]
    sources: tuple[TrainingData, ...]

    def with_field_margin(self, margin_px: int) -> Annotations:
        """Return a copy in which cells entirely inside a margin of this width (px) count as not annotated."""
        if margin_px == 0:
            return self
        return replace(self, movies=tuple(replace(movie, field_margin_px=margin_px) for movie in self.movies))


def read_data(paths: Sequence[str | Path], reading: ReadingOptions | None = None) -> Annotations:
    """Read the annotated movies at `paths`: folders, read with the options `reading`, or data lists (``.toml``).

    Raises
    ------
    ConfigurationError
        If a list is not valid, or `reading` is given together with a list, which has its own options.
    MovieReadError, InvalidInputError
        As :func:`podia.training.data.sources.read_annotated`.
    """
    reading = reading or ReadingOptions()
    _require_no_options(paths, reading)
    folders = [str(path) for path in paths if Path(path).suffix != ".toml"]
    entries = [DataEntry(paths=(folder,), **reading.model_dump()) for folder in folders]
    for path in paths:
        if Path(path).suffix == ".toml":
            entries += _read_list(Path(path))
    movies: list[AnnotatedMovie] = []
    sources: list[TrainingData] = []
    for entry in entries:
        found = read_movies(entry.paths, entry)
        named = [movie if entry.name is None else replace(movie, dataset=entry.name) for movie in found]
        movies += named
        sources += [
            TrainingData(name=movie.dataset, licence=entry.licence, citation=entry.citation)
            for movie in named
        ]
    return Annotations(tuple(movies), tuple(dict.fromkeys(sources)))


def _require_no_options(paths: Sequence[str | Path], reading: ReadingOptions) -> None:
    lists = [path for path in paths if Path(path).suffix == ".toml"]
    plain = ReadingOptions()
    options = [name for name in _OPTIONS if getattr(reading, name) != getattr(plain, name)]
    if lists and options:
        raise ConfigurationError(
            f"The data list '{lists[0]}' has these options for each data set, so "
            f"{' and '.join(_OPTIONS[name] for name in options)} cannot be used with it. Write {' and '.join(options)} "
            f"into the list."
        )


def _read_list(path: Path) -> list[DataEntry]:
    entries = DataList.parse(read_settings(path, "data list")).data
    return [
        entry.model_copy(update={"paths": tuple(str(path.parent / inner) for inner in entry.paths)})
        for entry in entries
    ]
