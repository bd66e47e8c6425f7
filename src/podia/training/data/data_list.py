"""Which annotated data to train on, where it is more than folders: a TOML file that says how each is to be read."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError
from podia.networks.card import TrainingData
from podia.training.data.annotated import AnnotatedMovie, Coverage
from podia.training.data.ctc_sources import Annotation
from podia.training.data.sources import read_annotated


class DataEntry(FrozenConfig):
    """One data set."""

    paths: tuple[str, ...] = Field(
        min_length=1, description="Folders, from the list's own folder where relative."
    )
    name: str | None = Field(None, description="Name of the data set; the folder's where none.")
    pixel_size_um: float | None = Field(None, gt=0, description="Edge of a pixel, um.")
    frame_interval_s: float | None = Field(None, gt=0, description="Time between frames, s.")
    annotation: Annotation = Field("auto", description="Which labels of a Cell Tracking Challenge folder.")
    coverage: Coverage = Field("dense", description="Whether 0 is background, or partly unlabelled.")
    background_value: int | None = Field(
        None, ge=1, description="Label of pixels known to be background, in partial annotation."
    )
    licence: str = Field("not stated", description="Licence, for the model card.")
    citation: str = Field("", description="Whom to cite, for the model card.")


class DataList(FrozenConfig):
    """Everything that a training learns from."""

    data: tuple[DataEntry, ...] = Field(min_length=1, description="The data sets.")


_OPTIONS = {
    "pixel_size_um": "--pixel-size-um",
    "frame_interval_s": "--frame-interval-s",
    "annotation": "--annotation",
    "coverage": "--partial",
}
"""What an entry says, as the command line has it for folders."""


@dataclass(frozen=True)
class Annotations:
    """The movies of all data sets, and what a model card says of them."""

    movies: tuple[AnnotatedMovie, ...]
    sources: tuple[TrainingData, ...]

    def with_field_margin(self, margin_px: int) -> Annotations:
        """Return the same of which cells that lie wholly in a margin of that width, px, were left out."""
        if margin_px == 0:
            return self
        return replace(self, movies=tuple(replace(movie, field_margin_px=margin_px) for movie in self.movies))


def read_data(paths: Sequence[str | Path], defaults: DataEntry) -> Annotations:
    """Return the annotated movies at `paths`: folders, read as `defaults` says, or lists that end in ``.toml``.

    Raises
    ------
    ConfigurationError
        If a list is not valid, or `defaults` says how data are to be read beside one, which says that itself.
    MovieReadError, InvalidInputError
        As :func:`podia.training.data.sources.read_annotated`.
    """
    _require_no_options(paths, defaults)
    entries: list[DataEntry] = []
    folders = [str(path) for path in paths if Path(path).suffix != ".toml"]
    entries += [defaults.model_copy(update={"paths": (folder,)}) for folder in folders]
    for path in paths:
        if Path(path).suffix == ".toml":
            entries += _read_list(Path(path))
    movies: list[AnnotatedMovie] = []
    sources: list[TrainingData] = []
    for entry in entries:
        found = read_annotated(
            entry.paths,
            pixel_size_um=entry.pixel_size_um,
            frame_interval_s=entry.frame_interval_s,
            annotation=entry.annotation,
            coverage=entry.coverage,
            background_value=entry.background_value,
        )
        named = [movie if entry.name is None else replace(movie, dataset=entry.name) for movie in found]
        movies += named
        sources += [
            TrainingData(name=movie.dataset, licence=entry.licence, citation=entry.citation)
            for movie in named
        ]
    return Annotations(tuple(movies), tuple(dict.fromkeys(sources)))


def _require_no_options(paths: Sequence[str | Path], defaults: DataEntry) -> None:
    lists = [path for path in paths if Path(path).suffix == ".toml"]
    plain = DataEntry(paths=defaults.paths)
    given = [name for name in _OPTIONS if getattr(defaults, name) != getattr(plain, name)]
    if lists and given:
        raise ConfigurationError(
            f"'{lists[0]}' says of each data set how it is read, so {' and '.join(_OPTIONS[name] for name in given)} "
            f"cannot be given beside it. Write {' and '.join(given)} into the list."
        )


def _read_list(path: Path) -> list[DataEntry]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"Cannot read the data list '{path}': {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The data list '{path}' is not valid TOML: {error}.") from None
    entries = DataList.parse(values).data
    return [
        entry.model_copy(update={"paths": tuple(str(path.parent / inner) for inner in entry.paths)})
        for entry in entries
    ]
