"""A recipe trained on the first part of a movie for a given time, and evaluated on the rest.

PODIA_DATA_DIR=... python -m benchmarks.networks.networks_compared u373 podia-u373 -o /somewhere --core-minutes 20

A recipe is a name or a file; settings follow it as KEY=VALUE. The time is processor time: a few steps of each stage
are timed, and the number of steps is chosen to fill it, so that the learning-rate schedule is complete. All of the
first part is training data. The last output is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from benchmarks.support.annotated_splits import IN_TIME, T98G_PIXEL_SIZE_UM, split_in_time, split_t98g
from benchmarks.support.budgeted_training import fill_budget, train_model
from benchmarks.support.model_scores import score_model

from podia.data.config import override
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe


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
            ReadingOptions(pixel_size_um=T98G_PIXEL_SIZE_UM),
        )
    else:
        split = IN_TIME[arguments.dataset]
        parts = split_in_time(data, arguments.dataset, arguments.output / "split")
        reading = ReadingOptions(pixel_size_um=split.pixel_size_um, frame_interval_s=split.frame_interval_s)
    recipe = override(load_recipe(arguments.recipe), ["split.validation_fraction=0", *arguments.settings])
    recipe = fill_budget(
        recipe, parts[0], reading, 60 * arguments.core_minutes, arguments.output / "budget.json"
    )
    model = train_model(recipe, parts[0], reading, arguments.output / "model")
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


if __name__ == "__main__":
    main()
