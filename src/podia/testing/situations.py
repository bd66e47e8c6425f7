"""Named situations of biology, each as tiny as it can be, with the lineage that one expects of it.

Cells are discs of 5 px radius unless told otherwise. A cell's label changes from frame to frame, so that only
tracking can tell who is who.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie

Path = Mapping[int, tuple[float, float]]
"""Centre ``(y, x)`` of a cell in each frame that it is seen in."""

FIELD = (64, 96)
RADIUS = 5.0


@dataclass(frozen=True)
class Situation:
    """Labels, what tracking should find in them, and the settings and the drift that it needs."""

    name: str
    labels: LabelMovie
    lineage: Lineage
    settings: dict[str, Any] = field(default_factory=dict)
    drift: Drift | None = None

    def __str__(self) -> str:
        return self.name


def families(lineage: Lineage) -> tuple[set[frozenset[tuple[int, int]]], set[Any], set[Any]]:
    """Return tracks, parent-daughter pairs and merges, each cell as ``(frame, label)``: ids do not matter."""
    members = {
        int(track_id): frozenset(zip(rows["frame"].astype(int), rows["label"].astype(int), strict=True))
        for track_id, rows in lineage.nodes.groupby("track_id")
    }
    kinship = {(members[parent], members[child]) for child, parent in lineage.parents.items()}
    merges = {(members[lost], members[into]) for lost, into in lineage.merged_into.items()}
    return set(members.values()), kinship, merges


def draw(
    paths: Mapping[int, Path],
    n_frames: int,
    *,
    radii: Mapping[int, float] | None = None,
    parents: Mapping[int, int] | None = None,
    shape: tuple[int, int] = FIELD,
) -> tuple[NDArray[np.int32], Lineage]:
    """Return labels ``(T, Y, X)`` of discs on `paths` (by track id), and the lineage."""
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    movie = np.zeros((n_frames, *shape), np.int32)
    rows = []
    for frame in range(n_frames):
        present = [track_id for track_id in sorted(paths) if frame in paths[track_id]]
        labels = range(1, len(present) + 1) if frame % 2 else range(len(present) + 10, 10, -1)
        for track_id, label in zip(present, labels, strict=True):
            y, x = paths[track_id][frame]
            inside = (yy - y) ** 2 + (xx - x) ** 2 <= (radii or {}).get(track_id, RADIUS) ** 2
            inside &= movie[frame] == 0
            if not inside.any():
                continue  # hidden under another cell
            movie[frame][inside] = label
            rows.append((frame, label, track_id, yy[inside].mean(), xx[inside].mean()))
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    return movie, Lineage(nodes, parents or {})


def crawl(
    start: tuple[float, float], step: tuple[float, float], frames: range
) -> dict[int, tuple[float, float]]:
    """Return a straight path that is at `start` in frame 0, whether seen there or not."""
    return {t: (start[0] + t * step[0], start[1] + t * step[1]) for t in frames}


def _situation(name: str, paths: Mapping[int, Path], n_frames: int, **drawing: Any) -> Situation:
    movie, lineage = draw(paths, n_frames, **drawing)
    return Situation(name, LabelMovie.from_array(movie, name=name), lineage)


def lone_crawler() -> Situation:
    """One cell crawls in a straight line."""
    return _situation("a lone crawler", {1: crawl((30, 15), (1, 6), range(8))}, 8)


def crossing_pair() -> Situation:
    """Two cells pass each other a cell's width apart."""
    paths = {1: crawl((20, 15), (0, 8), range(7)), 2: crawl((33, 63), (0, -8), range(7))}
    return _situation("two cells cross", paths, 7)


_MOTHER = dict.fromkeys(range(3), (32.0, 40.0))
_ABOVE = {3: (26.0, 40.0), 4: (22.0, 40.0), 5: (20.0, 40.0)}
_BELOW = {3: (38.0, 40.0), 4: (42.0, 40.0), 5: (44.0, 40.0)}


def division() -> Situation:
    """A cell divides into two that move apart."""
    return _situation(
        "a division",
        {1: _MOTHER, 2: _ABOVE, 3: _BELOW},
        6,
        radii={1: 7.0},
        parents={2: 1, 3: 1},
    )


