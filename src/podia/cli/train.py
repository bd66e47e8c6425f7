"""``podia train``: a recipe and annotated movies in, a model file out."""

from __future__ import annotations

import json as json_format
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from podia.cli import options
from podia.data.errors import InvalidInputError

if TYPE_CHECKING:
    from podia.training.checkpoint import TrainingState
    from podia.training.train import TrainingProgress
    from podia.training.validation import Scores


def train_network(
    recipe: Annotated[
        str | None,
        typer.Argument(help="A shipped recipe's name (see --list), or a TOML file."),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Annotated movies: challenge folders such as 01 (with 01_GT or 01_ST beside it), folders with images/ "
            "and masks/, or movie.tif and labels.tif (or points.csv), corrected analysis folders, or lists (TOML)."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the model, its history and the report.")
    ] = Path("podia-training"),
    list_: Annotated[bool, typer.Option("--list", help="Name the shipped recipes, and end.")] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="One setting of the recipe, such as clips.patch_px=320."
        ),
    ] = None,
    encoder_weights: Annotated[
        str | None,
        typer.Option(
            "--encoder-weights",
            metavar="FILE|imagenet|none",
            help="Where the encoder starts, in place of the recipe's initial_weights.",
        ),
    ] = None,
    pixel_size_um: options.PixelSize = None,
    frame_interval_s: options.FrameInterval = None,
    annotation: Annotated[
        str, typer.Option("--annotation", help="Labels of a challenge folder: auto, gold, silver or both.")
    ] = "auto",
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Only some cells are annotated: 0 is unlabelled, not background."),
    ] = False,
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], typer.Option("--device", help="Where to train.")
    ] = "auto",
    devices: Annotated[
        int, typer.Option("--devices", min=1, help="Number of GPUs, each with batches of its own.")
    ] = 1,
    rounds: Annotated[
        int,
        typer.Option(
            "--rounds",
            min=1,
            help="Train as often, each time learning also from sure detections that nobody annotated; for points.",
        ),
    ] = 1,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.0, help="Stop after this time; the same command goes on."),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network on annotated movies; a training that was stopped goes on when the command is given again.

    OUTPUT/model.safetensors holds the weights that did best on what was held back for validation. Use them with
    'podia run --model OUTPUT/model.safetensors'.
    """
    if list_:
        _list_recipes(as_json=json)
        return
    if recipe is None or not data:
        raise InvalidInputError("Give a recipe and annotated data, or --list to see the recipes.")
    missing = [str(path) for path in data if not path.exists()]
    if missing:
        raise InvalidInputError(f"No such file or folder: {', '.join(missing)}.")
    from podia.data.config import override
    from podia.training.data.data_list import DataEntry
    from podia.training.pretrained.initial_weights import require_encoder_weights
    from podia.training.recipe import load_recipe
    from podia.training.self_training import self_train
    from podia.training.train import TrainingPlace, train

    reading = DataEntry.parse(
        {
            "paths": ["."],
            "pixel_size_um": pixel_size_um,
            "frame_interval_s": frame_interval_s,
            "annotation": annotation,
            "coverage": "partial" if partial else "dense",
        }
    )
    plan = override(load_recipe(recipe), set_ or [])
    if encoder_weights is not None:
        require_encoder_weights(encoder_weights)
        plan = plan.model_copy(update={"initial_weights": encoder_weights})
    place = TrainingPlace(device=device, n_devices=devices, minutes=minutes)
    with _progress(shown=not (quiet or json)) as progress:
        steps = _Steps(progress)
        if rounds == 1:
            model = train(plan, data, output, reading=reading, place=place, progress=steps)
        else:
            model = self_train(plan, data, output, rounds, reading=reading, place=place, progress=steps)
    if os.environ.get("LOCAL_RANK", "0") != "0":
        return  # of several devices, the first tells
    reports = [model.with_name("report.html")] if rounds == 1 else sorted(output.glob("round-*/report.html"))
    validated = rounds > 1 or steps.last is None or steps.last.best_step is not None
    found = model if validated and model.is_file() else None
    if json:
        told = {"model": found and str(found), "report": str(reports[-1]), "steps": steps.done}
        typer.echo(json_format.dumps(told))
        return
    if steps.done == 0:
        typer.echo("This training had ended before; nothing was done.")
    elif found is None:
        first = min(plan.validation.every_steps, plan.n_steps)
        typer.echo(f"No model yet: the first validation is at step {first:,}. Give the command again.")
    if found is not None:
        typer.echo(f"Model: {found}")
    typer.echo("\n".join(f"Report: {report}" for report in reports))


@dataclass
class _Steps:
    """Passes progress on, and knows how much was done by this command."""

    tell: TrainingProgress
    done: int = 0
    last: TrainingState | None = None

    def __call__(self, state: TrainingState, n_steps: int, loss: float, scores: Scores | None) -> None:
        self.done, self.last = self.done + 1, state
        self.tell(state, n_steps, loss, scores)


def _list_recipes(*, as_json: bool) -> None:
    from podia.training.recipe import load_recipe, shipped_recipes

    recipes = [load_recipe(name) for name in shipped_recipes()]
    if as_json:
        rows: list[dict[str, Any]] = [
            {"name": r.name, "architecture": r.architecture, "steps": r.n_steps, "summary": r.summary}
            for r in recipes
        ]
        typer.echo(json_format.dumps(rows, indent=2))
        return
    width = max(len(r.name) for r in recipes)
    for r in recipes:
        typer.echo(f"{r.name:{width}}  {r.summary}")


@contextmanager
def _progress(*, shown: bool) -> Iterator[TrainingProgress]:
    """Yield what draws a bar of steps, with the loss and the last scores beside it."""
    from podia.training.train import quiet

    if not shown:
        yield quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("train"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    bars = Progress(*columns, console=Console(stderr=True))
    try:
        task = bars.add_task("")
        told = ""

        def tell(state: TrainingState, n_steps: int, loss: float, scores: Scores | None) -> None:
            nonlocal told
            bars.start()  # at the first step: of several devices only the first is told of steps
            if scores is not None:
                told = "".join(f", {name} {value:.3f}" for name, value in scores.defined().items())
                bars.console.print(f"step {state.step}: loss {loss:.3f}{told}", highlight=False)
            bars.update(task, completed=state.step, total=n_steps, description=f"loss {loss:.3f}{told}")

        yield tell
    finally:
        bars.stop()
