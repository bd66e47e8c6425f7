"""``report.html`` of a training: a self-contained file, written at every validation and at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from podia.evaluation.pictures import FOUND_COLOUR, TRUE_COLOUR
from podia.networks.card import read_card
from podia.networks.outputs.base import Output
from podia.reporting.key_numbers import KeyNumber
from podia.reporting.method import OutputFile, settings
from podia.reporting.page import write_page
from podia.reporting.wording import NOT_DEFINED, count, elapsed, number, share
from podia.training.checkpoint import TrainingState
from podia.training.data.data_list import Annotations
from podia.training.history import read_history
from podia.training.recipe import Recipe, StageRecipe
from podia.training.report.curves import curves_section
from podia.training.report.data_sets import DataSet, data_sets
from podia.training.report.findings import Situation, findings
from podia.training.report.pictures import Gallery, read_pictures, write_pictures
from podia.training.report.speed import StageSpeed, share_waited, stage_speeds, step_times
from podia.training.report.training_curves import TrainingCurves
from podia.training.report.unannotated_margin import unannotated_margin_px
from podia.training.split import Split
from podia.version import __version__

_FILES = {
    "model.safetensors": "Best weights with the model card; use with podia run --model.",
    "last.safetensors": "Weights of the last step.",
    "history.csv": "Loss, learning rate, scores and times; one row per step.",
    "checkpoint.safetensors": "State to resume the training; may be deleted when it is finished.",
    "tensorboard": "Training curves for TensorBoard.",
}


@dataclass(frozen=True)
class TrainingFacts:
    """Facts of a training that are known before its first step.

    Parameters
    ----------
    name Name of the model. recipe, annotations, split
        Recipe, training data and validation split.
    head
        Output of the network.
    n_parameters
        Number of parameters of the network.
    initial_weights
        Description of the initial weights.
    device
        Description of the device.
    """

    name: str
    recipe: Recipe
    annotations: Annotations
    split: Split
    head: Output[Any, Any]
    n_parameters: int
    initial_weights: str
    device: str


@dataclass
class TrainingReport:
    """Writer of ``report.html`` in the folder of a training, from its history and files.

    Parameters
    ----------
    folder
        Folder of the training.
    facts
        Facts known before the first step.
    """

    folder: Path
    facts: TrainingFacts
    _gallery: Gallery | None = None

    def new_gallery(self) -> Gallery:
        """Return a collector for the frames of a validation."""
        self._gallery = Gallery(self.facts.head, self.facts.recipe.validation.metric)
        return self._gallery

    def write(self, state: TrainingState, *, ended: bool = False) -> Path:
        """Write the page for `state` and return its path; nothing is written before the first step.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        pictures_path = self.folder / "predictions.json"
        if self._gallery is not None and state.best_step == state.step:
            write_pictures(self._gallery.pictures(), state.step, pictures_path)
        self._gallery = None
        facts, recipe = self.facts, self.facts.recipe
        curves = TrainingCurves.of(read_history(self.folder / "history.csv"))
        speeds = stage_speeds(curves, recipe)
        return write_page(
            "training.html.j2",
            self.folder / "report.html",
            package="podia.training.report",
            name=facts.name,
            version=__version__,
            facts=_header(facts, state),
            tiles=_tiles(facts, curves, state, speeds),
            warnings=findings(
                Situation(
                    curves, recipe, facts.annotations, facts.split, state, ended, self._unannotated_margin
                )
            ),
            about=_about(facts),
            data=self._data_sets,
            note=facts.split.note,
            curves=curves_section(curves, recipe, state.best_step),
            speeds=[_speed_row(speed) for speed in speeds],
            pictures=read_pictures(pictures_path, state.best_step),
            best_step=state.best_step,
            colours={name: "rgb({}, {}, {})".format(*rgb) for name, rgb in _COLOURS.items()},
            card=_card(self.folder / "model.safetensors"),
            files=[OutputFile(name, text) for name, text in _FILES.items() if (self.folder / name).exists()],
            settings=settings(_settings(recipe)),
            number=number,
        )

    @cached_property
    def _data_sets(self) -> list[DataSet]:
        return data_sets(self.facts.annotations, self.facts.split)

    @cached_property
    def _unannotated_margin(self) -> int | None:
        return unannotated_margin_px(self.facts.annotations.movies)


_COLOURS = {"truth": TRUE_COLOUR, "found": FOUND_COLOUR}


def _header(facts: TrainingFacts, state: TrainingState) -> list[str]:
    recipe = facts.recipe
    return [
        f"{state.step:,} of {recipe.n_steps:,} steps",
        f"in {elapsed(state.seconds)}",
        f"network {recipe.architecture}, {facts.n_parameters:,} parameters",
        f"{facts.device}, {recipe.precision}",
    ]


