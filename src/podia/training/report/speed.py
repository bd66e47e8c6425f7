"""Training speed and time spent waiting for data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.training.recipe import Recipe, StageRecipe
from podia.training.report.training_curves import TrainingCurves, Values


@dataclass(frozen=True)
class StageSpeed:
    """The speed of a stage; NaN if no step could be timed.

    Parameters
    ----------
    stage Number of the stage, from 1. steps
        Steps done.
    seconds_per_step
        Median over steps, s.
    megapixels_per_s
        Million training pixels per second, frames x patch.
    waited
        Fraction of the time spent waiting for clips.
    """

    stage: int
    steps: int
    seconds_per_step: float
    megapixels_per_s: float
    waited: float


def stage_speeds(curves: TrainingCurves, recipe: Recipe) -> tuple[StageSpeed, ...]:
    """Return the speed of each stage that has started."""
    seconds, waited = step_times(curves)
    speeds = []
    for number in np.unique(curves.stage).tolist():
        of_stage = curves.stage == number
        timed = of_stage & np.isfinite(seconds)
        median = float(np.median(seconds[timed])) if timed.any() else float("nan")
        speeds.append(
            StageSpeed(
                stage=number,
                steps=int(of_stage.sum()),
                seconds_per_step=median,
                megapixels_per_s=megapixels(recipe, recipe.stages[number - 1]) / median,
                waited=share_waited(seconds[timed], waited[timed]),
            )
        )
    return tuple(speeds)


def step_times(curves: TrainingCurves) -> tuple[Values, Values]:
    """Return the duration of each step and its waiting time in seconds, ``(N,)``.

    NaN for the first step, which includes set-up, for steps that end with a validation, and for the step after one,
    which includes writing the report.
    """
    return _differences(curves.seconds, curves), _differences(curves.seconds_waited, curves)


def share_waited(seconds: Values, waited: Values) -> float:
    """Return the fraction of `seconds` that was `waited`; NaN for no time."""
    total = float(np.sum(seconds))
    return float(np.sum(waited)) / total if total > 0 else float("nan")


def megapixels(recipe: Recipe, stage: StageRecipe) -> float:
    """Return the number of pixels in the clips of a step, in millions."""
    frames = stage.batch_size * (stage.clip_frames or recipe.clips.length)
    return frames * recipe.clips.patch_px**2 / 1e6


def _differences(clock: Values, curves: TrainingCurves) -> Values:
    times = np.full(len(clock), np.nan)
    times[1:] = np.diff(clock)
    after: NDArray[np.bool_] = np.zeros(len(clock), bool)
    after[1:] = curves.validated[:-1]
    times[curves.validated | after] = np.nan
    return times
