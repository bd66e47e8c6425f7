"""``podia train``: a recipe and annotated movies in, a model file out."""

from __future__ import annotations

import json as json_format
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from podia.cli import options
from podia.data.errors import InvalidInputError

if TYPE_CHECKING:
    from podia.training.recipe import Recipe
    from podia.training.train_model import TrainingOutcome


def train_network(
    recipe: Annotated[
        str | None,
        typer.Argument(help="Name of a recipe (see --list), or a TOML file."),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Annotated movies: folders of podia annotate, folders with images/ and masks/, folders with movie.tif "
            "and labels.tif (or points.csv), corrected analysis folders, Cell Tracking Challenge folders (01 beside "
            "01_GT or 01_ST), or data lists (TOML)."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the model, its history and the report.")
    ] = Path("podia-training"),
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the model in reports. Default: name of the output folder."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the recipes and exit.")] = False,
    all_: Annotated[
        bool,
        typer.Option("--all", help="With --list: also recipes for single data sets and published systems."),
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting of the recipe, e.g. clips.patch_px=320."
        ),
    ] = None,
    encoder_weights: Annotated[
        str | None,
        typer.Option(
            "--encoder-weights",
            metavar="FILE|imagenet|none",
            help="Initial weights of the encoder. Default: initial_weights of the recipe.",
        ),
    ] = None,
    pixel_size_um: options.PixelSize = None,
    frame_interval_s: options.FrameInterval = None,
    annotation: Annotated[
        str,
        typer.Option(
            "--annotation", help="Labels of a Cell Tracking Challenge folder: auto, gold, silver or both."
        ),
    ] = "auto",
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Only some cells are annotated: 0 is unlabelled, not background."),
    ] = False,
    all_frames: Annotated[
        bool,
        typer.Option(
            "--all-frames",
            help="Analysis folders: train on all frames, not only those whose masks were corrected.",
        ),
    ] = False,
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], typer.Option("--device", help="Device to train on.")
    ] = "auto",
    devices: Annotated[
        int, typer.Option("--devices", min=1, help="Number of GPUs. Each processes its own batches.")
    ] = 1,
    rounds: Annotated[
        int,
        typer.Option(
            "--rounds",
            min=1,
            help="Number of self-training rounds. Each adds confident detections as pseudo-labels (point annotation "
            "only).",
        ),
    ] = 1,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.0, help="Time limit. Run the same command again to resume."),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network on annotated movies. Run the same command again to resume an interrupted training.

    OUTPUT/model.safetensors holds the weights with the best validation score. Use them with
    'podia run --model OUTPUT/model.safetensors'.
    """
    if list_:
        _list_recipes(everything=all_, as_json=json)
        return
    if recipe is None or not data:
        raise InvalidInputError("Give a recipe and annotated data, or --list to see the recipes.")
    options.require_paths(data)
    from podia.cli.progress import progress_bars
    from podia.data.config import override
    from podia.training.data.reading_options import ReadingOptions
    from podia.training.initial_weights import with_encoder_weights
    from podia.training.recipe import load_recipe
    from podia.training.train import TrainingResources
    from podia.training.train_model import train_model

    reading = ReadingOptions.parse(
        {
            "pixel_size_um": pixel_size_um,
            "frame_interval_s": frame_interval_s,
            "annotation": annotation,
            "coverage": "partial" if partial else "dense",
            "all_frames": all_frames,
        }
    )
    plan = with_encoder_weights(override(load_recipe(recipe), set_ or []), encoder_weights)
    with progress_bars(quiet=quiet or json) as bars:
        outcome = train_model(
            plan,
            data,
            output,
            rounds=rounds,
            name=name,
            reading=reading,
            resources=TrainingResources(device=device, n_devices=devices, minutes=minutes),
            progress=bars.of_training(),
        )
    if os.environ.get("LOCAL_RANK", "0") == "0":  # of several devices, one reports
        _report(outcome, plan, as_json=json)


def _report(outcome: TrainingOutcome, recipe: Recipe, *, as_json: bool) -> None:
    if as_json:
        model = None if outcome.model is None else str(outcome.model)
        typer.echo(
            json_format.dumps({"model": model, "report": str(outcome.reports[-1]), "steps": outcome.steps})
        )
        return
    if outcome.steps == 0:
        typer.echo("This training was already finished. Nothing was done.")
    elif outcome.model is None:
        first = min(recipe.validation.every_steps, recipe.n_steps)
        typer.echo(
            f"No model yet: the first validation is at step {first:,}. Run the same command again to resume."
        )
    if outcome.model is not None:
        typer.echo(f"Model: {outcome.model}")
    typer.echo("\n".join(f"Report: {report}" for report in outcome.reports))


_TITLES = {
    "recommended": "Recipes (the first is the default choice)",
    "data sets": "Recipes for single data sets",
    "published": "Published systems",
}


def _list_recipes(*, everything: bool, as_json: bool) -> None:
    from podia.cli.listing import print_names
    from podia.training.recipe import load_recipe, recipe_groups

    groups = {
        group: [load_recipe(name) for name in names]
        for group, names in recipe_groups().items()
        if everything or group == "recommended"
    }
    if as_json:
        rows = [
            {
                "name": recipe.name,
                "group": group,
                "architecture": recipe.architecture,
                "steps": recipe.n_steps,
                "summary": recipe.summary,
            }
            for group, recipes in groups.items()
            for recipe in recipes
        ]
        typer.echo(json_format.dumps(rows, indent=2))
        return
    for group, recipes in groups.items():
        typer.echo(f"{_TITLES[group]}:")
        print_names([(recipe.name, recipe.summary) for recipe in recipes])
    if not everything:
        typer.echo("More with --all: recipes for single data sets and published systems.")