def division_beside_a_neighbour() -> Situation:
    """The neighbour stays as near to a daughter as daughters are to each other."""
    neighbour = {t: (50.0 if t < 3 else 52.0 + (t - 3) * 2, 41.0) for t in range(6)}
    return _situation(
        "a division beside a neighbour",
        {1: _MOTHER, 2: _ABOVE, 3: _BELOW, 4: neighbour},
        6,
        radii={1: 7.0},
        parents={2: 1, 3: 1},
    )


def division_missed_while_round() -> Situation:
    """The mother is lost for the frame in which it divides."""
    return _situation(
        "a division hidden in a gap",
        {1: {t: _MOTHER[t] for t in range(2)}, 2: _ABOVE, 3: _BELOW},
        6,
        radii={1: 7.0},
        parents={2: 1, 3: 1},
    )


def gap_of_one_frame() -> Situation:
    """A cell goes out of focus for a frame, beside one that does not."""
    seen = crawl((20, 20), (0, 4), range(7))
    del seen[3]
    return _situation("a gap of one frame", {1: seen, 2: crawl((48, 20), (0, 4), range(7))}, 7)


def cell_enters_and_leaves() -> Situation:
    """A cell comes in over the right edge beside one that stays; another has left over the top."""
    paths = {
        1: crawl((40, 45), (0, 0), range(7)),
        2: crawl((14, 20), (-6, 0), range(3)),
        3: crawl((40, 110), (0, -5), range(3, 7)),
    }
    return _situation("cells enter and leave", paths, 7)


def cells_that_merge(*, merges: bool) -> Situation:
    """Two cells touch, and from then on one mask holds both; as far as settings go, one of them ends there."""
    paths = {1: crawl((32, 24), (0, 5), range(4)), 2: crawl((32, 72), (0, -5), range(4))}
    movie, lineage = draw(paths, 6)
    fused, _ = draw({1: dict.fromkeys((4, 5), (32.0, 43.0)), 2: dict.fromkeys((4, 5), (32.0, 52.0))}, 6)
    movie[4:] = np.where(fused[4:] > 0, 3, 0)
    rows = [(frame, 3, 1, 32.0, 47.5) for frame in (4, 5)]
    nodes = pd.concat([lineage.nodes, pd.DataFrame(rows, columns=lineage.nodes.columns)])
    name = "two cells fuse" if merges else "two cells fuse, merges off"
    expected = Lineage(nodes, merged_into={2: 1} if merges else {})
    return Situation(name, LabelMovie.from_array(movie, name=name), expected, {"merges": merges})


def one_frame_debris() -> Situation:
    """Something as large as a cell floats past a cell, seen once, where a daughter might be."""
    paths = {1: crawl((32, 40), (0, -1), range(6)), 2: {3: (32.0, 51.0)}}
    return _situation("debris in one frame", paths, 6)


def stranger_beside_a_cell() -> Situation:
    """A cell settles beside another, which stays where it was: no division."""
    paths = {1: crawl((32, 40), (0, 0), range(6)), 2: dict.fromkeys(range(3, 6), (32.0, 54.0))}
    return _situation("a stranger settles beside a cell", paths, 6)


def stage_jump() -> Situation:
    """The stage jumps by two cell diameters: without the drift, each cell lands on its neighbour's place."""
    jump = 20.0
    paths = {
        number: {t: (30.0, 12.0 + 20 * number + (jump if t > 1 else 0.0)) for t in range(4)}
        for number in range(3)
    }
    movie, lineage = draw({number + 1: path for number, path in paths.items()}, 4)
    drift = Drift.from_shifts(np.array([[0, 0], [0, 0], [0, jump], [0, jump]], dtype=float))
    name = "the stage jumps"
    return Situation(name, LabelMovie.from_array(movie, name=name), lineage, drift=drift)


ALL_SITUATIONS = (
    lone_crawler(),
    crossing_pair(),
    division(),
    division_beside_a_neighbour(),
    division_missed_while_round(),
    gap_of_one_frame(),
    cell_enters_and_leaves(),
    cells_that_merge(merges=False),
    cells_that_merge(merges=True),
    one_frame_debris(),
    stranger_beside_a_cell(),
    stage_jump(),
)
