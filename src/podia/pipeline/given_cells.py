"""Cells and tracks from other programs, which replace segmentation and tracking."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.io.movie_part import SomeFrames, frame_range
from podia.io.tracks.read import TrackFile, open_tracks
from podia.labels.points import labels_of_points
from podia.tracking.given import TracksTaken, share_in_cells, tracks_of_values, tracks_on_cells


@dataclass(frozen=True)
class GivenTracks:
    """Tracks from another program, which are not changed.

    Parameters
    ----------
    name
        Description of their origin.
    lineage
        Tracks and positions; None if the values of the labels are the tracks.
    """

    name: str
    lineage: Lineage | None

    def on(self, labels: LabelMovie) -> Lineage:
        """Return the tracks of the cells in `labels`, with warnings about nodes and cells that do not match."""
        if self.lineage is None:
            return tracks_of_values(labels).lineage
        if labels.positions_only:
            return _seen_in(labels, self.lineage)
        taken = tracks_on_cells(self.lineage, labels)
        for sentence in _left_out(taken, self.name):
            warnings.warn(sentence, UserWarning, stacklevel=3)
        return taken.lineage


def open_given_tracks(path: Path, movie: Movie, *, frames: str | None = None) -> TrackFile:
    """Open a track file, with its masks or discs on its positions, and check that it fits `movie`.

    Raises
    ------
    MovieReadError
        If it cannot be read.
    InvalidInputError
        If a cell lies outside the frames or the field of `movie`, or the masks have another size.
    """
    file = open_tracks(path, pixel_size_um=movie.calibration.pixel_size_um)
    if frames is not None:
        file = _part_of(file, frames, movie)
    _require_in_movie(file.lineage, path, movie)
    if file.labels is None:
        nodes = file.lineage.nodes
        numbered = nodes.assign(label=nodes.groupby("frame").cumcount() + 1)
        return replace(
            file,
            lineage=Lineage(numbered, file.lineage.parents, file.lineage.merged_into),
            labels=labels_of_points(numbered, movie),
        )
    if file.labels.shape != movie.shape:
        raise InvalidInputError(
            f"The masks of the tracks in '{path}' have shape (T, Y, X) {file.labels.shape}, the movie '{movie.name}' "
            f"{movie.shape}. They must be the same."
        )
    return file


def require_on_cells(lineage: Lineage, labels: LabelMovie, tracks: Path, masks: Path) -> None:
    """Reject tracks if none of them lies in a cell of the given masks in its first frame."""
    if lineage.nodes.empty:
        return
    frame = int(lineage.nodes["frame"].min())
    if share_in_cells(lineage, labels, frame) == 0:
        raise InvalidInputError(
            f"No track of '{tracks}' lies in a cell of '{masks}' in frame {frame}. Check that both are of this movie, "
            f"and that the positions are in px (or give --pixel-size-um)."
        )


def _seen_in(labels: LabelMovie, lineage: Lineage) -> Lineage:
    """Return the tracks without nodes that have no disc, as in blank frames."""
    seen = pd.Series(False, index=lineage.nodes.index)
    for frame, rows in lineage.nodes.groupby("frame"):
        seen[rows.index] = rows["label"].isin(np.unique(labels.frame(int(frame))))
    return lineage if seen.all() else _with_nodes(lineage, lineage.nodes[seen])


def _with_nodes(lineage: Lineage, nodes: pd.DataFrame) -> Lineage:
    """Return the lineage of some of its nodes, without relations to removed tracks."""
    left = set(nodes["track_id"])
    kinships = (
        {one: other for one, other in kinship.items() if {one, other} <= left}
        for kinship in (lineage.parents, lineage.merged_into)
    )
    return Lineage(nodes, *kinships)


def _part_of(file: TrackFile, frames: str, movie: Movie) -> TrackFile:
    """Return the tracks within the selected frames of the movie; unchanged if the file was already cut."""
    n_frames = file.labels.n_frames if file.labels is not None else int(file.lineage.nodes["frame"].max()) + 1
    if n_frames <= movie.n_frames:
        return file
    picked = frame_range(frames, n_frames)
    number = {frame: index for index, frame in enumerate(picked)}
    nodes = file.lineage.nodes[file.lineage.nodes["frame"].isin(number)]
    kept = _with_nodes(file.lineage, nodes.assign(frame=nodes["frame"].map(number)))
    labels = file.labels and replace(file.labels, source=SomeFrames(file.labels.source, picked))
    return replace(file, lineage=kept, labels=labels)


def _require_in_movie(lineage: Lineage, path: Path, movie: Movie) -> None:
    height, width = movie.frame_shape
    nodes = lineage.nodes
    outside = nodes[
        (nodes["frame"] >= movie.n_frames)
        | ~nodes["y"].between(-0.5, height - 0.5)
        | ~nodes["x"].between(-0.5, width - 0.5)
    ]
    if len(outside):
        node = outside.iloc[0]
        raise InvalidInputError(
            f"Track {int(node['track_id'])} of '{path}' is at y {node['y']:.4g}, x {node['x']:.4g} in frame "
            f"{int(node['frame'])}. The movie '{movie.name}' has frames 0 to {movie.n_frames - 1} of {height} x "
            f"{width} px. Check that the tracks are of this movie, and their positions in px."
        )


def _left_out(taken: TracksTaken, name: str) -> list[str]:
    counted = (
        (taken.n_without_cell, "positions lie outside all cells"),
        (taken.n_twice, "positions lie in the cell of another track"),
        (taken.n_without_track, "cells have no track"),
    )
    parts = [f"{n} {what}" for n, what in counted if n]
    return [f"Of {name}, left out: {'; '.join(parts)}."] if parts else []
