"""One model trained on U373, HeLa, PSC and T98G, compared with four specialised models.

PODIA_DATA_DIR=... python -m benchmarks.training.one_model_for_all -o /somewhere --core-minutes 60

All are trained with the recipe podia-all on the first parts of the movies (T98G: 36 fields) and evaluated on the
rest: single models for the given time each, and the joint model for the time of one and of all four together
(--core-minutes-for-all changes this). --own-recipes adds single models trained with the recipes for these data sets
(podia-u373 and others, with their own scales). Trainings start from podia-phase; if those weights have seen the T98G
test fields, give others with --initial-weights. One row is one line of JSON; rows that exist in the output folder
are not computed again.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from benchmarks.support.annotated_splits import IN_TIME, T98G_PIXEL_SIZE_UM, split_in_time, split_t98g
from benchmarks.support.budgeted_training import train_for
from benchmarks.support.model_scores import score_model
from benchmarks.support.result_rows import ResultRows

from podia.data.config import override
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe

RECIPE = "podia-all"
OWN_RECIPES = {"u373": "podia-u373", "hela": "podia-hela", "psc": "podia-psc", "t98g": "podia"}


@dataclass(frozen=True)
class _Part:
    """A data set's two parts."""

    name: str
    train: Path
    test: Path
    pixel_size_um: float

    @property
    def entry(self) -> str:
        """Its line in a data list."""
        where = f'name = "{self.name}"\npaths = ["{self.train.resolve()}"]'
        return f"[[data]]\n{where}\npixel_size_um = {self.pixel_size_um}\n"


@dataclass(frozen=True)
class _Trained:
    """What a model is trained on, by which recipe, and for how long."""

    parts: tuple[_Part, ...]
    recipe: str
    core_minutes: float

    @property
    def name(self) -> str:
        return "+".join(part.name for part in self.parts)


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    parts = _parts(Path(os.environ["PODIA_DATA_DIR"]), given.output / "split")
    times = given.core_minutes_for_all or (given.core_minutes, len(parts) * given.core_minutes)
    models = [_Trained(parts, RECIPE, core_minutes) for core_minutes in times]
    models += [_Trained((part,), RECIPE, given.core_minutes) for part in parts]
    if given.own_recipes:
        models += [_Trained((part,), OWN_RECIPES[part.name], given.core_minutes) for part in parts]
    rows = ResultRows(given.output)
    for model in models:
        for part in model.parts:
            row = {
                "trained_on": model.name,
                "recipe": model.recipe,
                "scored_on": part.name,
                "core_minutes": model.core_minutes,
                "initial_weights": given.initial_weights,
                "seed": given.seed,
                "device": given.device,
                "set": given.set,
            }
            rows.once(row, partial(_scores, given, model, part))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=60.0, help="Of each single training.")
    parser.add_argument("--core-minutes-for-all", type=float, nargs="*", help="Of each training on all.")
    parser.add_argument("--own-recipes", action="store_true")
    parser.add_argument("--initial-weights", default="podia-phase")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def _parts(data: Path, folder: Path) -> tuple[_Part, ...]:
    in_time = [
        _Part(name, *split_in_time(data, name, folder / name), split.pixel_size_um)
        for name, split in IN_TIME.items()
    ]
    return (*in_time, _Part("t98g", *split_t98g(data, folder / "t98g"), T98G_PIXEL_SIZE_UM))


def _scores(given: argparse.Namespace, model: _Trained, part: _Part) -> dict[str, float]:
    """Train, where that is not done yet, and score."""
    folder = given.output / f"{model.name}-{model.recipe}-{model.core_minutes:g}min-seed{given.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "data.toml"
    listing.write_text("".join(part.entry for part in model.parts), encoding="utf-8")
    start = f"initial_weights={given.initial_weights}"
    settings = ["split.validation_fraction=0", f"seed={given.seed}", start, *given.set]
    trained = train_for(
        60 * model.core_minutes,
        override(load_recipe(model.recipe), settings),
        listing,
        ReadingOptions(),
        folder,
        device=given.device,
    )
    truth = read_annotated(part.test, pixel_size_um=part.pixel_size_um)
    return score_model(trained, truth, in_time=part.name != "t98g")


if __name__ == "__main__":
    main()
