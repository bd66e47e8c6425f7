"""``podia annotate``: select frames of movies and write an annotation folder."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from podia.data.arguments import settle_config
from podia.data.config import Settings
from podia.data.errors import ConfigurationError, InvalidInputError, OutputError
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path
from podia.io.read import read
from podia.io.tiff.write_labels import write_labels_tiff
from podia.io.tiff.write_movie import write_movie_tiff
from podia.networks.inference.cells import find_cells
from podia.networks.inference.config import InferenceConfig
from podia.training.annotation.contact_sheet import write_contact_sheet
from podia.training.annotation.folder import (
    NO_CELLS,
    POINTS,
    README,
    RECORD,
    AnnotationFolder,
    AnnotationRecord,
    MovieRecord,
    PictureRecord,
    picture_name,
)
from podia.training.annotation.frame_choice import (
    Candidate,
    FrameChoiceConfig,
    candidate_frames,
    choose_frames,
)
from podia.training.annotation.frame_features import FrameFeatures, Viewer
from podia.training.annotation.marks import stack_files
from podia.training.annotation.words import NO_CELLS_TEXT, README_TEXT

_PREFILL_WINDOW = 5
"""Number of frames that the network processes for a mask, ending with the image; whole movies would be slow."""


@dataclass(frozen=True)
class MovieOptions:
    """Options for reading the movies."""

    channel: int | str | None = None
    pixel_size_um: float | None = None
    frame_interval_s: float | None = None


@dataclass(frozen=True)
class AnnotationOutcome:
    """Content of the folder after a run, and the number of new images."""

    folder: AnnotationFolder
    record: AnnotationRecord
    n_new: int


@dataclass(frozen=True)
class _Opened:
    path: Path
    movie: Movie
    record: MovieRecord


def annotate(
    movies: Sequence[str | Path],
    folder: str | Path,
    config: FrameChoiceConfig | None = None,
    *,
    settings: Settings | None = None,
    reading: MovieOptions | None = None,
    prefill: bool = False,
    progress: Progress = silent,
) -> AnnotationOutcome:
    """Select frames and write them to `folder` with empty label images, instructions and a contact sheet.

    Existing images and annotations in the folder are kept and count towards ``config.frames``; images are added only
    if there are fewer.

    Parameters
    ----------
    movies
        Paths of movies.
    folder
        Created if it does not exist.
    config
        Number of frames, and how they are selected.
    settings
        Instead of `config`: individual settings with the keys of the command line, such as ``{"frames": 20}``.
    reading
        Channel and calibration of the movies.
    prefill
        Whether to write the masks of the model as label images, to be corrected. A prefilled image counts as annotated
        only after it has been saved again.
    progress
        Called while frames are analysed.

    Raises
    ------
    ConfigurationError
        If a setting is unknown or out of bounds.
    MovieReadError, InvalidInputError
        If a movie or model cannot be read, a movie is given twice, or masks are requested from a model of positions.
    OutputError
        If the folder has other content, or additional images would change the numbering used by annotation files.
    """
    config = settle_config(FrameChoiceConfig, config, settings)
    reading = reading or MovieOptions()
    target = AnnotationFolder(Path(folder))
    before = target.read_record()
    if before is None:
        _require_free(target.path)
    record = before or AnnotationRecord()
    n_missing = config.frames - len(record.pictures)
    if n_missing <= 0:
        return AnnotationOutcome(target, record, 0)
    _require_no_stack(target, record)
    opened = _open_movies([Path(path) for path in movies], target, record, reading)
    pictures = _choose(opened, record, n_missing, config, progress)
    movie_of = {one.record.name: one.movie for one in opened}
    found_in = {name: _found_by_model(movie, config) for name, movie in movie_of.items()} if prefill else {}
    target.write_record(record)  # so that a killed run can be repeated
    for number, picture in enumerate(pictures, start=1):
        found = found_in.get(picture.movie)
        pictures[number - 1] = _write_picture(target, picture, movie_of[picture.movie], found)
        progress("pictures", number, len(pictures))
    known = {movie.name for movie in record.movies}
    record = record.model_copy(
        update={
            "movies": (*record.movies, *(one.record for one in opened if one.record.name not in known)),
            "pictures": (*record.pictures, *pictures),
        }
    )
    _write_texts(target)
    write_contact_sheet(target, record)
    target.write_record(record)
    return AnnotationOutcome(target, record, len(pictures))


def _require_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f"'{folder}' already exists and is not an annotation folder (it has no {RECORD}). Choose another folder "
            f"with -o."
        )


def _require_no_stack(folder: AnnotationFolder, record: AnnotationRecord) -> None:
    files = stack_files(folder.path)
    if record.pictures and files:
        raise OutputError(
            f"'{files[0].name}' in '{folder.path}' refers to images by their order, which additional images "
            f"would change. Choose another folder for these with -o, and train on both."
        )


def _open_movies(
    paths: Sequence[Path], folder: AnnotationFolder, record: AnnotationRecord, reading: MovieOptions
) -> list[_Opened]:
    """Return the movies under unique names: the folder's name is prefixed if two have the same name."""
    if not paths:
        raise InvalidInputError("Give at least one movie.")
    opened = [
        (
            path,
            read(
                path,
                channel=reading.channel,
                pixel_size_um=reading.pixel_size_um,
                frame_interval_s=reading.frame_interval_s,
            ),
        )
        for path in paths
    ]
    known = {movie.sha256: movie for movie in record.movies}
    # The file name in every simulation folder.
    called = [path.resolve().parent.name if movie.name == "movie" else movie.name for path, movie in opened]
    names = _names(list(zip(paths, called, strict=True)), {movie.name for movie in record.movies})
    found: list[_Opened] = []
    for (path, movie), name in zip(opened, names, strict=True):
        described = folder.record_movie(path, movie, name, reading.channel)
        described = known.get(described.sha256, described)
        twice = next((one.path for one in found if one.record.sha256 == described.sha256), None)
        if twice is not None:
            raise InvalidInputError(f"'{path}' and '{twice}' are the same movie. Give each movie once.")
        found.append(_Opened(path, movie, described))
    return found


