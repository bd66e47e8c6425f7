"""Cells taken away for some frames from true tracks, and asked back under the same identity.

PODIA_DATA_DIR=... python -m benchmarks.tracking.dropped_cells [--length 5] [--seeds 20,21] [-o DIR]

Cells of the movies of `linking_left_out` are taken away, some at a time, as rows of the table of cells and so without
images. They are seen five frames before and after, and lie inside the field: their centroid is farther from the
frame's edge than their radius and 2 px. Printed: the share of cells that have one track before and after. ``-o`` is
the folder in which `linking_left_out` keeps what it read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from benchmarks.tracking.linking_left_out import Known, known_movies
from numpy.typing import NDArray

from podia.tracking.cells import Cells, Overlaps
from podia.tracking.config import TrackingConfig
from podia.tracking.linking import link_cells

AROUND = 5
MOST = {"HeLa": 6, "U373": 4, "MDA-MB-231": 10}
"""Cells taken away at a time; 25 of other movies."""
MOVIES = ("HeLa", "U373 (derived)", "iPSC", "PSC", "MDA-MB-231")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--length", type=int, default=5)
    parser.add_argument("--seeds", default="20,21")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    seeds = [int(seed) for seed in options.seeds.split(",")]
    for movie in known_movies(Path(folder), options.output, MOVIES):
        if movie.every == 1:
            kept = list(_kept(movie, options.length, seeds))
            print(movie.name, f"{np.mean(kept):.3f} of {len(kept)}", flush=True)


def _kept(movie: Known, length: int, seeds: Sequence[int]) -> Iterator[bool]:
    """Yield for each cell that is taken away whether it keeps its track."""
    cells = movie.cells
    names = zip(cells.frame.tolist(), cells.label.tolist(), strict=True)
    row_of = {name: row for row, name in enumerate(names)}
    rows: dict[int, dict[int, int]] = {}
    for frame, label, track in movie.truth.nodes[["frame", "label", "track_id"]].to_numpy(np.int64).tolist():
        if (frame, label) in row_of:
            rows.setdefault(track, {})[frame] = row_of[frame, label]
    for seed in seeds:
        cases = list(_cases(movie, rows, length, seed))
        gone = np.zeros(len(cells), bool)
        for track, first in cases:
            gone[[rows[track][frame] for frame in range(first, first + length)]] = True
        found = link_cells(movie.labels, *_without(cells, movie.overlaps, gone), TrackingConfig())
        nodes = found.nodes[["frame", "label", "track_id"]].to_numpy(np.int64).tolist()
        track_of = {(frame, label): track for frame, label, track in nodes}
        for track, first in cases:
            ends = [(frame, int(cells.label[rows[track][frame]])) for frame in (first - 1, first + length)]
            yield track_of.get(ends[0]) == track_of.get(ends[1])


def _cases(
    movie: Known, rows: dict[int, dict[int, int]], length: int, seed: int
) -> Iterator[tuple[int, int]]:
    """Yield tracks, each once, and the first frame in which they are taken away."""
    cells, generator = movie.cells, np.random.default_rng(seed)
    inside = cells.border_distance > np.sqrt(cells.area / np.pi) + 2
    tracks = list(rows)
    n_found = 0
    for number in generator.permutation(len(tracks)):
        own = rows[tracks[number]]
        starts = [
            first
            for first in range(AROUND, cells.n_frames - length - AROUND + 1)
            if all(frame in own for frame in range(first - AROUND, first + length + AROUND))
            and all(inside[own[frame]] for frame in range(first, first + length))
        ]
        if starts:
            yield tracks[number], int(generator.choice(starts))
            n_found += 1
        if n_found == MOST.get(movie.data_set, 25):
            return


def _without(cells: Cells, overlaps: Overlaps, gone: NDArray[np.bool_]) -> tuple[Cells, Overlaps]:
    kept = ~gone
    row = np.cumsum(kept) - 1
    both = kept[overlaps.earlier] & kept[overlaps.later]
    left = Cells(
        frame=cells.frame[kept],
        label=cells.label[kept],
        area=cells.area[kept],
        solidity=cells.solidity[kept],
        position=cells.position[kept],
        stable=cells.stable[kept],
        border_distance=cells.border_distance[kept],
        first=np.concatenate([[0], np.cumsum(kept)])[cells.first],
    )
    return left, Overlaps(row[overlaps.earlier[both]], row[overlaps.later[both]], overlaps.pixels[both])


if __name__ == "__main__":
    main()