def _tiles(
    facts: TrainingFacts, curves: TrainingCurves, state: TrainingState, speeds: tuple[StageSpeed, ...]
) -> list[KeyNumber]:
    at_best = curves.step == state.best_step
    frames = sum(len(part.annotated_frames) for part in facts.split.validation)
    shown = count(min(frames, facts.recipe.validation.max_frames), "validation frame")
    seconds, waited = step_times(curves)
    timed = np.isfinite(seconds)
    pace = speeds[-1] if speeds else None
    return [
        *(
            KeyNumber(
                f"{name}, best step",
                number(float(values[at_best][-1]) if at_best.any() else None),
                f"on {shown}",
            )
            for name, values in curves.scores(facts.recipe.validation.metric).items()
        ),
        KeyNumber(
            "best step",
            NOT_DEFINED if state.best_step is None else f"{state.best_step:,}",
            f"by {facts.recipe.validation.metric}; its weights are model.safetensors",
        ),
        KeyNumber(
            "per step", number(None if pace is None else pace.seconds_per_step), "median of the stage", "s"
        ),
        KeyNumber(
            "training speed",
            number(None if pace is None else pace.megapixels_per_s),
            "frames × patch, per second",
            "Mpx/s",
        ),
        KeyNumber(
            "waiting for data",
            share(share_waited(seconds[timed], waited[timed])),
            "of the time; aim: below 5 %",
        ),
    ]


def _about(facts: TrainingFacts) -> list[tuple[str, str]]:
    """Return a description of network, data and schedule."""
    recipe = facts.recipe
    head = facts.head
    target = recipe.clips.target_pixel_size_um
    rows = [
        ("Recipe", f"{recipe.name}: {recipe.summary}" if recipe.summary else recipe.name),
        ("Network", f"{recipe.architecture}, {count(facts.n_parameters, 'parameter')}"),
        ("Predicts", f"{', '.join(head.channels)}. {head.meaning}"),
        ("Initial weights", facts.initial_weights),
        ("Validation data", facts.split.note),
        ("Validation", _validation_text(recipe)),
        ("Pixels", "not rescaled" if target is None else f"rescaled to {number(target, 'µm')}"),
        ("Device", f"{facts.device}, {recipe.precision}"),
    ]
    rows += [(f"Stage {i}", _stage(recipe, stage)) for i, stage in enumerate(recipe.stages, start=1)]
    return rows


def _validation_text(recipe: Recipe) -> str:
    settings = recipe.validation
    words = f"{settings.metric} every {count(settings.every_steps, 'step')} on at most {settings.max_frames} frames"
    if settings.patience is None:
        return f"{words}."
    return f"{words}; stops after {count(settings.patience, 'validation')} without improvement."


def _stage(recipe: Recipe, stage: StageRecipe) -> str:
    length, patch = stage.clip_frames or recipe.clips.length, recipe.clips.patch_px
    frozen = "; encoder frozen" if stage.freeze_encoder else ""
    return (
        f"{count(stage.steps, 'step')} of {count(stage.batch_size, 'clip')} of {count(length, 'frame')} of "
        f"{patch} × {patch} px; {stage.optimiser}, learning rate {number(stage.learning_rate)}, "
        f"{stage.schedule}{frozen}."
    )


def _speed_row(speed: StageSpeed) -> tuple[str, ...]:
    return (
        f"{speed.stage}",
        f"{speed.steps:,}",
        number(speed.seconds_per_step, "s"),
        number(speed.megapixels_per_s),
        share(speed.waited),
    )


def _card(path: Path) -> list[tuple[str, str]]:
    """Return the model card of the best weights as rows; empty before there are any."""
    if not path.is_file():
        return []
    card = read_card(path)
    interval = card.frame_interval_s
    return [
        ("Name", card.name),
        ("Architecture", card.architecture),
        ("Pixel size", "unknown" if card.pixel_size_um is None else number(card.pixel_size_um, "µm")),
        ("Frame interval", "unknown" if interval is None else elapsed(interval)),
        ("Scores", ", ".join(f"{name} {number(value)}" for name, value in card.scores.items()) or "none"),
        ("Trained on", "; ".join(f"{data.name} ({data.licence})" for data in card.data)),
        ("Limits", card.limits or "not stated"),
        ("Licence", card.licence or "not stated"),
        ("podia", card.podia),
    ]


def _settings(recipe: Recipe) -> Mapping[str, Any]:
    """Return the recipe as tables, with the setting names of ``--set``."""
    values = recipe.model_dump(mode="json")
    values["stages"] = {str(number): stage for number, stage in enumerate(values["stages"])}
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    nested = {name: {name: value} for name, value in values.items() if isinstance(value, Mapping) and value}
    return {"general": plain, **nested}