def _names(movies: Sequence[tuple[Path, str]], taken: set[str]) -> list[str]:
    counts = Counter(name for _, name in movies)
    names: list[str] = []
    for path, name in movies:
        is_shared = counts[name] > 1 or name in taken
        long = f"{path.resolve().parent.name}-{name}" if is_shared else name
        # If folder names are equal as well, a number is added.
        tries = (
            long if number == 1 else f"{long}-{number}" for number in range(1, len(movies) + len(taken) + 2)
        )
        names.append(next(one for one in tries if one not in taken and one not in names))
    return names


def _choose(
    opened: Sequence[_Opened],
    record: AnnotationRecord,
    n: int,
    config: FrameChoiceConfig,
    progress: Progress,
) -> list[PictureRecord]:
    lengths = [one.movie.n_frames for one in opened]
    number_of = {one.record.name: number for number, one in enumerate(opened)}
    kept = [
        Candidate(number_of[picture.movie], picture.frame)
        for picture in record.pictures
        if picture.movie in number_of
    ]
    most = max(config.candidates, n + len(kept))
    spread = candidate_frames(lengths, most)
    offered = [c for c in spread if opened[c.movie].movie.has_picture(c.frame)] or spread
    candidates = sorted({*offered, *kept}, key=lambda c: (c.movie, c.frame))
    viewer = Viewer(config.model)
    looks: list[FrameFeatures] = []
    for number, one in enumerate(opened):
        frames = [candidate.frame for candidate in candidates if candidate.movie == number]
        looks += viewer.look(one.movie, frames, progress) if frames else []
    taken = frozenset(candidates.index(candidate) for candidate in kept)
    return [
        PictureRecord(
            name=picture_name(opened[choice.candidate.movie].record.name, choice.candidate.frame),
            movie=opened[choice.candidate.movie].record.name,
            frame=choice.candidate.frame,
            why=choice.why,
        )
        for choice in choose_frames(candidates, looks, n, lengths, config, taken=taken)
    ]


def _write_picture(
    folder: AnnotationFolder, picture: PictureRecord, movie: Movie, found: LabelMovie | None
) -> PictureRecord:
    """Write an image and its label image, empty or as `found`, and return its record."""
    image = Movie.from_array(movie.frame(picture.frame)[None], movie.calibration, name=picture.name)
    write_movie_tiff(image, folder.image(picture.name))
    labels = np.zeros(image.shape, np.int32) if found is None else found.frame(picture.frame)[None]
    path = folder.mask(picture.name)
    with TemporaryDirectory() as scratch:
        written = Path(scratch) / path.name
        write_labels_tiff(LabelMovie.from_array(labels, image.calibration, name=picture.name), written)
        content = written.read_bytes()
    if not path.exists():  # an image of an earlier, killed run may have been annotated
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    if found is None:
        return picture
    return picture.model_copy(update={"prefilled": hashlib.sha256(content).hexdigest()})


def _found_by_model(movie: Movie, config: FrameChoiceConfig) -> LabelMovie:
    if config.model is None:
        raise ConfigurationError("Prefilled masks need a model. Give one with --model.")
    # In torch, because compiling does not pay off for a few frames.
    network = InferenceConfig(
        model=config.model, mode="window", window_frames=_PREFILL_WINDOW, backend="torch"
    )
    found = find_cells(movie, network)
    if found.positions_only:
        raise ConfigurationError(
            f"The model '{config.model}' predicts positions without outlines, so it cannot prefill masks. Choose "
            f"another model, or start with empty masks."
        )
    return found


def _write_texts(folder: AnnotationFolder) -> None:
    (folder.path / POINTS).mkdir(exist_ok=True)
    for name, text in ((README, README_TEXT), (NO_CELLS, NO_CELLS_TEXT)):
        if not (folder.path / name).exists():
            with atomic_path(folder.path / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
