r"""Effect of temporal split and merge correction and of gap filling, alone and together (decision 9).

PODIA_DATA_DIR=... python -m benchmarks.segmentation.repairs_in_time -o /somewhere \
    --model FOLDER/held-out/model.safetensors

Three data sets: U373 `01` (SEG against silver labels, all frames); the T98G movie `01` (SEG against `01_AUTO`, the
masks of another program: compare stability and tracks instead); and four simulated movies of touching cells with
varying focus (exact labels; stability and tracks are means over movies). The network runs once per movie, and its
labels are corrected in four ways. Use weights with the test fields held out, which have seen neither U373 nor the
T98G movie; the included weights have seen frame 0 of the movie. One row is one line of JSON; rows that exist in the
output folder are not computed again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import torch
from benchmarks.support.annotated_splits import IN_TIME, T98G_PIXEL_SIZE_UM, first_frames
from benchmarks.support.model_scores import NO_REPAIRS, score_labels
from benchmarks.support.result_rows import ResultRows
from benchmarks.support.simulated_movies import write_once
from benchmarks.training.score_podia_phase import phase_decode

from podia.data.movie import LabelMovie
from podia.networks.card import find_model
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.segmentation.temporal.gap_filling import fill_gaps
from podia.segmentation.temporal.split_merge_correction import split_merge
from podia.simulation.config import SimulationConfig
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.sources import read_annotated

REPAIRS = ((False, False), (False, True), (True, False), (True, True))
"""Whether cuts are made steady, and whether gaps are filled."""
SEEDS = range(400, 404)


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    model = find_model(given.model)
    data = Path(os.environ["PODIA_DATA_DIR"])
    sets: dict[str, Callable[[], list[AnnotatedMovie]]] = {
        "U373 01": partial(_u373, data),
        "T98G 01": partial(
            read_annotated,
            data / "T98G" / "01_AUTO",
            pixel_size_um=T98G_PIXEL_SIZE_UM,
            frame_interval_s=600.0,
        ),
        "simulated": partial(_simulated, given.output / "simulated", given.frames or 30),
    }
    rows = ResultRows(given.output)
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()[:12]
    for name, read_movies in sets.items():
        movies = [first_frames(movie, given.frames) for movie in read_movies()]
        unrepaired = cache(partial(_segmented, model, movies))
        for steady, filled in REPAIRS:
            what = {
                "data": name,
                "n_frames": sum(movie.movie.n_frames for movie in movies),
                "sha256": sha256,
                "split_merge": steady,
                "gap_filling": filled,
            }
            rows.once(what, partial(_scores, unrepaired, movies, steady=steady, filled=filled))


def _scores(
    unrepaired: Callable[[], list[LabelMovie]], movies: list[AnnotatedMovie], *, steady: bool, filled: bool
) -> dict[str, float]:
    labels = unrepaired()
    if steady:
        labels = [split_merge(movie) for movie in labels]
    if filled:
        labels = [fill_gaps(movie) for movie in labels]
    return score_labels(labels, movies, in_time=True)


def _segmented(model: Path, movies: list[AnnotatedMovie]) -> list[LabelMovie]:
    network = {"model": str(model), "decode": phase_decode()}
    config = SegmentationConfig.parse({"method": "network", "network": network} | NO_REPAIRS)
    return [
        LabelMovie.from_array(segment(movie.movie, config).to_array(), movie.calibration, name=movie.name)
        for movie in movies
    ]


def _u373(data: Path) -> list[AnnotatedMovie]:
    split = IN_TIME["u373"]
    return read_annotated(
        data / split.folder / "01",
        pixel_size_um=split.pixel_size_um,
        frame_interval_s=split.frame_interval_s,
        annotation="silver",
    )


def _simulated(folder: Path, n_frames: int) -> list[AnnotatedMovie]:
    crowded = SimulationConfig(n_frames=n_frames, size_px=384, n_cells=30, focus_wander_um=12.0)
    configs = [crowded.model_copy(update={"seed": seed}) for seed in SEEDS]
    return read_annotated([write_once(config, folder / f"s{config.seed}-{n_frames}") for config in configs])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument(
        "--model", default="podia-phase", help="A model file, or the name of a shipped model."
    )
    parser.add_argument("--frames", type=int, help="Only so many frames of each movie, to try it.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
