"""Effect of recurrence: the podia network with and without it, trained alike on data where single frames are ambiguous.

PODIA_DATA_DIR=... python -m benchmarks.networks.does_time_help -o /somewhere --core-minutes 15

Data: simulated movies with varying focus (8 of 16 frames for training, 4 other movies of 30 frames for evaluation;
stability is the mean over movies), and PtK1 (frames 1 to 25 for training, 26 to 50 for evaluation; every fifth frame
is annotated with foreground only, so only IoU, Dice, precision, recall and stability are meaningful). Each is
evaluated with and without temporal correction and gap filling. One row is one line of JSON; rows that exist in the
output folder are not computed again. Interrupted trainings resume.
"""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from benchmarks.support.budgeted_training import train_for
from benchmarks.support.model_scores import score_model
from benchmarks.support.result_rows import ResultRows
from benchmarks.support.simulated_movies import write_data_list, write_once

from podia.data.config import override
from podia.simulation.config import SimulationConfig
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.recipe import load_recipe

FIRST_TEST_FRAME = 26
MEANINGLESS_ON_FOREGROUND = ("SEG", "mAP", "boundary_F", "thin_recall")


@dataclass(frozen=True)
class Experiment:
    """What is trained on and scored on (folders or lists of data), and what the recipe is told besides."""

    name: str
    train: Path
    test: Path
    settings: tuple[str, ...] = ()
    instances: bool = True


TWO_CLASSES = 'network.head={name = "binary", softmax = true}'


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    folder: Path = given.output / "data"
    experiments = {
        "simulated": partial(_simulated, folder / "simulated", given.size_px),
        "ptk1": partial(_ptk1, folder / "ptk1"),
    }
    rows = ResultRows(given.output)
    for name in given.data:
        experiment = experiments[name]()
        for recurrent in (True, False):
            for repairs in (False, True):
                row = {
                    "data": name,
                    "recurrent": recurrent,
                    "repairs": repairs,
                    "core_minutes": given.core_minutes,
                    "seed": given.seed,
                }
                rows.once(row, partial(_scores, given, experiment, recurrent=recurrent, repairs=repairs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=15.0, help="Of each of the four trainings.")
    parser.add_argument("--data", nargs="*", choices=["simulated", "ptk1"], default=["simulated", "ptk1"])
    parser.add_argument("--size-px", type=int, default=384, help="Edge of simulated frames, px.")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _scores(
    given: argparse.Namespace, experiment: Experiment, *, recurrent: bool, repairs: bool
) -> dict[str, float]:
    """Train, where that is not done yet, and score."""
    kind = "recurrent" if recurrent else "frames"
    settings = [
        "split.validation_fraction=0",
        "initial_weights=imagenet",
        f"network.recurrent={str(recurrent).lower()}",
        f"seed={given.seed}",
        *experiment.settings,
    ]
    model = train_for(
        60 * given.core_minutes,
        override(load_recipe("podia-u373"), settings),
        experiment.train,
        ReadingOptions(),
        given.output / f"{experiment.name}-{kind}-{given.core_minutes:g}min-seed{given.seed}",
    )
    truth = read_data([experiment.test], ReadingOptions()).movies
    scores = score_model(model, truth, in_time=True, repairs=repairs)
    if experiment.instances:
        return scores
    return {name: value for name, value in scores.items() if name not in MEANINGLESS_ON_FOREGROUND}


def _simulated(folder: Path, size_px: int) -> Experiment:
    """Return movies that lose focus for a few frames again and again, as two lists of data."""
    config = SimulationConfig(
        size_px=size_px,
        n_cells=max(1, round(10 * (size_px / 384) ** 2)),
        focus_wander_um=18.0,
        photons=2500,
    )
    parts = {"train": (range(200, 208), 16), "test": (range(300, 304), 30)}
    lists = []
    for part, (seeds, n_frames) in parts.items():
        movies = [
            write_once(
                config.model_copy(update={"seed": seed, "n_frames": n_frames}),
                folder / part / f"s{seed}-{size_px}px",
            )
            for seed in seeds
        ]
        lists.append(write_data_list(movies, folder / f"{part}-{size_px}px.toml"))
    return Experiment("simulated", *lists)


def _ptk1(folder: Path) -> Experiment:
    """Return PtK1's first and second half, as links."""
    parts = folder / "train", folder / "test"
    for inner in ("01", "01_GT/FG"):
        for path in sorted((Path(os.environ["PODIA_DATA_DIR"]) / "PtK1" / inner).glob("*.tif")):
            number = int(re.findall(r"\d+", path.stem)[-1])
            link = parts[number >= FIRST_TEST_FRAME] / inner / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(path.resolve())
    return Experiment(
        "ptk1",
        parts[0] / "01",
        parts[1] / "01",
        (TWO_CLASSES,),
        instances=False,
    )


if __name__ == "__main__":
    main()
