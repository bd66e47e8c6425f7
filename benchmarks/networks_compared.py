"""A recipe trained on the first part of a movie for a stated budget, and scored on the rest.

PODIA_DATA_DIR=... python benchmarks/networks_compared.py u373 podia-u373 -o /somewhere --core-minutes 20

A recipe is a name or a file; further settings go behind it as KEY=VALUE. The budget is processor time: a few steps of
each stage are timed, and the number of steps is set to fill it, so that the learning rate runs its whole course. All
of the first part is learned from. What is printed last is a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import torch

from annotated_splits import IN_TIME, split_in_time, split_t98g
from model_scores import score_model
from podia.data.config import override
from podia.training.checkpoint import TrainingState
from podia.training.data_list import DataEntry
from podia.training.recipe import Recipe, load_recipe
from podia.training.sources import read_annotated
from podia.training.train import TrainingPlace, train

_TIMED_STEPS = 8
_FIRST_STEPS = 2
"""Not timed: memory is taken, kernels are chosen."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=[*IN_TIME, "t98g"])
    parser.add_argument("recipe")
    parser.add_argument("settings", nargs="*")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=40.0)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    data = Path(os.environ["PODIA_DATA_DIR"])
    if arguments.dataset == "t98g":
        parts, reading = (
            split_t98g(data, arguments.output / "split"),
            DataEntry(paths=(".",), pixel_size_um=0.8708),
        )
    else:
        split = IN_TIME[arguments.dataset]
        parts = split_in_time(data, arguments.dataset, arguments.output / "split")
        reading = DataEntry(
            paths=(".",), pixel_size_um=split.pixel_size_um, frame_interval_s=split.frame_interval_s
        )
    recipe = override(load_recipe(arguments.recipe), ["split.validation_fraction=0", *arguments.settings])
    recipe = fill_budget(
        recipe, parts[0], reading, 60 * arguments.core_minutes, arguments.output / "budget.json"
    )
    model = _train(recipe, parts[0], reading, arguments.output / "model")
    truth = read_annotated(parts[1], pixel_size_um=reading.pixel_size_um)
    scores = score_model(model, truth, in_time=arguments.dataset != "t98g")
    steps = [stage.steps for stage in recipe.stages]
    result = {
        "dataset": arguments.dataset,
        "recipe": arguments.recipe,
        "settings": arguments.settings,
        "core_minutes": arguments.core_minutes,
        "steps": steps,
        **scores,
    }
    print(json.dumps(result), flush=True)


def fill_budget(recipe: Recipe, folder: Path, reading: DataEntry, seconds: float, note: Path) -> Recipe:
    """Return `recipe` with as many steps, in the same shares, as `seconds` of processor time hold.

    The number is kept in `note`, so that a training that was stopped goes on with the same one.
    """
    if note.is_file():
        steps = json.loads(note.read_text())
    else:
        needed = sum(
            stage.steps * _step_seconds(recipe, index, folder, reading)
            for index, stage in enumerate(recipe.stages)
        )
        steps = [max(1, round(stage.steps * seconds / needed)) for stage in recipe.stages]
        note.write_text(json.dumps(steps))
    return override(recipe, [f"stages.{index}.steps={n}" for index, n in enumerate(steps)])


def _step_seconds(recipe: Recipe, stage: int, folder: Path, reading: DataEntry) -> float:
    alone = recipe.model_copy(
        update={"stages": (recipe.stages[stage].model_copy(update={"steps": _FIRST_STEPS + _TIMED_STEPS}),)}
    )
    times: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        _train(alone, folder, reading, Path(temporary), times)
    return (times[_FIRST_STEPS + _TIMED_STEPS - 1] - times[_FIRST_STEPS - 1]) / _TIMED_STEPS


def _train(
    recipe: Recipe, folder: Path, reading: DataEntry, output: Path, times: list[float] | None = None
) -> Path:
    def note(state: TrainingState, n_steps: int, loss: float, _scores: object) -> None:
        if times is not None:
            times.append(time.process_time())
        elif state.step % 50 == 0:
            print(f"{state.step}/{n_steps} loss {loss:.3f} {state.seconds:.0f} s", flush=True)

    return train(recipe, [folder], output, reading=reading, place=TrainingPlace(device="cpu"), progress=note)


if __name__ == "__main__":
    main()
