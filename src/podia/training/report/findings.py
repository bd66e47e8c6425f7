"""Findings of a training: problems that a user should know before trusting the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from podia.reporting.checks.warning import QualityWarning
from podia.reporting.wording import count, number, share
from podia.training.checkpoint import TrainingState
from podia.training.data.data_list import Annotations
from podia.training.recipe import Recipe
from podia.training.report.speed import share_waited, step_times
from podia.training.report.training_curves import TrainingCurves, Values
from podia.training.split import Split

_FEW_FRAMES = 10
"""Recommended minimum number of annotated frames for the recipe ``podia``."""
_FEW_VALIDATION_FRAMES = 5
_GAIN = 0.01
"""A score that rises by more than this over the last quarter of a training has not converged."""
_LOSS = 0.02
"""A score that drops by more than this, and stays below, indicates overfitting."""
_MAX_WAITED = 0.05
_LOW_SCORE = 0.5
"""SEG needs an overlap of half of a cell; below this mean, a typical cell is missed."""
_TOUCHING = 0.25
"""Difference of foreground and cell scores above which cells are merged or split."""
_SIZES_APART = 1.25


@dataclass(frozen=True)
class Situation:
    """Input of the findings.

    `ended` is whether this call of the training is over; `unannotated_margin_px` is the width of a margin without
    annotated cells.
    """

    curves: TrainingCurves
    recipe: Recipe
    annotations: Annotations
    split: Split
    state: TrainingState
    ended: bool
    unannotated_margin_px: int | None = None

    @property
    def scores(self) -> tuple[Values, Values]:
        """Steps of validations, and the score that selects the best weights."""
        values = self.curves.score(self.recipe.validation.metric)
        defined = np.isfinite(values)
        return self.curves.step[defined].astype(np.float64), values[defined]


def findings(situation: Situation) -> list[QualityWarning]:
    """Return the findings, the most serious first."""
    checks = (_loss, _held_back, _frames, _margin, _score, _score_trend, _sizes, _waiting, _end)
    found = [warning for check in checks for warning in check(situation)]
    order = ("problem", "check", "note")
    return sorted(found, key=lambda warning: order.index(warning.severity))


def _loss(situation: Situation) -> Iterator[QualityWarning]:
    undefined = ~np.isfinite(situation.curves.loss)
    if undefined.any():
        first = int(situation.curves.step[undefined][0])
        yield QualityWarning(
            "problem",
            f"The loss is not a number from step {first:,} on",
            "The training diverged; the model cannot be used from that step on.",
            "Train again with a smaller stages.0.learning_rate, or with precision=32-true.",
        )


def _held_back(situation: Situation) -> Iterator[QualityWarning]:
    split = situation.split
    frames = sum(len(part.annotated_frames) for part in split.validation)
    if not split.validation:
        yield QualityWarning(
            "check",
            "No validation data",
            "There is no score for the model, and model.safetensors contains the last weights, not the best.",
            "Set split.validation_fraction to 0.2, or evaluate the model on another annotated movie.",
        )
        return
    if split.kind == "frame":
        yield QualityWarning(
            "check",
            "Scores are optimistic",
            "Validation frames were drawn at random, so the model was trained on their neighbours in time.",
            "Set split.kind to movie or time.",
        )
    elif split.kind == "time":
        yield QualityWarning(
            "note",
            "Validation uses the training movies",
            "The end of each movie was held out. Another day, dish or microscope may give lower scores.",
            "Annotate a few frames of another movie, and train on both.",
        )
    if frames < _FEW_VALIDATION_FRAMES:
        yield QualityWarning(
            "note",
            f"Scores are from only {count(frames, 'frame')}",
            "With so few frames, scores fluctuate between validations.",
            "Trust the images below more than the scores, or hold out more data with split.validation_fraction.",
        )


def _frames(situation: Situation) -> Iterator[QualityWarning]:
    n_frames = sum(len(part.annotated_frames) for part in situation.split.train)
    if n_frames < _FEW_FRAMES:
        yield QualityWarning(
            "check",
            "Fewer than ten annotated frames",
            f"The network learned from {count(n_frames, 'annotated frame')}.",
            "Annotate at least ten different frames: sparse and crowded, early and late, from several movies.",
        )


def _margin(situation: Situation) -> Iterator[QualityWarning]:
    margin = situation.unannotated_margin_px
    if margin is not None and not situation.recipe.field_margin_px:
        yield QualityWarning(
            "check",
            "No cell is annotated near the border",
            f"All annotated cells reach at least {margin} px into the frame. If cells near the border "
            "were not annotated, the network learns that they are background, and misses them.",
            f"Annotate them, or set field_margin_px to {margin} to ignore background there.",
        )


def _score(situation: Situation) -> Iterator[QualityWarning]:
    curves, state = situation.curves, situation.state
    at_best = curves.step == (state.best_step or -1)
    seg, jaccard = (
        float(values[at_best][-1]) if at_best.any() else np.nan for values in (curves.seg, curves.jaccard)
    )
    if seg == 0:
        yield QualityWarning(
            "problem",
            "No cell is detected",
            "In no validation did a detected cell cover half of an annotated one.",
            "Train longer. If the probability below shows cells, lower decode.min_area_px or decode.seed_threshold. If "
            "only some cells are annotated, set target.ignore_beyond_px to 12.",
        )
    elif seg < _LOW_SCORE:
        yield QualityWarning(
            "check",
            "Many cells are missed",
            f"The best SEG is {number(seg)}: a typical cell is missed, or less than half of it is covered.",
            "Check the images below, the pixel size and that the labels are complete. If cells are not annotated, set "
            "target.ignore_beyond_px to 12. Then train longer, or on more frames.",
        )
    if jaccard - seg > _TOUCHING:
        yield QualityWarning(
            "check",
            "Cells are merged or split",
            f"The foreground is correct (Jaccard {number(jaccard)}), but single cells are not (SEG {number(seg)}).",
            "Annotate more touching cells. If one label covers several cells, separate them.",
        )


def _score_trend(situation: Situation) -> Iterator[QualityWarning]:
    steps, scores = situation.scores
    if len(scores) < 4:
        return
    metric, best = situation.recipe.validation.metric, int(np.argmax(scores))
    if len(scores) - best > 2 and (scores[best + 1 :] < scores[best] - _LOSS).all():
        yield QualityWarning(
            "note",
            f"Overfitting: the validation score decreases since step {steps[best]:,.0f}",
            f"{metric} was {number(float(scores[best]))} then and is {number(float(scores[-1]))} now: the network "
            f"overfits the training frames. model.safetensors contains the weights of the best step.",
            "Annotate more frames, or use stronger clips.augmentation. More steps will not help.",
        )
    earlier = scores[: -max(1, len(scores) // 4)]
    finished = situation.state.step >= situation.recipe.n_steps
    if finished and best == len(scores) - 1 and scores[best] - earlier.max() > _GAIN:
        yield QualityWarning(
            "note",
            "The validation score is still rising: train longer",
            f"{metric} rose from {number(float(earlier.max()))} to {number(float(scores[best]))} over the last "
            f"quarter of the training.",
            "Double stages.0.steps, and train into another folder.",
        )


def _sizes(situation: Situation) -> Iterator[QualityWarning]:
    sizes = [movie.calibration.pixel_size_um for movie in situation.annotations.movies]
    known = [size for size in sizes if size is not None]
    target = situation.recipe.clips.target_pixel_size_um
    if target is None and known and max(known) > _SIZES_APART * min(known):
        yield QualityWarning(
            "check",
            "Pixel sizes differ",
            f"Pixel sizes range from {number(min(known))} to {number(max(known), 'µm')}, so cells differ in size in "
            f"pixels between movies.",
            "Set clips.target_pixel_size_um to rescale all movies to one pixel size.",
        )
    if target is not None and len(known) < len(sizes):
        yield QualityWarning(
            "check",
            "Pixel sizes are unknown",
            f"{count(len(sizes) - len(known), 'movie')} could not be rescaled to {number(target, 'µm')} per pixel.",
            "Give --pixel-size-um, or pixel_size_um in the data list.",
        )


def _waiting(situation: Situation) -> Iterator[QualityWarning]:
    seconds, waited = step_times(situation.curves)
    timed = np.isfinite(seconds)
    part = share_waited(seconds[timed], waited[timed])
    if part > _MAX_WAITED:
        yield QualityWarning(
            "note",
            f"Waiting for data {share(part)}",
            "Training paused while clips were read and augmented.",
            "Copy the data to a faster disk, or increase clips.cache_mib to keep decoded frames in memory.",
        )


def _end(situation: Situation) -> Iterator[QualityWarning]:
    state, recipe = situation.state, situation.recipe
    if not situation.ended or state.step >= recipe.n_steps:
        return
    done = f"{state.step:,} of {recipe.n_steps:,} steps"
    patience = recipe.validation.patience
    if patience is not None and state.validations_without_gain >= patience:
        yield QualityWarning(
            "note",
            f"Stopped early, after {done}",
            f"{count(state.validations_without_gain, 'validation')} without improvement.",
            "No action is needed. validation.patience sets this number.",
        )
    else:
        first = min(recipe.validation.every_steps, recipe.n_steps)
        yield QualityWarning(
            "note",
            f"Time limit reached after {done}",
            f"There is no model yet: the first validation is at step {first:,}."
            if state.best_step is None
            else "The model can be used, but the recipe is not complete.",
            "Run the same command again to resume.",
        )
