"""Linking from perfect markers, leaving out one data set: constants chosen on the others, scored on the one.

PODIA_DATA_DIR=... python -m benchmarks.tracking.linking_left_out [-o DIR] [--laptrack] [--settings 60]

The markers of real movies and the cells of two simulated ones are taken as detected, under other labels in each
frame; each movie also with every second frame, which is harder. The settings of linking and the numbers of
:mod:`podia.tracking.linking_constants` are drawn at random within wide ranges (:data:`RANGES`), always the same
``--settings`` times, and each draw links every movie. Printed for each movie: LNK and BC(0) with what podia ships; with
the draw that is best on all *other* data sets; by distance and overlap (``tracking.method=distance``); and by laptrack
with splits, if asked for. The last line is the draw that is best on all sets. ``-o`` keeps what was read and what was
scored: a second run goes on where the first one stopped.

Scores are computed from links, as detection is perfect: the same as those of :mod:`podia.evaluation.ctc`.
``MDA-MB-231`` has no divisions and tracks of another program: it is scored, but nothing is chosen on it.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
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
from podia.tracking.linking_constants import LINKING

RANGES = {
    "overlap_gain": (0.5, 6.0),
    "division_gain": (0.3, 4.0),
    "division_spread": (0.08, 0.3),
    "displacement_tail": (1.5, 8.0),
    "prior_step": (0.03, 0.15),
    "rate_inside": (0.001, 0.01),
    "rate_at_edge": (0.01, 0.1),
    "plain_step_penalty": (0.1, 2.0),
    "round_slope": (30.0, 300.0),
    "middle_tail": (2.0, 10.0),
    "seen_once": (0.5, 4.0),
}
"""Each is drawn so that its logarithm is uniform."""
NOT_CHOSEN_ON = ("MDA-MB-231",)
MAX_TO_CHOOSE_ON = 15_000
"""Cells of a movie on which draws are tried; the three long files of C2C12 have more, and are scored alone."""
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
    parser.add_argument("--settings", type=int, default=60)
    options = parser.parse_args()
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    settings = drawn_settings(options.settings)
    movies = list(known_movies(Path(folder), options.output))
    rows = [_scored_as_shipped(movie, laptrack=options.laptrack) for movie in movies]
    tried = _tried(movies, settings, None if options.output is None else options.output / "tried.csv")
    # What a draw is worth on a movie: an error of BC(0) counts as much as a twentieth of one of LNK.
    tried["worth"] = 20 * tried["LNK"] + tried["BC(0)"].fillna(1.0)
    by_set = tried[~tried["set"].isin(NOT_CHOSEN_ON)].pivot_table("worth", "set", "setting")
    for row, movie in zip(rows, movies, strict=True):
        chosen = int(by_set.drop(index=movie.data_set, errors="ignore").mean().idxmax())
        row |= _named("left out", _score(movie, _link(movie, settings[chosen]))) | {"chosen": chosen}
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format))
    best = int(by_set.mean().idxmax())
    print(f"best on all sets: {best}", {name: round(value, 4) for name, value in settings[best].items()})


def drawn_settings(number: int) -> list[dict[str, float]]:
    """Return `number` draws from :data:`RANGES`, always the same."""
    generator = np.random.default_rng(0)
    return [
        {name: float(np.exp(generator.uniform(*np.log(ends)))) for name, ends in RANGES.items()}
        for _ in range(number)
    ]


def _scored_as_shipped(movie: Known, *, laptrack: bool) -> dict[str, object]:
    row: dict[str, object] = {"movie": movie.name, "every": movie.every, "cells": len(movie.cells)}
    row |= _named("shipped", _score(movie, _link(movie, {})))
    row |= _named("distance", _score(movie, _link(movie, {}, TrackingConfig(method="distance"))))
    if laptrack:
        row |= _named("laptrack", _score(movie, _laptrack(movie)))
    print(row, file=sys.stderr, flush=True)
    return row


def _tried(movies: Sequence[Known], settings: Sequence[dict[str, float]], kept: Path | None) -> pd.DataFrame:
    """Return LNK and BC(0) of each movie with each draw."""
    known = pd.read_csv(kept) if kept is not None and kept.is_file() else pd.DataFrame()
    rows = known.to_dict("records")
    done = {(row["movie"], row["every"], row["setting"]) for row in rows}
    for number, values in enumerate(settings):
        for movie in movies:
            if len(movie.cells) > MAX_TO_CHOOSE_ON or (movie.name, movie.every, number) in done:
                continue
            name = {"set": movie.data_set, "movie": movie.name, "every": movie.every, "setting": number}
            rows.append(name | _score(movie, _link(movie, values)))
        if kept is not None:
            pd.DataFrame(rows).to_csv(kept, index=False)
    return pd.DataFrame(rows)


def _link(movie: Known, values: dict[str, float], config: TrackingConfig | None = None) -> Lineage:
    config = TrackingConfig() if config is None else config
    of_config = {name: value for name, value in values.items() if name in TrackingConfig.model_fields}
    others = {name: value for name, value in values.items() if name not in of_config}
    return link_cells(
        movie.labels,
        movie.cells,
        movie.overlaps,
        config.model_copy(update=of_config),
        constants=replace(LINKING, **others),
    )


def _named(name: str, scores: dict[str, float]) -> dict[str, float]:
    return {f"{name} {score}": value for score, value in scores.items()}


def known_movies(folder: Path, kept: Path | None, names: Sequence[str] | None = None) -> Iterator[Known]:
    """Yield the movies, or those with `names`, from the folder `kept` where they are there."""
    for name, make in _sources(folder):
        if names is not None and name not in names:
            continue
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
