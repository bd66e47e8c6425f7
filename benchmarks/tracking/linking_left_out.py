"""Linking from perfect markers, leaving out one data set: settings chosen on the others, scored on the one.

PODIA_DATA_DIR=... python -m benchmarks.tracking.linking_left_out [-o DIR] [--laptrack]

The markers of real movies and the cells of two simulated ones are taken as detected, under other labels in each
frame. Every setting of a small grid (:data:`GRID`) links every movie, also with every second frame, which is harder.
Printed for each movie: LNK and BC(0) with the shipped settings; with those of the grid that are best on all *other*
data sets; by distance and overlap (``tracking.method=distance``); and by laptrack with splits, if asked for. ``-o``
keeps what was read, so that a second run takes minutes less.

Scores are computed from links, as detection is perfect: the same as those of :mod:`podia.evaluation.ctc`.
``MDA-MB-231`` has no divisions and tracks of another program: its figures only compare.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.tracking.tracking_on_real_markers import CENTROIDS, MARKERS, draw_centroids, shuffle

from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.progress import silent
from podia.io.read import read_labels
from podia.io.tracks.ctc import read_ctc_tracks
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.tracking.cells import Cells, Overlaps, gather_cells
from podia.tracking.config import TrackingConfig
from podia.tracking.linking import link_cells

GRID = {
    "overlap_gain": (1.0, 2.0, 4.0),
    "division_gain": (0.0, 1.0, 2.0),
    "division_spread": (0.12, 0.16, 0.22),
}
MOST_TO_CHOOSE_ON = 15_000
"""Cells of a movie on which the grid is tried; the three long files of C2C12 have more, and are scored alone."""
End = tuple[int, int]
"""Frame and label."""


@dataclass(frozen=True)
class Known:
    """A movie with known tracks: labels as found (other names in each frame), their cells, and the truth in them."""

    name: str
    every: int
    labels: LabelMovie
    cells: Cells
    overlaps: Overlaps
    truth: Lineage

    @property
    def data_set(self) -> str:
        """What is left out together."""
        return self.name.split()[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path, default=None)
    parser.add_argument("--laptrack", action="store_true")
    options = parser.parse_args()
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    settings = [dict(zip(GRID, values, strict=True)) for values in product(*GRID.values())]
    movies = list(_movies(Path(folder), options.output))
    rows, grid = [], []
    for number, movie in enumerate(movies):
        row: dict[str, object] = {"movie": movie.name, "every": movie.every, "cells": len(movie.cells)}
        row |= _named("shipped", _score(movie, _link(movie, TrackingConfig())))
        row |= _named("distance", _score(movie, _link(movie, TrackingConfig(method="distance"))))
        if options.laptrack:
            row |= _named("laptrack", _score(movie, _laptrack(movie)))
        rows.append(row)
        print(row, file=sys.stderr, flush=True)
        if len(movie.cells) <= MOST_TO_CHOOSE_ON:
            for setting, values in enumerate(settings):
                scores = _score(movie, _link(movie, TrackingConfig(**values)))
                grid.append({"set": movie.data_set, "movie": number, "setting": setting, **scores})
    tried = pd.DataFrame(grid)
    # What a setting is worth on a movie: an error of BC(0) counts as much as a twentieth of one of LNK.
    tried["worth"] = 20 * tried["LNK"] + tried["BC(0)"].fillna(1.0)
    for number, movie in enumerate(movies):
        others = tried[tried["set"] != movie.data_set].groupby("setting")["worth"].mean()
        chosen = settings[int(others.idxmax())]
        rows[number] |= _named("left out", _score(movie, _link(movie, TrackingConfig(**chosen))))
        rows[number]["chosen"] = " ".join(f"{value:g}" for value in chosen.values())
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format))


def _link(movie: Known, config: TrackingConfig) -> Lineage:
    return link_cells(movie.labels, movie.cells, movie.overlaps, config)


def _named(name: str, scores: dict[str, float]) -> dict[str, float]:
    return {f"{name} {score}": value for score, value in scores.items()}


def _movies(folder: Path, kept: Path | None) -> Iterator[Known]:
    for name, make in _sources(folder):
        path = None if kept is None else kept / f"{name.replace(' ', '_')}.pickle"
        if path is not None and path.is_file():
            yield from pickle.loads(path.read_bytes())
            continue
        labels, truth = make()
        movies = [_known(name, labels, truth, every) for every in ((1,) if name in CENTROIDS else (1, 2))]
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(movies))
        yield from movies


def _sources(folder: Path) -> Iterator[tuple[str, Callable[[], tuple[LabelMovie, Lineage]]]]:
    for name, markers in MARKERS.items():
        yield name, partial(read_ctc_tracks, folder / markers)
    for name, table in CENTROIDS.items():
        yield name, partial(draw_centroids, folder / table)
    yield "MDA-MB-231", partial(_mda, folder)
    for seed in (0, 1):
        yield f"simulated {seed}", partial(_simulated, seed)


def _mda(folder: Path) -> tuple[LabelMovie, Lineage]:
    paths = sorted((folder / "MDA-MB-231-QPI" / "masks").glob("*.tif"))[:61]
    labels = LabelMovie.from_array(np.stack([read_labels(path).frame(0) for path in paths]))
    return labels, _by_value(labels)


def _by_value(labels: LabelMovie) -> Lineage:
    nodes = [
        (t, value, value, 0.0, 0.0) for t, frame in enumerate(labels) for value in np.unique(frame[frame > 0])
    ]
    return Lineage(pd.DataFrame(nodes, columns=["frame", "label", "track_id", "y", "x"]))


def _simulated(seed: int) -> tuple[LabelMovie, Lineage]:
    made = simulate(
        SimulationConfig(n_frames=40, size_px=512, seed=seed, n_cells=25, division_rate_per_h=0.3)
    )
    return made.labels, made.lineage


def _known(name: str, labels: LabelMovie, truth: Lineage, every: int) -> Known:
    frames = range(0, labels.n_frames, every)
    shown = np.stack([shuffle(frame, labels.frame(frame)) for frame in frames])
    seen = LabelMovie.from_array(shown)
    nodes = truth.nodes[truth.nodes["frame"] % every == 0].copy()
    nodes["label"] = [
        shuffle(frame, np.array([[label, labels.frame(frame).max()]]))[0, 0]
        for frame, label in zip(nodes["frame"], nodes["label"], strict=True)
    ]
    nodes["frame"] //= every
    left = set(nodes["track_id"])
    parents = {}
    for child, mother in truth.parents.items():
        while mother not in left and mother in truth.parents:
            mother = truth.parents[mother]
        if {child, mother} <= left:
            parents[child] = mother
    cells, overlaps = gather_cells(seen, Drift.none(seen.n_frames), silent)
    empty = LabelMovie.from_array(
        np.zeros((seen.n_frames, *seen.frame_shape), np.uint8)
    )  # only its size is needed
    return Known(name, every, empty, cells, overlaps, Lineage(nodes, parents))


def _score(movie: Known, found: Lineage) -> dict[str, float]:
    true_links, true_families = _links(movie.truth)
    links, families = _links(found)
    wrong = sum(link not in true_links for link in links)
    missed = sum(link not in links for link in true_links)
    changed = sum(true_links.get(link, kind) != kind for link, kind in links.items())
    cost = wrong + 1.5 * missed + changed
    right = sum(true_families.get(mother) == daughters for mother, daughters in families.items())
    n_families = len(families) + len(true_families)
    return {
        "LNK": 1 - min(1.0, cost / (1.5 * len(true_links))),
        "BC(0)": 2 * right / n_families if true_families else np.nan,
    }


def _links(lineage: Lineage) -> tuple[dict[tuple[End, End], bool], dict[End, frozenset[End]]]:
    """Return the links, with whether each is within a track, and mothers with their daughters."""
    nodes = lineage.nodes.sort_values(["track_id", "frame"])
    rows = nodes[["track_id", "frame", "label"]].to_numpy(np.int64).tolist()
    links: dict[tuple[End, End], bool] = {}
    first: dict[int, End] = {}
    last: dict[int, End] = {}
    for track, frame, label in rows:
        if track in last:
            links[last[track], (frame, label)] = frame == last[track][0] + 1
        first.setdefault(track, (frame, label))
        last[track] = (frame, label)
    families: dict[End, set[End]] = {}
    for child, mother in lineage.parents.items():
        links[last[mother], first[child]] = False
        families.setdefault(last[mother], set()).add(first[child])
    return links, {mother: frozenset(children) for mother, children in families.items() if len(children) > 1}


def _laptrack(movie: Known) -> Lineage:
    """Return what laptrack with splits makes of the centroids, its limits set as podia's farthest step."""
    from laptrack import LapTrack

    from podia.data.calibration import Calibration
    from podia.tracking.scale import max_distance_px

    limit = max_distance_px(movie.cells, Calibration(), TrackingConfig()) ** 2
    cells = movie.cells
    spots = pd.DataFrame(
        {"frame": cells.frame, "label": cells.label, "y": cells.position[:, 0], "x": cells.position[:, 1]}
    )
    tracker = LapTrack(
        cutoff=limit, gap_closing_cutoff=limit, gap_closing_max_frame_count=3, splitting_cutoff=limit
    )
    tracks, splits, _ = tracker.predict_dataframe(
        spots, ["y", "x"], frame_col="frame", only_coordinate_cols=False
    )
    tracks = tracks.reset_index(drop=True)
    nodes = pd.DataFrame(
        {
            "frame": tracks["frame_y"] if "frame_y" in tracks else tracks["frame"],
            "label": tracks["label"],
            "track_id": tracks["track_id"] + 1,
            "y": tracks["y"],
            "x": tracks["x"],
        }
    )
    parents = (
        {
            int(child) + 1: int(mother) + 1
            for mother, child in splits[["parent_track_id", "child_track_id"]].to_numpy()
        }
        if len(splits)
        else {}
    )
    return Lineage(nodes, parents)


if __name__ == "__main__":
    main()
