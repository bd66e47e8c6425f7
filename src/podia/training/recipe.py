"""Recipes: everything that decides what a training gives, in one TOML file of under 40 lines."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, SerializeAsAny, model_validator

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError, nearest_name_hint
from podia.measurement.config import ProtrusionConfig
from podia.networks.models.registry import find_architecture
from podia.networks.outputs.base import DecodeConfig, Output, TargetConfig
from podia.networks.outputs.registry import find_output
from podia.training.clips.config import ClipConfig
from podia.training.losses.registry import LossConfig, find_loss, parse_loss
from podia.training.split import SplitConfig

Metric = Literal["SEG", "Jaccard", "F"]
"""Scores of a validation."""
METRICS: tuple[Metric, ...] = get_args(Metric)


class StageRecipe(FrozenConfig):
    """One stage of a training: a number of steps under one optimiser."""

    steps: int = Field(ge=1, description="Optimiser steps.")
    batch_size: int = Field(2, ge=1, description="Clips a step, on each device.")
    clip_frames: int | None = Field(
        None, ge=1, description="Frames a clip, where it differs from clips.length."
    )
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate, at its highest.")
    optimiser: Literal["adam", "adamw", "rmsprop", "sgd"] = Field("adam", description="Optimiser.")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum, of sgd alone.")
    schedule: Literal["constant", "cosine", "step"] = Field(
        "constant",
        description="Course of the learning rate: constant, down along a cosine, or x0.1 each third.",
    )
    warm_up_steps: int = Field(0, ge=0, description="Steps over which the learning rate rises from 0.")
    freeze_encoder: bool = Field(
        False,
        description="Freeze the pretrained encoder, including its batch-norm statistics.",
    )
    max_gradient_norm: float | None = Field(
        None, gt=0, description="Gradients longer than this are shortened."
    )


class ValidationRecipe(FrozenConfig):
    """How a training is watched."""

    every_steps: int = Field(200, ge=1, description="Steps between validations.")
    max_frames: int = Field(24, ge=1, description="Annotated frames that are looked at, spread evenly.")
    context_frames: int = Field(
        4,
        ge=0,
        description="Frames before an annotated one that a network with a memory sees. Those "
        "before the movie's first are the frames after it, in reverse, as in podia run.",
    )
    metric: Metric = Field(
        "SEG", description="Score that the best weights are chosen by; F is of positions, for points."
    )
    cut_off_px: float = Field(
        70.0,
        gt=0,
        description="For F: maximum distance between a detection and its cell, px of the movie.",
    )
    choose_threshold: bool = Field(
        False,
        description="Heads with spots: whether decode.spot_threshold is replaced by the one of the best F on the "
        "validation frames: how high spots come out depends on how long was trained, and how much annotated.",
    )
    patience: int | None = Field(
        None,
        ge=1,
        description="Validations of a stage without a better score after which the next stage begins, or training "
        "stops; null: never.",
    )


class SelfTrainingRecipe(FrozenConfig):
    """What a round of training adds from the round before; distances in px of the movie."""

    use: Literal["annotation", "ignore"] = Field(
        "annotation",
        description="Whether sure detections that nobody annotated become annotation (where that is points), or are "
        "left out, neither cell nor background.",
    )
    confidence: float = Field(0.7, gt=0, description="Score from which on a detection is sure.")
    away_px: float = Field(
        10.0, ge=0, description="A detection nearer than this to an annotated cell is that cell, px."
    )
    ignore_radius_px: float = Field(10.0, gt=0, description="Radius of what is left out for a detection, px.")
    min_frames: int = Field(
        3,
        ge=1,
        description="Frames in a row through which a detection must be seen, where there are so many.",
    )
    max_step_px: float = Field(15.0, gt=0, description="Furthest that a cell moves from frame to frame, px.")


class Recipe(FrozenConfig):
    """A training, from the architecture to the last step."""

    name: str = Field(description="Name of the recipe, and of the model that it makes.")
    summary: str = Field("", description="What it is for, in a line.")
    licence: str = Field(
        "", description="Licence that you give the weights, for the model's card; empty: not stated."
    )
    architecture: str = Field(description="Name in the registry; 'podia models list' shows all.")
    network: dict[str, Any] = Field(default_factory=dict, description="Settings of the architecture.")
    initial_weights: str = Field(
        "none",
        description="Where training starts: none, imagenet (the encoder alone), a shipped model's name, or a file: a "
        "model's, or an encoder's weights.",
    )
    seed: int = Field(0, ge=0, description="Seed of initial weights, of clips, and of dropout.")
    precision: Literal["32-true", "bf16-mixed"] = Field("32-true", description="Arithmetic.")
    truncated_backpropagation: bool = Field(
        False,
        description="Carry the state from clip to clip through a sequence, without gradients across clips.",
    )
    clips: ClipConfig = Field(default_factory=ClipConfig, description="What the network is shown.")
    windows_per_sequence: int = Field(
        8, ge=2, description="Clips of a sequence before the state starts afresh (truncated_backpropagation)."
    )
    field_margin_px: int = Field(
        0,
        ge=0,
        description="The annotation leaves out cells that lie wholly within this distance of the frame's border, px of "
        "the movie (the Cell Tracking Challenge's field of interest): background there is unlabelled.",
    )
    target: SerializeAsAny[TargetConfig] = Field(
        description="How labels become targets; settings of the head."
    )
    protrusions: ProtrusionConfig = Field(
        default_factory=ProtrusionConfig,
        description="Which ends of labelled cells are protrusion tips, for networks that learn them (network.tips).",
    )
    loss: SerializeAsAny[LossConfig] = Field(
        description="What is minimised; without loss.name, the default loss of the head."
    )
    split: SplitConfig = Field(default_factory=SplitConfig, description="What is kept for validation.")
    stages: tuple[StageRecipe, ...] = Field(min_length=1, description="One after the other.")
    validation: ValidationRecipe = Field(default_factory=ValidationRecipe, description="How it is watched.")
    self_training: SelfTrainingRecipe = Field(
        default_factory=SelfTrainingRecipe, description="What training in rounds (--rounds) adds."
    )
    decode: SerializeAsAny[DecodeConfig] = Field(
        description="From predictions to cells; settings of the head."
    )

    @model_validator(mode="before")
    @classmethod
    def _settings_of_head(cls, values: Any) -> Any:
        """Read target, loss and decode settings as those of the network's head."""
        if not isinstance(values, dict) or not isinstance(values.get("architecture"), str):
            return values
        network = values.get("network", {})
        head = find_architecture(values["architecture"]).configure(network).head
        given = {key: values.get(key, {}) for key in ("target", "loss", "decode")}
        if isinstance(given["decode"], dict):
            written_for = given["decode"].get("head", head.name)
            if written_for != head.name:
                given = _carried_over(given, find_output(written_for).parse({}), head)
        return values | {
            key: _parse_for(head, key, value) if isinstance(value, dict) else value
            for key, value in given.items()
        }

    @model_validator(mode="after")
    def _window_fits(self) -> Self:
        if self.truncated_backpropagation and any(stage.clip_frames == 1 for stage in self.stages):
            raise ValueError("truncated_backpropagation needs clips of at least 2 frames")
        return self

    def as_written(self) -> dict[str, Any]:
        """Return the values that settings replace; defaults that belong to the head are left out.

        The head of the decode settings is kept, so that they are known to be another head's when it is replaced.
        """
        written = {
            key: getattr(self, key).model_dump(exclude_unset=True) for key in ("target", "loss", "decode")
        }
        written["decode"]["head"] = self.decode.head
        return self.model_dump() | written

    @property
    def n_steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)


