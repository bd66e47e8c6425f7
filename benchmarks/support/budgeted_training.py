"""Trainings that fill a budget of processor time or GPU time with a complete learning-rate schedule."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from podia.data.config import override
from podia.training.checkpoint import TrainingState
from podia.training.data.reading_options import ReadingOptions
from podia.training.recipe import Recipe
from podia.training.train import Device, TrainingResources, train

_TIMED_STEPS = 8
_FIRST_STEPS = 2
"""Not timed: memory is taken, kernels are chosen."""


def fill_budget(
    recipe: Recipe,
    folder: Path,
    reading: ReadingOptions,
    seconds: float,
    note: Path,
    *,
    device: Device = "cpu",
) -> Recipe:
    """Return `recipe` with as many steps, in the same shares, as `seconds` hold; `folder` may be a list of data.

    The number is kept in `note`, so that a training that was stopped goes on with the same one.
    """
    if note.is_file():
        steps = json.loads(note.read_text())
    else:
        needed = sum(
            stage.steps * _step_seconds(recipe, index, folder, reading, device)
            for index, stage in enumerate(recipe.stages)
        )
        steps = [max(1, round(stage.steps * seconds / needed)) for stage in recipe.stages]
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(steps))
    return override(recipe, [f"stages.{index}.steps={n}" for index, n in enumerate(steps)])


def train_for(
    seconds: float,
    recipe: Recipe,
    folder: Path,
    reading: ReadingOptions,
    output: Path,
    *,
    device: Device = "cpu",
) -> Path:
    """Return the model of a training that fills `seconds`; one that has ended is not done again."""
    plan = fill_budget(recipe, folder, reading, seconds, output / "budget.json", device=device)
    return train_model(plan, folder, reading, output / "model", device=device)


def _step_seconds(recipe: Recipe, stage: int, folder: Path, reading: ReadingOptions, device: Device) -> float:
    alone = recipe.model_copy(
        update={"stages": (recipe.stages[stage].model_copy(update={"steps": _FIRST_STEPS + _TIMED_STEPS}),)}
    )
    times: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        train_model(alone, folder, reading, Path(temporary), times, device=device)
    return (times[_FIRST_STEPS + _TIMED_STEPS - 1] - times[_FIRST_STEPS - 1]) / _TIMED_STEPS


def train_model(
    recipe: Recipe,
    folder: Path,
    reading: ReadingOptions,
    output: Path,
    times: list[float] | None = None,
    *,
    device: Device = "cpu",
) -> Path:
    """Train on the data in `folder`; times after each step go into `times`, where given."""
    clock = time.process_time if device == "cpu" else time.perf_counter

    def note(state: TrainingState, n_steps: int, loss: float, _scores: object) -> None:
        if times is not None:
            times.append(clock())
        elif state.step % 50 == 0:
            print(f"{state.step}/{n_steps} loss {loss:.3f} {state.seconds:.0f} s", flush=True)

    return train(
        recipe, [folder], output, reading=reading, resources=TrainingResources(device=device), progress=note
    )
