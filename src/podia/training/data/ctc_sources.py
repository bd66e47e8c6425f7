"""Sequences of the Cell Tracking Challenge (CTC) as annotated movies."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from podia.data.errors import InvalidInputError, MovieReadError
from podia.io.image_folder import TIFF_SUFFIXES, frame_paths
from podia.io.picture import PICTURE_SUFFIXES
from podia.io.read import read, read_labels
from podia.training.data.annotated import AnnotatedMovie, FrameLabels
from podia.training.data.ctc_labels import GoldOverSilver, GoldWhereKnown, UnlabelledAroundMarkers
from podia.training.data.reading_options import Annotation, ReadingOptions
from podia.training.tip_targets import read_tips

_SEQUENCE = re.compile(r"\d+")
_LABEL_ROOT = re.compile(r"(\d+)_[A-Z]+")


def is_label_root(path: Path) -> bool:
    """Return whether `path` is a folder of labels beside its sequence, such as ``01_GT``."""
    match = _LABEL_ROOT.fullmatch(path.name)
    return match is not None and (path.parent / match[1]).is_dir()


def ctc_sequences(path: Path) -> list[Path]:
    """Return `path` if it is a sequence with labels, or the sequences in it; otherwise an empty list.

    Warns
    -----
    UserWarning
        If sequences in the folder have no labels.
    """
    if _SEQUENCE.fullmatch(path.name) and _has_labels(path):
        return [path]
    inside = sorted(p for p in path.iterdir() if p.is_dir() and _SEQUENCE.fullmatch(p.name))
    labelled = [p for p in inside if _has_labels(p)]
    if labelled and len(labelled) < len(inside):
        left_out = ", ".join(p.name for p in inside if p not in labelled)
        warnings.warn(
            f"'{path}' has no labels for {left_out}. These are not used for training.",
            UserWarning,
            stacklevel=2,
        )
    return labelled


def why_no_labels(path: Path) -> str:
    """Describe what is missing if `path` is or contains a sequence with a label folder; otherwise return ""."""
    sequences = [path, *sorted(path.iterdir())] if path.is_dir() else []
    roots = [root for p in sequences if _SEQUENCE.fullmatch(p.name) for root in _roots(p) if root.is_dir()]
    return f" '{roots[0]}' has neither a folder SEG nor FG with label images in it." if roots else ""


def read_sequence(path: Path, reading: ReadingOptions) -> AnnotatedMovie:
    """Return the sequence in folder `path` (``01``, or its label folder ``01_GT``) with its labels.

    Raises
    ------
    MovieReadError
        If the labels requested by ``reading.annotation`` do not exist, or contain no cell.
    InvalidInputError
        If labels and frames differ in size, or there are labels for a missing frame.
    """
    folder = path if _SEQUENCE.fullmatch(path.name) else path.parent / path.name.split("_")[0]
    movie = read(
        folder,
        pixel_size_um=reading.pixel_size_um,
        frame_interval_s=reading.frame_interval_s,
        missing="skip",
    )
    numbers = _numbers(frame_paths(folder))
    frame_of = {number: frame for frame, number in enumerate(numbers)}
    if path == folder:
        labels, instances = _chosen(folder, reading.annotation, frame_of)
    else:
        labels, instances = _opened(path, frame_of)
    if not any((labels.read(frame) > 0).any() for frame in labels.frames):
        raise MovieReadError(f"The labels of '{path}' contain no cell: every pixel is 0.")
    dataset = folder.resolve().parent.name
    return AnnotatedMovie(
        replace(movie, name=f"{dataset}-{folder.resolve().name}"),
        labels,
        dataset,
        coverage=reading.coverage,
        background_value=reading.background_value,
        instances=instances,
        frame_numbers=tuple(numbers) if np.any(np.diff(numbers) != 1) else None,
        tips=read_tips(_roots(folder)[0], frame_of),
    )


def _chosen(folder: Path, annotation: Annotation, frame_of: Mapping[int, int]) -> tuple[FrameLabels, bool]:
    """Return the labels requested by `annotation`, and whether each cell has its own label."""
    gold, silver = (root if _images_in(root) else None for root in _roots(folder))
    missing = {"gold": gold is None, "silver": silver is None, "both": gold is None or silver is None}
    if missing.get(annotation, False):
        there = [root.name for root in (gold, silver) if root is not None]
        raise MovieReadError(
            f"'{folder}' lacks the labels that annotation='{annotation}' asks for; it has {', '.join(there)}. "
            f"Use 'auto' to use the existing ones."
        )
    if gold is None or silver is None or annotation == "silver":
        only = silver if gold is None or annotation == "silver" else gold
        labels, instances = _opened(only or folder, frame_of)
    else:
        labels, instances = _opened(gold, frame_of)
        computed, _ = _opened(silver, frame_of)
        if annotation == "gold":
            labels = replace(labels, read_frame=GoldWhereKnown(labels, computed))
        else:
            frames = tuple(sorted({*labels.frames, *computed.frames}))
            labels = FrameLabels(frames, labels.frame_shape, GoldOverSilver(labels, computed))
    markers = _roots(folder)[0] / "TRA"
    if instances and markers.is_dir() and _label_files(markers):
        known = _frame_labels(markers, frame_of)
        labels = replace(labels, read_frame=UnlabelledAroundMarkers(labels, known))
    return labels, instances


def _opened(root: Path, frame_of: Mapping[int, int]) -> tuple[FrameLabels, bool]:
    """Return the labels in a folder such as ``01_GT``, and whether each cell has its own label."""
    folder = _images_in(root)
    if folder is None:
        raise MovieReadError(f"'{root}' contains no labels: there are no images in SEG or FG.")
    return _frame_labels(folder, frame_of), folder.name != "FG"


def _frame_labels(folder: Path, frame_of: Mapping[int, int]) -> FrameLabels:
    labels = read_labels(folder, any_background=True, missing="skip")
    numbers = _numbers(frame_paths(folder, is_labels=True))
    outside = [number for number in numbers if number not in frame_of]
    if outside:
        raise InvalidInputError(
            f"'{folder}' has labels for frame {outside[0]}, which the movie lacks: its frames are numbered "
            f"{min(frame_of)} to {max(frame_of)} ({len(frame_of)} files)."
        )
    return FrameLabels.from_movie(labels, tuple(frame_of[n] for n in numbers))


def _roots(sequence: Path) -> tuple[Path, Path]:
    return sequence.parent / f"{sequence.name}_GT", sequence.parent / f"{sequence.name}_ST"


def _has_labels(sequence: Path) -> bool:
    return any(_images_in(root) for root in _roots(sequence))


def _images_in(root: Path) -> Path | None:
    """Return the folder of label images in a label folder; instances are preferred to foreground."""
    folders = (root / name for name in ("SEG", "FG"))
    return next((folder for folder in folders if folder.is_dir() and _label_files(folder)), None)


def _label_files(folder: Path) -> bool:
    return any(path.suffix.lower() in (*TIFF_SUFFIXES, *PICTURE_SUFFIXES) for path in folder.iterdir())


def _numbers(paths: Sequence[Path]) -> list[int]:
    """Return the last number in each file name (``t042.tif``: 42), or 0, 1, 2, ... if a name has none."""
    found = [re.findall(r"\d+", path.stem) for path in paths]
    return [int(numbers[-1]) for numbers in found] if all(found) else list(range(len(paths)))
