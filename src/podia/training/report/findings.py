"""What a reader of the page should know before trusting the model, in plain words."""

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
from podia.training.report.training_curves import Course, Values
from podia.training.split import Split

_FEW_FRAMES = 10
"""Annotated frames that the recipe ``podia`` is made to start from."""
_FEW_VALIDATION_FRAMES = 5
_GAIN = 0.01
"""A score that rises by more than this over the last quarter of a training has not come to rest."""
_LOSS = 0.02
"""A score that falls by more than this, and stays below, falls for more than chance."""
_MOST_WAITED = 0.05
_LOW_SCORE = 0.5
"""The matching of SEG needs half of a cell; below this mean, a typical cell is not found."""
_TOUCHING = 0.25
"""Foreground this much better than cells: the outline is right, but not where one cell ends and the next begins."""
_SIZES_APART = 1.25


@dataclass(frozen=True)
class Situation:
    """All that findings are drawn from.

    `ended` is whether this call of the training is over, `unannotated_margin_px` how wide a margin of the frames has no
    annotated cell.
    """

    course: Course
    recipe: Recipe
    annotations: Annotations
    split: Split
    state: TrainingState
    ended: bool
    unannotated_margin_px: int | None = None

    @property
    def scores(self) -> tuple[Values, Values]:
        """Steps of validations, and the score that the best weights are chosen by."""
        values = self.course.score(self.recipe.validation.metric)
        defined = np.isfinite(values)
        return self.course.step[defined].astype(np.float64), values[defined]


def findings(situation: Situation) -> list[QualityWarning]:
    """Return what stands out, the most serious first."""
    checks = (_loss, _held_back, _frames, _margin, _score, _course_of_score, _sizes, _waiting, _end)
    found = [warning for check in checks for warning in check(situation)]
    order = ("problem", "check", "note")
    return sorted(found, key=lambda warning: order.index(warning.severity))


def _loss(situation: Situation) -> Iterator[QualityWarning]:
    undefined = ~np.isfinite(situation.course.loss)
    if undefined.any():
        first = int(situation.course.step[undefined][0])
        yield QualityWarning(
            "problem",
            f"The loss is not a number from step {first:,} on",
            "The weights grew without bound; the model cannot be used from there.",
            "Train again with a smaller stages.0.learning_rate, or with precision=32-true.",
        )


def _held_back(situation: Situation) -> Iterator[QualityWarning]:
    split = situation.split
    frames = sum(len(part.annotated_frames) for part in split.validation)
    if not split.validation:
        yield QualityWarning(
            "check",
            "Nothing was held back",
            "No score tells how good the model is, and model.safetensors holds the last weights, not the best.",
            "Set split.validation_fraction to 0.2, or evaluate the model on another annotated movie.",
        )
        return
    if split.kind == "frame":
        yield QualityWarning(
            "check",
            "Scores are flattering",
            "Validation frames were drawn at random, so that their neighbours in time were trained on.",
            "Set split.kind to movie or time.",
        )
    elif split.kind == "time":
        yield QualityWarning(
            "note",
            "Scores are of the same movies",
            "The end of each movie was held back. Another day, dish or microscope may give lower scores.",
            "Annotate a few frames of another movie, and train on both.",
        )
    if frames < _FEW_VALIDATION_FRAMES:
        yield QualityWarning(
            "note",
            f"Scores come from {count(frames, 'frame')}",
            "With so few, scores move by chance from one validation to the next.",
            "Trust the pictures below more than the numbers, or hold more back with split.validation_fraction.",
        )


def _frames(situation: Situation) -> Iterator[QualityWarning]:
    n_frames = sum(len(part.annotated_frames) for part in situation.split.train)
    if n_frames < _FEW_FRAMES:
        yield QualityWarning(
            "check",
            "Less than ten annotated frames",
            f"The network learned from {count(n_frames, 'annotated frame')}.",
            "Annotate ten or more, as different as they come: sparse and crowded, early and late, other movies.",
        )


def _margin(situation: Situation) -> Iterator[QualityWarning]:
    margin = situation.unannotated_margin_px
    if margin is not None and not situation.recipe.field_margin_px:
        yield QualityWarning(
            "check",
            "No cell is annotated near the border",
            f"All annotated cells reach at least {margin} px into the frame. Where others were left out, the network "
            "learns that they are background, and misses cells near the border.",
            f"Annotate them, or set field_margin_px to {margin}: background there is then not learned from.",
        )


