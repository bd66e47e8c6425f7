"""Annotated movies from paths; the type of each path is detected automatically."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.data.movie import LabelMovie, Movie
from podia.io.analysis_folder import is_analysis_folder
from podia.io.image_folder import TIFF_SUFFIXES
from podia.io.layout import LABELS, LABELS_TIFF
from podia.io.picture import PICTURE_SUFFIXES
from podia.io.points import looked_at_frames, read_points
from podia.io.read import movie_name, read, read_labels
from podia.io.written_files import edited_files
from podia.results.results import Results, open_results
from podia.training.annotation.folder import RECORD
from podia.training.annotation.marks import MASK_ENDINGS
from podia.training.annotation.read_back import read_annotation_folder
from podia.training.data.annotated import AnnotatedMovie, Coverage, FrameLabels
from podia.training.data.annotation_type import with_kind_of_labels
from podia.training.data.ctc_sources import (
    ctc_sequences,
    is_label_root,
    read_sequence,
    why_no_labels,
)
from podia.training.data.reading_options import Annotation, ReadingOptions
from podia.training.tip_targets import read_tips

_IMAGE_FOLDERS = ("images", "image", "imgs", "img", "raw")
_PICTURES = (*TIFF_SUFFIXES, *PICTURE_SUFFIXES)
_LABEL_FOLDERS = ("masks", "mask", "labels", "label")
_KINDS = (
    "a Cell Tracking Challenge sequence (01, with 01_GT or 01_ST beside it) or a folder of them, images/ and masks/ "
    "with files of the same names, images with masks beside them (NAME_seg.npy, NAME_masks.tif), movie.tif and "
    "labels.tif (or points.csv) in a folder, a folder of podia annotate, or an analysis folder of podia run"
)


def read_annotated(
    paths: str | Path | Sequence[str | Path],
    *,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    annotation: Annotation = "auto",
    coverage: Coverage = "dense",
    background_value: int | None = None,
    all_frames: bool = False,
) -> list[AnnotatedMovie]:
    """Open the annotated movies at `paths`; frames and labels are read when needed.

    Parameters
    ----------
    paths
        One or several of:

        - a Cell Tracking Challenge sequence ``01`` with ``01_GT/SEG``, ``01_ST/SEG`` or both beside it; or a label
          folder itself (``01_AUTO``, ``01_GT``). Frames are matched by the numbers in their names; clips do not cross
          gaps. Pixels around markers (``01_GT/TRA``) without a mask are unlabelled. A folder ``FG`` (0 and 1) contains
          a foreground without instances;
        - a folder with several such sequences;
        - a folder with ``images/`` and ``masks/`` (or ``labels/``): files of the same name, to which a mask may append
          one of :data:`podia.training.annotation.marks.MASK_ENDINGS`; each pair is a movie of one frame or, for stacks,
          of several. A single image with an empty mask is background;
        - a folder of images with their masks beside them, as in Cellpose (``NAME_seg.npy``, ``NAME_masks.tif``, ...);
        - a folder with ``movie.tif`` and ``labels.tif``, as ``podia simulate`` writes it;
        - a folder with ``movie.tif`` and ``points.csv``: a position in px for each cell (see
          :func:`podia.io.points.read_points`). Frames without positions count as not annotated;
        - an annotation folder of ``podia annotate`` (see
          :func:`podia.training.annotation.read_back.read_annotation_folder`);
        - an analysis folder of ``podia run``: the frames whose masks were corrected, or all frames with `all_frames` or
          if the masks are from another program; labels of positions are points.

        In stacks, frames without labels count as not annotated. A file ``tips.csv`` in a folder with ``movie.tif``, or
        in ``01_GT``, contains manually annotated protrusion tips.
    pixel_size_um, frame_interval_s
        Override the calibration in the files, for all paths.
    annotation
        Labels of a challenge sequence: ``gold`` (manual; cells that only silver has are unlabelled), ``silver``
        (computed), ``both`` (gold, completed by silver cells that it lacks), or ``auto``: ``both`` if both exist,
        otherwise the existing one.
    coverage, background_value
        As for :class:`AnnotatedMovie`.
    all_frames
        Whether to use all frames of an analysis folder, not only corrected ones.

    Warns
    -----
    UserWarning
        If sequences or images have no labels; with the number of frames used from an analysis; and if labels are a
        binary mask of several cells, which is then treated as a foreground without instances.

    Raises
    ------
    MovieReadError
        If a path contains none of these, no labels, or labels without any cell; or if labels are not integers, or are
        two or three classes instead of numbered cells.
    InvalidInputError
        If labels and frames differ in size or number.
    ConfigurationError
        If a calibration is not positive.
    """
    reading = ReadingOptions.parse(
        {
            "pixel_size_um": pixel_size_um,
            "frame_interval_s": frame_interval_s,
            "annotation": annotation,
            "coverage": coverage,
            "background_value": background_value,
            "all_frames": all_frames,
        }
    )
    return read_movies([paths] if isinstance(paths, str | Path) else paths, reading)


def read_movies(paths: Sequence[str | Path], reading: ReadingOptions) -> list[AnnotatedMovie]:
    """Return the annotated movies at `paths`, as :func:`read_annotated` does."""
    return [
        movie for path in paths for movie in with_kind_of_labels(_read_path(Path(path), reading), Path(path))
    ]


def _read_path(path: Path, reading: ReadingOptions) -> list[AnnotatedMovie]:
    if not path.is_dir():
        raise MovieReadError(_no_folder(path))
    if (path / RECORD).is_file():
        return read_annotation_folder(path, reading)
    if is_analysis_folder(path):
        return [_from_analysis(path, reading)]
    movie, labels = (_named(path, name) for name in ("movie", "labels"))
    if movie is not None and labels is not None:
        annotated = _from_stacks(movie, labels, path.resolve().parent.name, reading)
        frames = {frame: frame for frame in range(annotated.movie.n_frames)}
        return [replace(annotated, tips=read_tips(path, frames))]
    if movie is not None and (path / "points.csv").is_file():
        return [_from_points(movie, path / "points.csv", path.resolve().parent.name, reading)]
    folders = [_folder(path, names) for names in (_IMAGE_FOLDERS, _LABEL_FOLDERS)]
    if folders[0] is not None and folders[1] is not None:
        return _from_pairs(folders[0], folders[1], reading)
    if masks_beside(_files(path)):
        return _from_pairs(path, path, reading)
    sequences = [path] if is_label_root(path) else ctc_sequences(path)
    if sequences:
        return [read_sequence(sequence, reading) for sequence in sequences]
    why = why_no_labels(path) or _inner(path)
    raise MovieReadError(f"'{path}' does not contain a movie with labels.{why} podia trains on {_KINDS}.")


def _from_stacks(
    movie_path: Path,
    labels_path: Path,
    dataset: str,
    reading: ReadingOptions,
    calibration: Calibration | None = None,
    *,
    empty_is_background: bool = False,
) -> AnnotatedMovie:
    movie = _read_movie(movie_path, reading, calibration)
    labels = read_labels(labels_path, any_background=True)  # judged together with its data set
    if labels.n_frames != movie.n_frames:
        raise MovieReadError(
            f"'{labels_path}' has {labels.n_frames} frames and '{movie_path}' {movie.n_frames}. They must match; leave "
            f"frames without annotation empty."
        )
    return AnnotatedMovie(
        movie,
        FrameLabels.from_movie(labels) if empty_is_background else _with_cells(labels, labels_path),
        dataset,
        coverage=reading.coverage,
        background_value=reading.background_value,
        marks="points" if labels.positions_only else "masks",
    )


def _from_points(
    movie_path: Path, points_path: Path, dataset: str, reading: ReadingOptions
) -> AnnotatedMovie:
    movie = _read_movie(movie_path, reading)
    points = read_points(points_path)
    if points.empty:
        raise MovieReadError(f"'{points_path}' contains no points.")
    frames = looked_at_frames(points_path)
    if frames[-1] >= movie.n_frames:
        raise MovieReadError(
            f"'{points_path}' has points on frame {frames[-1]}, but the frames of '{movie_path}' are 0 to "
            f"{movie.n_frames - 1}. Frames are counted from 0."
        )
    return AnnotatedMovie(
        movie,
        FrameLabels.from_points(points, movie.frame_shape, frames=frames),
        dataset,
        coverage=reading.coverage,
        background_value=reading.background_value,
        marks="points",
    )


def _read_movie(path: Path, reading: ReadingOptions, calibration: Calibration | None = None) -> Movie:
    known = calibration or Calibration()
    movie = read(
        path,
        pixel_size_um=reading.pixel_size_um or known.pixel_size_um,
        frame_interval_s=reading.frame_interval_s or known.frame_interval_s,
    )
    # The file name in every simulation folder.
    return replace(movie, name=path.resolve().parent.name) if movie.name == "movie" else movie


def _with_cells(labels: LabelMovie, path: Path) -> FrameLabels:
    frames = tuple(frame for frame, image in enumerate(labels) if image.any())
    if not frames:
        raise MovieReadError(f"The labels '{path}' contain no cell: every pixel is 0.")
    return FrameLabels.from_movie(labels).only(frames)


def _from_pairs(images: Path, masks: Path, reading: ReadingOptions) -> list[AnnotatedMovie]:
    beside = masks_beside(_files(images))
    image_of = {movie_name(path): path for path in _files(images) if path not in beside}
    if images == masks:
        image_of = {name: path for name, path in image_of.items() if path.suffix.lower() in _PICTURES}
    pairs = []
    for mask in beside if images == masks else _files(masks):
        name = next((n for n in image_of for end in MASK_ENDINGS if n + end == movie_name(mask)), None)
        if name is None:
            hint = nearest_name_hint(movie_name(mask), image_of)
            raise MovieReadError(f"There is no image in '{images}' for the mask '{mask.name}'.{hint}")
        pairs.append((image_of[name], mask))
    if not pairs:
        raise MovieReadError(f"'{masks}' holds no masks for the {len(image_of)} images in '{images}'.")
    left_out = sorted(set(image_of.values()) - {image for image, _ in pairs})
    if left_out:
        warnings.warn(
            f"{len(left_out)} of the {len(image_of)} images in '{images}' have no mask in '{masks}', e.g. "
            f"'{left_out[0].name}'. They are not used for training.",
            UserWarning,
            stacklevel=2,
        )
    # An empty mask of a single image means that there is no cell; in a stack, the frame may not be annotated.
    empty = {mask for _, mask in pairs if _is_empty_image(mask)}
    if len(empty) == len(pairs):
        raise MovieReadError(f"The labels in '{masks}' contain no cell: every pixel is 0.")
    if empty and reading.coverage == "partial":
        warnings.warn(
            f"{len(empty)} of the {len(pairs)} masks in '{masks}' are empty, such as '{min(empty).name}': "
            "not used for training, because only some cells are annotated.",
            UserWarning,
            stacklevel=2,
        )
        pairs = [(image, mask) for image, mask in pairs if mask not in empty]
    name = images.resolve().parent.name
    return [
        _from_stacks(image, mask, name, reading, empty_is_background=mask in empty) for image, mask in pairs
    ]


def masks_beside(files: Sequence[Path]) -> list[Path]:
    """Return the files that are named after another of `files` as its masks, one each; images before Cellpose's own.

    Examples
    --------
    >>> [path.name for path in masks_beside([Path("a.tif"), Path("a_seg.npy"), Path("b_seg.npy")])]
    ['a_seg.npy']
    """
    names = {movie_name(path) for path in files if path.suffix.lower() in _PICTURES}
    found: dict[str, Path] = {}
    for path in sorted(files, key=lambda path: (path.suffix.lower() == ".npy", path.name)):
        if path.suffix.lower() in (*_PICTURES, ".npy"):
            of = (
                movie_name(path).removesuffix(end)
                for end in MASK_ENDINGS
                if end and movie_name(path).endswith(end)
            )
            for name in of:
                if name in names:
                    found.setdefault(name, path)
    return sorted(found.values())


def _is_empty_image(path: Path) -> bool:
    """Return whether a label file is a single image of zeros."""
    labels = read_labels(path, any_background=True)
    return labels.n_frames == 1 and not labels.frame(0).any()


def _from_analysis(folder: Path, reading: ReadingOptions) -> AnnotatedMovie:
    results = open_results(folder)
    results.require("correct")
    edited = edited_files(results.folder, (LABELS, LABELS_TIFF))
    if edited:
        raise InvalidInputError(
            f"'{results / edited[0]}' was edited since podia wrote it. Import the changes first: podia "
            f"apply {folder}."
        )
    calibration = Calibration(
        reading.pixel_size_um or results.calibration.pixel_size_um,
        reading.frame_interval_s or results.calibration.frame_interval_s,
    )
    movie = replace(results.movie, calibration=calibration)
    labels = results.labels
    return AnnotatedMovie(
        replace(movie, name=results.source_movie().resolve().parent.name) if movie.name == "movie" else movie,
        _frames_to_learn_from(results, labels, reading),
        folder.resolve().parent.name,
        coverage=reading.coverage,
        background_value=reading.background_value,
        marks="points" if labels.positions_only else "masks",
    )


def _frames_to_learn_from(results: Results, labels: LabelMovie, reading: ReadingOptions) -> FrameLabels:
    """Return the frames with corrected masks; or all with cells, if requested or if podia did not make the masks.

    If a copied analysis does not record the corrected frames, all frames are used.
    """
    corrected = results.corrected_frames
    if reading.all_frames or corrected is None or (not corrected and results.given_masks):
        return _with_cells(labels, results / LABELS)
    if not corrected:
        raise InvalidInputError(
            f"No masks of '{results.path}' were corrected, so there is nothing to train on. Correct some "
            "frames (podia review, or any program and podia apply), or use uncorrected masks with "
            "--all-frames."
        )
    warnings.warn(
        f"Of '{results.path}', {len(corrected)} of {labels.n_frames} frames are used: those whose masks "
        "were corrected. Use --all-frames to use all.",
        UserWarning,
        stacklevel=2,
    )
    return FrameLabels.from_movie(labels).only(corrected)


def _named(folder: Path, name: str) -> Path | None:
    """Return the file (or OME-Zarr) with this name and any suffix."""
    endings = (*_PICTURES, ".zarr", ".npy")
    found = (p for p in sorted(folder.iterdir()) if p.suffix.lower() in endings and movie_name(p) == name)
    return next(found, None)


def _folder(path: Path, names: Sequence[str]) -> Path | None:
    return next((path / name for name in names if (path / name).is_dir()), None)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]


def _no_folder(path: Path) -> str:
    if path.is_file():
        return f"'{path}' is a file. Use a folder with frames and labels: {_KINDS}."
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"There is no folder '{path}'.{nearest_name_hint(path.name, siblings)}"


def _inner(path: Path) -> str:
    inner = sorted(p.name for p in path.iterdir() if p.is_dir())
    return f" It contains the folders {', '.join(inner[:6])}. Use one of them." if inner else ""
