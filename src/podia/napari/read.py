"""Readers of the napari plugin: an analysis folder, and movies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from podia.data.errors import MovieReadError, PodiaError
from podia.io.analysis_folder import is_analysis_folder
from podia.io.read import read
from podia.napari.layers import PATH, LayerData, labels_layer, movie_layer, tracks_layer
from podia.results.results import open_results

Reader = Callable[[str | Sequence[str]], list[LayerData]]


def analysis_reader(path: str | Sequence[str]) -> Reader | None:
    """Return the reader of an analysis folder; None where `path` is something else."""
    return read_analysis if isinstance(path, str) and is_analysis_folder(Path(path)) else None


def movie_reader(path: str | Sequence[str]) -> Reader | None:
    """Return the reader of a movie; None where podia cannot open `path`."""
    if not isinstance(path, str) or is_analysis_folder(Path(path)):
        return None
    try:
        read(path)
    except PodiaError:
        return None
    return read_movie


def read_analysis(path: str | Sequence[str]) -> list[LayerData]:
    """Return movie, cells and tracks of an analysis; without the movie where it is no longer there."""
    results = open_results(str(path))
    where = {PATH: str(results.path)}
    cells = labels_layer(results.labels, metadata=where)
    layers = [cells]
    if len(results.lineage.nodes):
        layers.append(tracks_layer(results.lineage, results.calibration))
    try:
        return [movie_layer(results.movie, str(results.origin.movie)), *layers]
    except MovieReadError:
        return layers


def read_movie(path: str | Sequence[str]) -> list[LayerData]:
    """Return a movie as an image layer, calibrated as its file says."""
    return [movie_layer(read(str(path)), str(path))]