def _score(situation: Situation) -> Iterator[QualityWarning]:
    course, state = situation.course, situation.state
    at_best = course.step == (state.best_step or -1)
    seg, jaccard = (
        float(values[at_best][-1]) if at_best.any() else np.nan for values in (course.seg, course.jaccard)
    )
    if seg == 0:
        yield QualityWarning(
            "problem",
            "No cell is found",
            "At no validation did one found cell cover half of an annotated one.",
            "Train longer; if the probability below shows cells, lower decode.min_area_px or decode.seed_threshold. If "
            "only some cells are drawn, set target.known_radius_px to 12.",
        )
    elif seg < _LOW_SCORE:
        yield QualityWarning(
            "check",
            "Many cells are not found",
            f"SEG is {number(seg)} at best: a typical cell is missed, or covered by less than half.",
            "Look at the pictures below: is the pixel size right, are labels complete? Where cells were left out, set "
            "target.known_radius_px to 12. Then train longer, or on more.",
        )
    if jaccard - seg > _TOUCHING:
        yield QualityWarning(
            "check",
            "Cells are merged or split",
            f"The foreground is found (Jaccard {number(jaccard)}), but single cells are not (SEG {number(seg)}).",
            "Annotate more cells that touch. If one label covers several cells, separate them.",
        )


def _course_of_score(situation: Situation) -> Iterator[QualityWarning]:
    steps, scores = situation.scores
    if len(scores) < 4:
        return
    metric, best = situation.recipe.validation.metric, int(np.argmax(scores))
    if len(scores) - best > 2 and (scores[best + 1 :] < scores[best] - _LOSS).all():
        yield QualityWarning(
            "note",
            f"The validation score falls since step {steps[best]:,.0f}: overfitting",
            f"{metric} was {number(float(scores[best]))} then and is {number(float(scores[-1]))} now: the network "
            f"learns its training frames by heart. model.safetensors holds the weights of the best step.",
            "More steps will not help; more annotated frames, or stronger clips.augmentation, will.",
        )
    earlier = scores[: -max(1, len(scores) // 4)]
    finished = situation.state.step >= situation.recipe.n_steps
    if finished and best == len(scores) - 1 and scores[best] - earlier.max() > _GAIN:
        yield QualityWarning(
            "note",
            "The validation score is still rising: train longer",
            f"{metric} rose from {number(float(earlier.max()))} to {number(float(scores[best]))} over the last "
            f"quarter of the training.",
            "Set stages.0.steps to twice as many, and train into another folder.",
        )


def _sizes(situation: Situation) -> Iterator[QualityWarning]:
    sizes = [movie.calibration.pixel_size_um for movie in situation.annotations.movies]
    known = [size for size in sizes if size is not None]
    target = situation.recipe.clips.target_pixel_size_um
    if target is None and known and max(known) > _SIZES_APART * min(known):
        yield QualityWarning(
            "check",
            "Pixel sizes differ",
            f"Pixels are {number(min(known))} to {number(max(known), 'µm')} large, so the same cell is small in one "
            f"movie and large in another.",
            "Set clips.target_pixel_size_um, to which all movies are then brought.",
        )
    if target is not None and len(known) < len(sizes):
        yield QualityWarning(
            "check",
            "Pixel sizes are unknown",
            f"{count(len(sizes) - len(known), 'movie')} could not be brought to {number(target, 'µm')} a pixel.",
            "Give --pixel-size-um, or pixel_size_um in the data list.",
        )


def _waiting(situation: Situation) -> Iterator[QualityWarning]:
    seconds, waited = step_times(situation.course)
    timed = np.isfinite(seconds)
    part = share_waited(seconds[timed], waited[timed])
    if part > _MOST_WAITED:
        yield QualityWarning(
            "note",
            f"Waiting for data {share(part)}",
            "Training stood still while clips were read and changed.",
            "Copy the data to a faster disk, or set clips.cache_mib higher so that decoded frames stay in memory.",
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
            f"{count(state.validations_without_gain, 'validation')} gave no better score.",
            "Nothing to do; validation.patience sets how many are waited for.",
        )
    else:
        first = min(recipe.validation.every_steps, recipe.n_steps)
        yield QualityWarning(
            "note",
            f"Stopped by the clock, after {done}",
            f"There is no model yet: the first validation is at step {first:,}."
            if state.best_step is None
            else "The model can be used, but it is not what the whole recipe gives.",
            "Give the same command again: it goes on from here.",
        )
