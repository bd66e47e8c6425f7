"""Whole runs, from images to tracks, with contact handling and without.

PODIA_DATA_DIR=... python -m benchmarks.tracking.whole_runs [U373:podia-phase HeLa:podia-any ...] [-o DIR]

A movie is segmented once by an included network, as `podia run` does with nothing given but the model, and tracked
with three settings: links by distance without contacts, links by likelihood without contacts, and the defaults. Printed
for each: SEG on the silver masks (which have all frames), SEG on the gold masks where there are some, DET, TRA, LNK and
BC(0) on the markers, the corrections of tracks that each needs, what was done about contacts, and processor time. With
``-o``, labels are kept, and a second run uses them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.movie import LabelMovie, Movie
from podia.evaluation.ctc import ctc_scores
from podia.evaluation.ctc_sequence import TrackedMovie
from podia.io.read import read
from podia.segmentation.segment import segment
from podia.tracking.config import ContactConfig, TrackingConfig
from podia.tracking.follow import TrackingResult, follow


@dataclass(frozen=True)
class Annotated:
    """Folders of a movie below the folder of data, and the frames that are used."""

    images: str
    markers: str
    silver: str
    gold: str | None
    frames: range


MOVIES = {
    "U373": Annotated(
        "PhC-C2DH-U373/01",
        "PhC-C2DH-U373/01_DERIVED/TRA",
        "PhC-C2DH-U373/01_ST/SEG",
        "PhC-C2DH-U373/01_GT/SEG",
        range(115),
    ),
    "HeLa": Annotated(
        "DIC-C2DH-HeLa/01",
        "DIC-C2DH-HeLa/01_GT/TRA",
        "DIC-C2DH-HeLa/01_ST/SEG",
        "DIC-C2DH-HeLa/01_GT/SEG",
        range(84),
    ),
    "PSC": Annotated(
        "PhC-C2DL-PSC/01", "PhC-C2DL-PSC/01_GT/TRA", "PhC-C2DL-PSC/01_ST/SEG", None, range(150, 211)
    ),
}
SETTINGS = {
    "distance, no contacts": TrackingConfig(method="distance", contact=ContactConfig(enabled=False)),
    "likelihood, no contacts": TrackingConfig(contact=ContactConfig(enabled=False)),
    "defaults": TrackingConfig(),
}
RUNS = ("U373:podia-phase", "U373:podia-any", "HeLa:podia-any", "PSC:podia-any")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="*", default=RUNS)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    rows = []
    for run in options.runs:
        name, model = run.split(":")
        movie, labels = segmented(Path(folder), name, model, options.output)
        for settings, config in SETTINGS.items():
            started = time.process_time()
            found = follow(labels, config, movie=movie)
            seconds = time.process_time() - started
            row = {"movie": name, "model": model, "settings": settings}
            rows.append(row | scores(Path(folder), MOVIES[name], found) | {"CPU s": round(seconds, 1)})
            print(rows[-1], file=sys.stderr, flush=True)
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format))


def segmented(folder: Path, name: str, model: str, kept: Path | None) -> tuple[Movie, LabelMovie]:
    """Return a movie and the labels that `model` gives, repairs in time included."""
    annotated = MOVIES[name]
    images = folder / annotated.images
    movie = Movie.from_array(
        np.stack([read(images / f"t{frame:03d}.tif").frame(0) for frame in annotated.frames])
    )
    path = None if kept is None else kept / f"{name}-{model}.npz"
    if path is not None and path.is_file():
        return movie, LabelMovie.from_array(np.load(path)["labels"])
    labels = segment(movie, model=model).to_array()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, labels=labels)
    return movie, LabelMovie.from_array(labels)


def scores(folder: Path, annotated: Annotated, found: TrackingResult) -> dict[str, object]:
    """Return scores of tracked cells, the corrections that they need, and the contacts resolved."""
    result = TrackedMovie(found.labels, found.lineage, annotated.frames)

    def of(masks: str, measures: Sequence[str]) -> dict[str, float]:
        return ctc_scores(folder / masks, result, measures=measures).scores

    row: dict[str, object] = {"SEG": of(annotated.silver, ["SEG"])["SEG"]}
    row["gold SEG"] = np.nan if annotated.gold is None else of(annotated.gold, ["SEG"])["SEG"]
    tracked = ctc_scores(folder / annotated.markers, result, measures=["DET", "TRA", "LNK", "BC(0)"])
    row |= tracked.scores
    row |= {name: tracked.operations[name] for name in ("NS", "FN", "FP", "ED", "EA", "EC")}
    row["divisions"] = found.lineage.n_divisions
    return row | dict(Counter(record.kind for record in found.contacts))


if __name__ == "__main__":
    main()
