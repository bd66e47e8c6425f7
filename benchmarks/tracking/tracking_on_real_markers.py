"""Tracking of real markers, used as masks and as positions, with shuffled labels.

PODIA_DATA_DIR=... python -m benchmarks.tracking.tracking_on_real_markers

The markers of HeLa, U373, PSC and iPSC are masks; the centroids of C2C12 are drawn as discs. Detection is perfect by
construction, so LNK (links only) and BC(0) (divisions in the exact frame) are informative, and TRA is close to 1.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.lineage import Lineage
from podia.data.movie import Image, LabelImage, LabelMovie
from podia.evaluation.ctc import ctc_scores
from podia.evaluation.ctc_sequence import TrackedMovie
from podia.io.tracks.ctc import read_ctc_tracks
from podia.tracking.config import TrackingConfig
from podia.tracking.track import track

MARKERS = {
    "HeLa": "DIC-C2DH-HeLa/01_GT/TRA",
    "U373 (derived)": "PhC-C2DH-U373/01_DERIVED/TRA",
    "PSC": "PhC-C2DL-PSC/01_GT/TRA",
    "iPSC": "ctc-evaluation/ipsc-02/01_GT/TRA",
}
CENTROIDS = {
    "C2C12": "C2C12/01_TRACKS/sample_tracklet.txt",
    "C2C12 F0002": "C2C12/tracks_without_images/090303-C2C12P7_F0002.txt",
    "C2C12 F0017": "C2C12/tracks_without_images/090318-C2C12P7_F0017.txt",
    "C2C12 F0018": "C2C12/tracks_without_images/090318-C2C12P7_F0018.txt",
}
C2C12_FRAME = (1040, 1392)
DISC_RADIUS_PX = 8


def main() -> None:
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    rows = [
        {"movie": name, "known": known} | _score(seen, truth, TrackingConfig())
        for name, labels, truth in known_tracks(Path(folder))
        for known, seen in (("masks", labels), ("positions", replace(labels, positions_only=True)))
    ]
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format))


def known_tracks(folder: Path) -> Iterator[tuple[str, LabelMovie, Lineage]]:
    for name, markers in MARKERS.items():
        yield name, *read_ctc_tracks(folder / markers)
    for name, table in CENTROIDS.items():
        yield name, *draw_centroids(folder / table)


def _score(labels: LabelMovie, truth: Lineage, config: TrackingConfig) -> dict[str, float]:
    shuffled = labels.map_frames(shuffle)
    started = time.perf_counter()
    found = track(shuffled, config)
    seconds = time.perf_counter() - started
    scores = ctc_scores(
        TrackedMovie(labels, truth), TrackedMovie(shuffled, found), measures=["TRA", "LNK", "BC(0)"]
    )
    return {
        "frames": labels.n_frames,
        "cells": len(truth.nodes),
        "divisions": len(truth.daughters()),
        "found": len(found.daughters()),
        **scores.scores,
        **{name: scores.operations[name] for name in ("ED", "EA", "EC")},
        "seconds": seconds,
    }


def shuffle(frame: int, labels: Image) -> Image:
    """Return other labels in each frame, so that true track ids give nothing away."""
    names = np.random.default_rng(frame).permutation(int(labels.max()))
    return np.append(0, 1 + names).astype(labels.dtype)[labels]


def draw_centroids(table: Path) -> tuple[LabelMovie, Lineage]:
    """Return discs on the centroids of a C2C12 track file, and their lineage."""
    columns = ["frame", "track_id", "x", "y", "parent"]
    nodes = pd.read_csv(table, sep=r"\s+", names=columns, dtype=np.int64)
    nodes = nodes.drop_duplicates(["frame", "track_id"])
    nodes["frame"] -= nodes["frame"].min()
    nodes["track_id"] += 1  # the files count from 0 or from 1, with -1 for no parent
    frames = [_discs(rows) for _, rows in nodes.groupby("frame")]
    seen = {(frame, label) for frame, image in enumerate(frames) for label in np.unique(image).tolist()}
    nodes = nodes[[key in seen for key in zip(nodes["frame"], nodes["track_id"], strict=True)]]
    spans = nodes.groupby("track_id")["frame"].agg(["min", "max"])
    parents = {
        int(child): int(parent) + 1
        for child, parent in nodes.groupby("track_id")["parent"].first().items()
        if parent + 1 in spans.index and spans["max"][parent + 1] < spans["min"][child]
    }
    labels = LabelMovie.from_array(np.stack(frames).astype(np.uint16))
    return labels, Lineage(nodes.assign(label=nodes["track_id"]), parents)


def _discs(cells: pd.DataFrame) -> LabelImage:
    image = np.zeros(C2C12_FRAME, np.int32)
    dy, dx = np.mgrid[-DISC_RADIUS_PX : DISC_RADIUS_PX + 1, -DISC_RADIUS_PX : DISC_RADIUS_PX + 1]
    inside = dy**2 + dx**2 <= DISC_RADIUS_PX**2
    for y, x, label in cells[["y", "x", "track_id"]].to_numpy():
        rows, cols = y + dy[inside], x + dx[inside]
        kept = (rows >= 0) & (rows < C2C12_FRAME[0]) & (cols >= 0) & (cols < C2C12_FRAME[1])
        kept[kept] &= image[rows[kept], cols[kept]] == 0
        image[rows[kept], cols[kept]] = label
    return image


if __name__ == "__main__":
    main()
