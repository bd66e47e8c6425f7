"""Open movies and labels; the reader is selected by the type of the path."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError, nearest_name_hint
from podia.data.movie import LabelMovie, Movie
from podia.files.printable import printable
from podia.io.bioio_formats import READERS, open_bioio, positions_in_bioio, readers_are_installed
from podia.io.blank_frames import BridgedFrames
from podia.io.content_kind import content_suffix
from podia.io.grey_values import require_grey_values
from podia.io.image_folder import TIFF_SUFFIXES, open_image_folder, positions_in_folder
from podia.io.label_background import require_zero_background
from podia.io.label_values import as_labels
from podia.io.movie_part import MoviePart, SomeFrames, frame_range
from podia.io.numpy_array import open_numpy
from podia.io.opened_image import OpenedImage, calibrate, is_square
from podia.io.picture import PICTURE_SUFFIXES, open_picture
from podia.io.tiff.open import open_tiff, positions_in_tiff
from podia.io.unclear_frames import MarkedFrames

VIDEO_SUFFIXES = (".avi", ".mp4", ".mov", ".mkv", ".m4v", ".wmv", ".gif")
_MOVIE_KINDS = (
    "TIFF (also ImageJ and OME), OME-Zarr, a folder of images, PNG, JPEG, BMP, AVI, MP4, ND2, LIF, CZI"
)
_LABEL_KINDS = "TIFF, OME-Zarr, a folder of images, PNG, NumPy (.npy, .npz)"


def read(
    path: str | Path,
    *,
    channel: int | str | None = None,
    position: int | str | None = None,
    pattern: str | None = None,
    frames: str | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    missing: Literal["blank", "skip"] = "blank",
) -> Movie:
    """Open the movie at `path`; frames are read on demand.

    Parameters
    ----------
    path
        TIFF stack, ImageJ hyperstack, OME-TIFF, OME-Zarr, a folder with one image per frame (also those of the Cell
        Tracking Challenge), AVI or MP4, or ND2, LIF and CZI if the extra of that name is installed.
    channel
        Index from 0, or name. Required if there are several. For colour images: 0 red, 1 green, 2 blue.
    position
        Name of a position (scene, series, well, field), or its index from 0. Required if there are several.
    pattern
        Pattern of the image names in a folder, such as ``"exp_{position}_t{time}.tif"``, if podia does not recognise
        them.
    frames
        Selected frames, ``"first:end"``, counted from 0, `end` excluded.
    pixel_size_um, frame_interval_s
        Override the metadata of the file. Values in neither are unknown.
    missing
        Whether gaps in the numbering of a folder's images are blank frames or are skipped.

    Returns
    -------
    Movie
        Named after the file without its suffixes, or after the folder. Pages of a plain multi-page file are time
        points, and so are Z slices without a time axis (with a UserWarning). :meth:`Movie.is_blank` is true for frames
        without data, :meth:`Movie.is_unclear` for noise and frames far out of focus.

    Raises
    ------
    MovieReadError
        If the path does not exist, or the file is empty, truncated, not an image, in colour, 3-D, has several channels
        or positions and none is selected, or has frames of different sizes.
    MissingDependencyError
        If a vendor format needs an extra that is not installed.
    InvalidInputError
        If a given calibration is not positive, or `pattern` or `frames` is not valid.
    """
    path = Path(path)
    opened = _open_movie(path, MoviePart(channel, position, pattern, missing == "blank"))
    require_grey_values(opened.source.dtype, path)
    calibration = calibrate(opened, path, pixel_size_um=pixel_size_um, frame_interval_s=frame_interval_s)
    _say(opened.notes)
    movie = Movie(BridgedFrames(opened.source), calibration, movie_name(path))
    if frames is not None:
        movie = _only(movie, frames)
    return replace(movie, source=MarkedFrames(movie.source))


def read_labels(
    path: str | Path,
    *,
    channel: int | str | None = None,
    position: int | str | None = None,
    pattern: str | None = None,
    frames: str | None = None,
    any_background: bool = False,
    missing: Literal["blank", "skip"] = "blank",
) -> LabelMovie:
    """Open the labels at `path` as int32; frames are read on demand.

    Parameters
    ----------
    path
        Label TIFF stack, OME-Zarr labels (or an image with one label image), ``.npy``, ``.npz``, Cellpose's
        ``_seg.npy``, or a folder of label images: also CTC results (``mask000.tif``) and ground truth
        (``man_track000.tif``, ``man_seg000.tif``).
    channel, position, pattern, frames, missing
        As in :func:`read`; missing frames have no cells.
    any_background
        Whether to accept labels whose background is not 0, as in partial annotation.

    Raises
    ------
    MovieReadError
        As :func:`read`; if it is a movie; if the background of labels of other programs is not 0; or when a frame with
        invalid labels (negative, non-integer, too large) is read.
    """
    path = Path(path)
    opened = _open_labels(path, MoviePart(channel, position, pattern, missing == "blank"))
    # Labels with non-square pixels are valid: the scale of the movie is used.
    pixel_size_um = opened.pixel_size_um if is_square(opened) else None
    calibration = Calibration(pixel_size_um, opened.frame_interval_s)
    labels = LabelMovie(
        as_labels(opened.source, path), calibration, movie_name(path), positions_only=_marks_positions(path)
    )
    if frames is not None:
        labels = replace(labels, source=SomeFrames(labels.source, frame_range(frames, labels.n_frames)))
    _say(opened.notes)
    if not any_background:
        require_zero_background(labels.frame, range(labels.n_frames), path)
    return labels


def positions_in(path: str | Path, *, pattern: str | None = None) -> list[str]:
    """Return the names of the positions (scenes, series, wells, fields) in a file or folder; one for a single movie.

    Each can be passed to :func:`read` as `position`.
    """
    path = Path(path)
    _require_content(path)
    suffix = content_suffix(path)
    if is_zarr(path):
        from podia.io.ome_zarr import positions_in_zarr

        return positions_in_zarr(path)
    if path.is_dir():
        return positions_in_folder(path, pattern)
    if suffix in TIFF_SUFFIXES:
        return positions_in_tiff(path)
    if suffix in READERS and readers_are_installed(path):
        return positions_in_bioio(path)
    return ["0"]


def movie_name(path: Path) -> str:
    """Return the name of a movie: the file name without its suffix, which may be ``.ome.tif`` or ``.ome.zarr``.

    Examples
    --------
    >>> movie_name(Path("data/B2.day3.ome.tif"))
    'B2.day3'
    """
    if path.name in ("", "..") and path.is_dir():
        path = path.resolve()  # "." has no name
    name = path.stem
    if path.is_dir() and path.suffix != ".zarr":
        name = path.name
    elif path.stem.lower().endswith(".ome"):
        name = path.stem[: -len(".ome")]
    return printable(name)


def _say(notes: Sequence[str]) -> None:
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=3)


def _only(movie: Movie, frames: str) -> Movie:
    picked = frame_range(frames, movie.n_frames)
    interval = movie.calibration.frame_interval_s
    calibration = replace(
        movie.calibration, frame_interval_s=None if interval is None else interval * abs(picked.step)
    )
    return replace(movie, source=SomeFrames(movie.source, picked), calibration=calibration)


def _open_movie(path: Path, part: MoviePart) -> OpenedImage:
    _require_content(path)
    suffix = content_suffix(path)
    if is_zarr(path):
        from podia.io.ome_zarr import open_ome_zarr  # importing zarr takes longer than reading a TIFF

        return open_ome_zarr(path, part)
    if path.is_dir():
        return open_image_folder(path, part)
    if suffix in TIFF_SUFFIXES:
        return open_tiff(path, part)
    if suffix in PICTURE_SUFFIXES:
        return open_picture(path, channel=part.channel)
    if suffix in READERS:
        return open_bioio(path, part)
    if suffix in VIDEO_SUFFIXES:
        from podia.io.video import open_video  # importing PyAV takes longer than reading a TIFF

        return open_video(path)
    raise MovieReadError(
        f"'{path}' is in a format that podia does not read. Supported formats: {_MOVIE_KINDS}."
    )


def _open_labels(path: Path, part: MoviePart) -> OpenedImage:
    _require_content(path)
    suffix = content_suffix(path)
    if is_zarr(path):
        from podia.io.ome_zarr import open_ome_zarr_labels

        return open_ome_zarr_labels(path, part)
    if path.is_dir():
        return open_image_folder(path, part, is_labels=True)
    if suffix in TIFF_SUFFIXES:
        return open_tiff(path, part, is_labels=True)
    if suffix in PICTURE_SUFFIXES:
        return open_picture(path, channel=part.channel, is_labels=True)
    if suffix in (".npy", ".npz"):
        return open_numpy(path)
    raise MovieReadError(
        f"'{path}' has a format that podia does not read as labels. Supported formats: {_LABEL_KINDS}."
    )


def _marks_positions(path: Path) -> bool:
    if not is_zarr(path):
        return False
    from podia.io.ome_zarr import marks_positions

    return marks_positions(path)


def is_zarr(path: Path) -> bool:
    """Return whether `path` is a Zarr group or array, or a folder with the suffix ``.zarr``."""
    markers = ("zarr.json", ".zgroup", ".zarray")
    return path.is_dir() and (path.suffix == ".zarr" or any((path / name).is_file() for name in markers))


def _require_content(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise MovieReadError(f"'{path}' is a link to '{path.readlink()}', which is not there.")
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MovieReadError(f"There is no file or folder '{path}'.{nearest_name_hint(path.name, siblings)}")
    if path.is_file() and path.stat().st_size == 0:
        raise MovieReadError(f"The file '{path}' is empty (0 bytes). Copy it again from its source.")
