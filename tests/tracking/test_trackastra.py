"""The adapter of Trackastra, against a tracker with the same interface."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError, MissingDependencyError
from podia.data.movie import LabelMovie, Movie
from podia.tracking.trackastra import lineage_of_graph, track_with_trackastra


def graph_of(
    links: list[tuple[tuple[int, int], tuple[int, int]]], alone: list[tuple[int, int]]
) -> nx.DiGraph:
    """A graph of cells (frame, label), as Trackastra returns it."""
    graph = nx.DiGraph()
    names = sorted({*alone, *(end for link in links for end in link)})
    number = {name: 10 + index for index, name in enumerate(names)}
    for (frame, label), node in number.items():
        graph.add_node(node, time=frame, label=label, coords=np.array([5.0 + frame, 3.0 * label]))
    graph.add_edges_from((number[one], number[other]) for one, other in links)
    return graph


class SameLabels:
    """A tracker that links equal labels of successive frames."""

    def __init__(self) -> None:
        self.modes: list[str] = []

    def track(self, imgs: NDArray[np.generic], masks: NDArray[np.int32], mode: str) -> Any:
        assert imgs.shape == masks.shape
        self.modes.append(mode)
        cells = [(t, int(label)) for t, mask in enumerate(masks) for label in np.unique(mask[mask > 0])]
        return graph_of([((t, n), (t + 1, n)) for t, n in cells if (t + 1, n) in cells], cells)


def movies(masks: NDArray[np.int32]) -> tuple[Movie, LabelMovie]:
    return Movie.from_array(masks.astype(np.uint8)), LabelMovie.from_array(masks)


def two_cells() -> NDArray[np.int32]:
    masks = np.zeros((3, 20, 20), np.int32)
    masks[:, 2:6, 2:6], masks[1:, 10:15, 10:15] = 4, 7
    return masks


def test_links_become_tracks_under_the_labels_of_each_frame() -> None:
    tracker = SameLabels()
    lineage = track_with_trackastra(*movies(two_cells()), tracker, mode="greedy_nodiv")
    nodes = lineage.nodes[["frame", "label", "track_id"]].to_numpy().tolist()
    assert nodes == [[0, 4, 1], [1, 4, 1], [1, 7, 2], [2, 4, 1], [2, 7, 2]]
    assert tracker.modes == ["greedy_nodiv"]


def test_a_node_with_two_successors_is_a_division() -> None:
    lineage = lineage_of_graph(graph_of([((0, 1), (1, 1)), ((1, 1), (2, 1)), ((1, 1), (2, 2))], []))
    assert dict(lineage.parents) == {2: 1, 3: 1}
    assert lineage.nodes["track_id"].tolist() == [1, 1, 2, 3]


def test_a_link_over_a_missing_frame_is_a_gap_of_the_track() -> None:
    lineage = lineage_of_graph(graph_of([((0, 1), (3, 5))], [(1, 2)]))
    assert lineage.nodes[["frame", "track_id"]].to_numpy().tolist() == [[0, 1], [1, 2], [3, 1]]


def test_positions_are_those_of_the_nodes() -> None:
    lineage = lineage_of_graph(graph_of([], [(2, 4)]))
    assert lineage.nodes[["y", "x"]].to_numpy().tolist() == [[7.0, 12.0]]


def test_a_movie_without_cells_has_an_empty_lineage() -> None:
    assert len(track_with_trackastra(*movies(np.zeros((2, 8, 8), np.int32)), SameLabels()).nodes) == 0


def test_a_movie_of_another_size_is_refused() -> None:
    movie, labels = Movie.from_array(np.zeros((2, 8, 8), np.uint8)), LabelMovie.from_array(two_cells())
    with pytest.raises(InvalidInputError, match="same frames"):
        track_with_trackastra(movie, labels, SameLabels())


@pytest.mark.skipif(find_spec("trackastra") is not None, reason="Trackastra is installed")
def test_without_trackastra_the_error_says_what_to_install() -> None:
    with pytest.raises(MissingDependencyError, match=r"podia\[trackastra\]"):
        track_with_trackastra(*movies(two_cells()))
