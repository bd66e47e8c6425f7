"""Layout of an annotation folder, and its record of the movie and frame of each image."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError, MovieReadError
from podia.data.movie import Movie
from podia.files.atomic import atomic_path
from podia.io.file_names import natural_key
from podia.io.fingerprint import fingerprint
from podia.version import __version__

RECORD = "annotation.json"
NO_CELLS = "no_cells.txt"
README = "README.txt"
CONTACT_SHEET = "contact-sheet.png"
IMAGES, MASKS, POINTS = "images", "masks", "points"


class MovieRecord(FrozenConfig):
    """A movie with selected frames."""

    name: str
    path: str
    path_from_here: str
    sha256: str
    n_frames: int
    channel: int | str | None = None
    pixel_size_um: float | None = None
    frame_interval_s: float | None = None


class PictureRecord(FrozenConfig):
    """An image: frame `frame` of movie `movie`; `prefilled` is the sha256 of a mask prefilled by a model."""

    name: str
    movie: str
    frame: int
    why: str
    prefilled: str | None = None


class AnnotationRecord(FrozenConfig):
    """Content of ``annotation.json``."""

    podia: str = __version__
    movies: tuple[MovieRecord, ...] = ()
    pictures: tuple[PictureRecord, ...] = ()

    @property
    def in_order(self) -> list[PictureRecord]:
        """The images in the order in which programs open them as a stack: by name, in natural order."""
        return sorted(self.pictures, key=lambda picture: natural_key(picture.name))


@dataclass(frozen=True)
class AnnotationFolder:
    """An annotation folder."""

    path: Path

    def image(self, picture: str) -> Path:
        """Return the path of an image."""
        return self.path / IMAGES / f"{picture}.tif"

    def mask(self, picture: str) -> Path:
        """Return the path of its empty label image."""
        return self.path / MASKS / f"{picture}.tif"

    def read_record(self) -> AnnotationRecord | None:
        """Return the record, or None if there is none.

        Raises
        ------
        MovieReadError
            If it was not written by ``podia annotate``.
        """
        path = self.path / RECORD
        if not path.is_file():
            return None
        try:
            return AnnotationRecord.parse(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, ConfigurationError) as error:
            raise MovieReadError(
                f"'{path}' was changed after podia annotate wrote it ({error}). Restore it, or start a new folder."
            ) from error

    def write_record(self, record: AnnotationRecord) -> None:
        """Write the record, atomically."""
        with atomic_path(self.path / RECORD) as temporary:
            text = json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")

    def record_movie(self, path: Path, movie: Movie, name: str, channel: int | str | None) -> MovieRecord:
        """Return the record of a movie."""
        return MovieRecord(
            name=name,
            path=str(path.resolve()),
            path_from_here=_relative(path, self.path),
            sha256=fingerprint(path),
            n_frames=movie.n_frames,
            channel=channel,
            pixel_size_um=movie.calibration.pixel_size_um,
            frame_interval_s=movie.calibration.frame_interval_s,
        )


def picture_name(movie: str, frame: int) -> str:
    """Return the name of an image.

    >>> picture_name("B2", 12)
    'B2_t012'
    """
    return f"{movie}_t{frame:03d}"


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive, on Windows
        return str(path.resolve())
