"""podia's network with recurrence and without, each trained alike, where single frames do not tell enough.

PODIA_DATA_DIR=... python benchmarks/does_time_help.py -o /somewhere --core-minutes 15

Simulated movies that wander out of focus (8 to learn from, 4 others to score), and PtK1 (frames 1 to 25 to learn from,
30 to 50 to score; foreground alone). What is printed is a line of JSON a training.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path

import torch

from budgeted_training import fill_budget, train_model
from model_scores import score_model
from podia.data.config import override
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.simulation.write import write_simulation
from podia.training.annotated import AnnotatedMovie
from podia.training.data_list import DataEntry
from podia.training.recipe import load_recipe
from podia.training.sources import read_annotated

_FIRST_TEST_FRAME = 26
_SETTINGS = {
    "simulated": ["initial_weights=imagenet"],
    "ptk1": ["initial_weights=imagenet", "network.head=foreground", "decode.seed_threshold=0.5"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=15.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for data, (train_part, test_part) in {
        "simulated": _simulated(arguments.output / "data"),
        "ptk1": _ptk1(Path(os.environ["PODIA_DATA_DIR"]), arguments.output / "data"),
    }.items():
        reading = DataEntry(paths=(".",), pixel_size_um=0.8708 if data == "simulated" else None)
        truth = _annotated(test_part, reading)
        for recurrent in (True, False):
            output = arguments.output / f"{data}-{'recurrent' if recurrent else 'frames'}"
            output.mkdir(parents=True, exist_ok=True)
            settings = [
                "split.validation_fraction=0",
                f"network.recurrent={str(recurrent).lower()}",
                *_SETTINGS[data],
            ]
            recipe = override(load_recipe("podia-u373"), settings)
            recipe = fill_budget(
                recipe, train_part, reading, 60 * arguments.core_minutes, output / "budget.json"
            )
            model = train_model(recipe, train_part, reading, output / "model")
            scores = score_model(model, truth, in_time=True)
            print(json.dumps({"data": data, "recurrent": recurrent, **scores}), flush=True)


def _annotated(folder: Path, reading: DataEntry) -> list[AnnotatedMovie]:
    return read_annotated(folder, pixel_size_um=reading.pixel_size_um)


def _simulated(folder: Path) -> tuple[Path, Path]:
    """Return folders of movies that lose focus for a few frames again and again."""
    parts = folder / "simulated" / "train", folder / "simulated" / "test"
    for part, seeds, n_frames in ((parts[0], range(200, 208), 16), (parts[1], range(300, 304), 30)):
        for seed in seeds:
            if not (part / f"s{seed}").is_dir():
                config = SimulationConfig(
                    n_frames=n_frames, size_px=384, n_cells=10, seed=seed, focus_wander_um=18.0, photons=2500
                )
                write_simulation(simulate(config), part / f"s{seed}")
    return parts


def _ptk1(data: Path, folder: Path) -> tuple[Path, Path]:
    """Return PtK1's first and second half, as links."""
    parts = folder / "ptk1" / "train", folder / "ptk1" / "test"
    for inner in ("01", "01_GT/FG"):
        for path in sorted((data / "PtK1" / inner).glob("*.tif")):
            number = int(re.findall(r"\d+", path.stem)[-1])
            link = parts[number >= _FIRST_TEST_FRAME] / inner / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(path.resolve())
    return parts[0] / "01", parts[1] / "01"


if __name__ == "__main__":
    main()