RecipeGroup = Literal["recommended", "data sets", "published"]
"""Recipes to start from, those of single data sets, and faithful reproductions of published systems."""
_FOLDERS: dict[RecipeGroup, str] = {"recommended": "", "data sets": "data_sets", "published": "published"}
_FIRST = ("podia", "points", "points-and-masks", "unet")
"""Order in which the recommended recipes are listed; others follow by name."""


def recipe_groups() -> dict[RecipeGroup, tuple[str, ...]]:
    """Return the names of the recipes in the package by group, the default recipe first."""
    return {group: tuple(sorted(_files(group), key=_order)) for group in _FOLDERS}


def shipped_recipes() -> tuple[str, ...]:
    """Return the names of all recipes in the package, the default one first."""
    return tuple(name for names in recipe_groups().values() for name in names)


def _order(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _files(group: RecipeGroup) -> dict[str, Traversable]:
    folder = files("podia.training").joinpath("recipes", _FOLDERS[group])
    return {item.name.removesuffix(".toml"): item for item in folder.iterdir() if item.name.endswith(".toml")}


def load_recipe(recipe: str | Path) -> Recipe:
    """Return a shipped recipe by its name, or the one in a TOML file.

    Raises
    ------
    ConfigurationError
        If there is none of that name, or it holds an unknown or impossible setting.
    """
    path = Path(recipe)
    if path.suffix == ".toml":
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"Cannot read the recipe '{path}': {error.strerror}.") from None
    else:
        text = _read_shipped(str(recipe))
    try:
        return Recipe.parse(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The recipe '{recipe}' is not valid TOML: {error}.") from None


def _read_shipped(name: str) -> str:
    for group in _FOLDERS:
        if name in (found := _files(group)):
            return found[name].read_text(encoding="utf-8")
    recommended = ", ".join(recipe_groups()["recommended"])
    raise ConfigurationError(
        f"There is no recipe '{name}'.{nearest_name_hint(name, shipped_recipes())} Give one of {recommended}, "
        f"another name from 'podia train --list --all', or a file that ends in .toml."
    )


def _parse_for(head: Output[Any, Any], section: str, values: dict[str, Any]) -> FrozenConfig:
    if section == "loss":
        return parse_loss(values, head)
    return (head.target_config if section == "target" else head.decode_config).parse(values, section=section)


def _carried_over(
    given: dict[str, dict[str, Any]], old: Output[Any, Any], new: Output[Any, Any]
) -> dict[str, dict[str, Any]]:
    """Return settings that were written for the head `old` without those that `new` does not have."""
    name = given["loss"].get("name")
    classes: dict[str, tuple[type[FrozenConfig], type[FrozenConfig]]] = {
        "target": (old.target_config, new.target_config),
        "decode": (old.decode_config, new.decode_config),
        "loss": (find_loss(name if name in old.losses else None, old), find_loss(name, new)),
    }
    return {
        key: {
            setting: value
            for setting, value in given[key].items()
            if setting != "head" and (setting in now.model_fields or setting not in before.model_fields)
        }
        for key, (before, now) in classes.items()
    }
