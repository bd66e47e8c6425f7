"""Tracking by Trackastra, an optional package: labels and images in, lineage out, as of podia's own tracking.

Trackastra (BSD-3-Clause; Gallusser and Weigert, ECCV 2024) links cells by a transformer. Its trained models are
downloaded by Trackastra itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError, MissingDependencyError
from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.data.movie import LabelMovie, Movie

Mode = Literal["greedy", "greedy_nodiv"]
"""``greedy``: links and divisions; ``greedy_nodiv``: links alone. Mode ``ilp`` of Trackastra needs motile 1."""


class Graph(Protocol):
    """What Trackastra returns: a directed graph of networkx."""

    @property
    def nodes(self) -> Mapping[Any, Mapping[str, Any]]:
        """Attributes of each node: ``time``, ``label`` and ``coords``."""

    def successors(self, node: Any) -> Iterable[Any]:
        """Yield the nodes that follow `node`."""


class Tracker(Protocol):
    """What :class:`trackastra.model.Trackastra` offers."""

    def track(self, imgs: NDArray[np.generic], masks: NDArray[np.int32], mode: Mode) -> Graph:
        """Return the tracks of `masks` ``(T, Y, X)`` in `imgs` ``(T, Y, X)``."""


def track_with_trackastra(
    movie: Movie, labels: LabelMovie, model: str | Path | Tracker = "general_2d", *, mode: Mode = "greedy"
) -> Lineage:
    """Return the lineage of the cells in `labels` by Trackastra. All frames are in memory.

    Parameters
    ----------
    movie
        The images.
    labels
        ``(T, Y, X)``; not changed.
    model
        Name of a pretrained model, which Trackastra downloads; the folder of a model; or a tracker.
    mode
        Whether cells divide.

    Raises
    ------
    MissingDependencyError
        If Trackastra is not installed.
    InvalidInputError
        If the sizes of `movie` and `labels` differ.
    """
    if (movie.n_frames, *movie.frame_shape) != (labels.n_frames, *labels.frame_shape):
        raise InvalidInputError(
            f"The movie '{movie.name}' and the labels '{labels.name}' differ in size. Both must be of the same frames."
        )
    tracker = _load(model) if isinstance(model, (str, Path)) else model
    masks = labels.to_array().astype(np.int32)
    if not masks.any():
        return Lineage.empty()
    return lineage_of_graph(tracker.track(movie.to_array(), masks, mode=mode))


def lineage_of_graph(graph: Graph) -> Lineage:
    """Return the lineage of a graph whose nodes have a ``time``, a ``label`` and ``coords``.

    A node with several successors divides. A link over missing frames is a gap of the same track.
    """
    following = {node: list(graph.successors(node)) for node in graph.nodes}
    parent_of = {child: node for node, children in following.items() for child in children}
    order = sorted(
        graph.nodes, key=lambda node: (int(graph.nodes[node]["time"]), int(graph.nodes[node]["label"]))
    )
    track_of: dict[Any, int] = {}
    parents: dict[int, int] = {}
    n_tracks = 0
    for node in order:
        parent = parent_of.get(node)
        if parent is not None and len(following[parent]) == 1:
            track_of[node] = track_of[parent]
            continue
        n_tracks += 1
        track_of[node] = n_tracks
        if parent is not None:
            parents[track_of[node]] = track_of[parent]
    rows = [
        (
            int(graph.nodes[node]["time"]),
            int(graph.nodes[node]["label"]),
            track_of[node],
            *map(float, graph.nodes[node]["coords"][-2:]),
        )
        for node in order
    ]
    return Lineage(pd.DataFrame(rows, columns=list(NODE_COLUMNS)), parents)


def _load(model: str | Path) -> Tracker:
    if find_spec("trackastra") is None:
        raise MissingDependencyError('Trackastra is not installed: pip install "podia[trackastra]".')
    trackastra = import_module("trackastra.model").Trackastra
    folder = Path(model)
    tracker: Tracker = (
        trackastra.from_folder(folder, device="cpu")
        if folder.is_dir()
        else trackastra.from_pretrained(str(model), device="automatic")
    )
    return tracker
