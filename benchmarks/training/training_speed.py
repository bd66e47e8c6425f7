"""Seconds per step, megapixels per second and time waiting for data, of the stages of the default recipe.

python -m benchmarks.training.training_speed [recipe, podia-phase by default] [--threads 2]

The data are four simulated movies. The first steps, in which frames are read and memory is allocated, are ignored.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from podia.data.config import override
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.simulation.write import write_simulation
from podia.training.checkpoint import TrainingState
from podia.training.recipe import Recipe, load_recipe
from podia.training.train import TrainingResources, train

_FIRST_STEPS = 5
_TIMED_STEPS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", nargs="?", default="podia-phase")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = override(
        load_recipe(arguments.recipe),
        ["split.validation_fraction=0", "initial_weights=none", "clips.dataset_weights={}"],
    )
    with tempfile.TemporaryDirectory() as folder:
        data = [_movie(Path(folder) / f"s{seed}", seed) for seed in range(4)]
        for number, stage in enumerate(recipe.stages, start=1):
            alone = recipe.model_copy(
                update={"stages": (stage.model_copy(update={"steps": _FIRST_STEPS + _TIMED_STEPS}),)}
            )
            first, last = _timed(alone, data, Path(folder) / f"stage{number}")
            seconds = last.seconds - first.seconds
            waited = last.seconds_waited - first.seconds_waited
            frames = stage.batch_size * (stage.clip_frames or recipe.clips.length)
            pixels = frames * recipe.clips.patch_px**2 * _TIMED_STEPS
            print(
                f"stage {number}: {frames} frames of {recipe.clips.patch_px} px a step, {seconds / _TIMED_STEPS:.3f} s "
                f"a step, {pixels / seconds / 1e6:.2f} megapixels/s, {waited / seconds:.1%} waiting for data",
                flush=True,
            )


def _timed(recipe: Recipe, data: list[Path], output: Path) -> tuple[TrainingState, TrainingState]:
    states: list[TrainingState] = []
    train(
        recipe,
        data,
        output,
        resources=TrainingResources(),
        progress=lambda state, _n, _loss, _scores: states.append(state),
    )
    return states[_FIRST_STEPS - 1], states[_FIRST_STEPS + _TIMED_STEPS - 1]


def _movie(folder: Path, seed: int) -> Path:
    write_simulation(simulate(SimulationConfig(n_frames=8, size_px=512, n_cells=15, seed=seed)), folder)
    return folder


if __name__ == "__main__":
    main()
