"""Protrusion tips detected by a network (Gómez-de-Mariscal et al. 2021) and tips measured on its masks.

python -m benchmarks.networks.tips_learned -o /somewhere --core-minutes 30

Eight simulated movies of 12 frames for training, four others of 10 for evaluation. The network (recipe `podia`, from
the included weights, with `network.tips`) learns masks and tips together, with tips from the simulator
(`--from-masks`: from podia's detector on the true masks, as published). Evaluated are the tips detected by the
network and those measured on its masks. F-scores at 3 and 5 px are pooled over frames; tips at uncertain places (a
protrusion too short to count, a cell cut by the frame edge) are ignored. Tips measured on the true masks give an
upper bound. One row is one line of JSON; rows that exist in the output folder are not computed again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from benchmarks.support.budgeted_training import train_for
from benchmarks.support.result_rows import ResultRows, Row
from benchmarks.support.simulated_movies import write_data_list, write_once
from numpy.typing import NDArray

from podia.data.config import override
from podia.data.movie import LabelMovie
from podia.evaluation.localisation import LocalisationCounts, localisation_counts, match_points
from podia.io.read import read_labels
from podia.measurement.frame import find_tips
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.tips import find_network_tips
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.simulation.config import SimulationConfig
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe
from podia.training.tip_targets import TIPS_FILE

CUT_OFFS_PX = (3.0, 5.0)
THRESHOLDS = (0.3, 0.5, 0.7)
TRAIN_SEEDS, TEST_SEEDS = range(500, 508), range(600, 604)

Tips = Callable[[int], NDArray[np.float64]]
"""Positions ``(N, 2)`` of a frame's tips."""


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    folder: Path = given.output / ("from-masks" if given.from_masks else "from-truth")
    train_movies = _movies(folder / "train", TRAIN_SEEDS, given.size_px, 12)
    if given.from_masks:
        for movie in train_movies:
            (movie / TIPS_FILE).unlink(missing_ok=True)
    test = _movies(given.output / "test", TEST_SEEDS, given.size_px, 10)
    model = train_for(
        60 * given.core_minutes,
        override(load_recipe("podia"), ["network.tips=true", "split.validation_fraction=0", *given.set]),
        write_data_list(train_movies, folder / f"train-{given.size_px}px.toml"),
        ReadingOptions(),
        folder / f"{given.core_minutes:g}min-{given.size_px}px",
    )
    rows = ResultRows(given.output)
    data = {"size_px": given.size_px}
    trained = {**data, "learned_from": folder.name, "core_minutes": given.core_minutes, "set": given.set}

    def once(what: Row, tips_of: Callable[[Path], Tips]) -> None:
        rows.once(what, partial(_f_scores, test, tips_of))

    for threshold in THRESHOLDS:
        marked = {**trained, "tips": "marked by the network", "threshold": threshold}
        once(marked, partial(_marked, model, threshold))
    own = cache(partial(_own_masks, model))
    once({**trained, "tips": "measured on its masks"}, lambda movie: _measured(movie, own(movie)))
    once(
        {**data, "tips": "measured on the true masks"},
        lambda movie: _measured(movie, read_labels(movie / "labels.tif")),
    )


def _movies(folder: Path, seeds: range, size_px: int, n_frames: int) -> list[Path]:
    config = SimulationConfig(
        size_px=size_px,
        n_frames=n_frames,
        n_cells=max(1, round(12 * (size_px / 384) ** 2)),
        focus_wander_um=6.0,
    )
    return [
        write_once(config.model_copy(update={"seed": seed}), folder / f"s{seed}-{size_px}px")
        for seed in seeds
    ]


def _f_scores(folders: list[Path], tips_of: Callable[[Path], Tips]) -> dict[str, float]:
    counts = dict.fromkeys(CUT_OFFS_PX, LocalisationCounts())
    for folder in folders:
        found_in = tips_of(folder)
        for true, doubtful, frame in _truth(folder):
            for cut_off in CUT_OFFS_PX:
                found = _without_doubtful(true, doubtful, found_in(frame), cut_off)
                counts[cut_off] += localisation_counts(true, found, cut_off=cut_off)
    scores = {}
    for cut_off, count in counts.items():
        named = {"F": count.f_score, "precision": count.precision, "recall": count.recall}
        scores |= {f"{name} at {cut_off:g} px": round(value, 4) for name, value in named.items()}
    return scores | {"distance_px": round(counts[max(CUT_OFFS_PX)].mean_distance, 3)}


def _truth(folder: Path) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], int]]:
    """Yield tips that count, places where nobody can say right or wrong, and the frame."""
    tips, stubs = (pd.read_csv(folder / f"{name}.csv") for name in ("tips", "stubs"))
    counts = ~tips["touches_border"].astype(bool)
    doubtful = pd.concat([tips[~counts], stubs])
    for frame in range(_annotated(folder).movie.n_frames):
        places = (
            table[table["frame"] == frame][["tip_y_px", "tip_x_px"]] for table in (tips[counts], doubtful)
        )
        true, unsure = (place.to_numpy(np.float64) for place in places)
        yield true, unsure, frame


def _without_doubtful(
    true: NDArray[np.float64], doubtful: NDArray[np.float64], found: NDArray[np.float64], cut_off: float
) -> NDArray[np.float64]:
    right = [j for _, j in match_points(true, found, cut_off)]
    rest = np.setdiff1d(np.arange(len(found)), right)
    unsure = rest[[j for _, j in match_points(doubtful, found[rest], cut_off)]]
    return np.delete(found, unsure, axis=0)


def _marked(model: Path, threshold: float, folder: Path) -> Tips:
    tips = find_network_tips(_annotated(folder).movie, InferenceConfig(model=str(model)), threshold=threshold)
    return lambda frame: tips[tips["frame"] == frame][["y", "x"]].to_numpy(np.float64)


def _measured(folder: Path, labels: LabelMovie) -> Tips:
    calibration = _annotated(folder).calibration
    return lambda frame: find_tips(labels.frame(frame), None, calibration)


def _own_masks(model: Path, folder: Path) -> LabelMovie:
    config = SegmentationConfig.parse({"method": "network", "network": {"model": str(model)}})
    return LabelMovie.from_array(segment(_annotated(folder).movie, config).to_array())


@cache
def _annotated(folder: Path) -> AnnotatedMovie:
    return read_annotated(folder)[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=30.0)
    parser.add_argument("--from-masks", action="store_true", help="Learn from tips found on the true masks.")
    parser.add_argument("--size-px", type=int, default=384, help="Edge of the frames, px.")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
