"""Recipes: all settings of a training, in a TOML file of less than 40 lines."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, SerializeAsAny, model_validator

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError, nearest_name_hint
from podia.files.settings_file import read_settings
from podia.measurement.config import ProtrusionConfig
from podia.networks.models.registry import find_architecture
from podia.networks.outputs.base import DecodeConfig, Output, TargetConfig
from podia.networks.outputs.registry import find_output
from podia.training.clips.config import ClipConfig
from podia.training.losses.registry import LOSSES, LossConfig, find_loss, parse_loss
from podia.training.split import SplitConfig

Metric = Literal["SEG", "Jaccard", "F"]
"""Names of validation scores."""
METRICS: tuple[Metric, ...] = get_args(Metric)


class StageRecipe(FrozenConfig):
    """Training stage: a number of steps with one optimiser."""

    steps: int = Field(ge=1, description="Optimiser steps.")
    batch_size: int = Field(2, ge=1, description="Clips per step and device.")
    clip_frames: int | None = Field(None, ge=1, description="Frames per clip. Default: clips.length.")
    learning_rate: float = Field(1e-3, gt=0, description="Maximum learning rate.")
    optimiser: Literal["adam", "adamw", "rmsprop", "sgd"] = Field("adam", description="Optimiser.")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum (sgd only).")
    schedule: Literal["constant", "cosine", "step"] = Field(
        "constant",
        description="Learning-rate schedule: constant, cosine decay, or x0.1 after each third of the steps.",
    )
    warm_up_steps: int = Field(0, ge=0, description="Steps of linear warm-up of the learning rate.")
    freeze_encoder: bool = Field(
        False,
        description="Freeze the pretrained encoder, including its batch-norm statistics.",
    )
    max_gradient_norm: float | None = Field(None, gt=0, description="Clip gradients to this norm.")


class ValidationRecipe(FrozenConfig):
    """Validation during training."""

    every_steps: int = Field(200, ge=1, description="Steps between validations.")
    max_frames: int = Field(
        24, ge=1, description="Maximum number of annotated frames to score, evenly spread."
    )
    context_frames: int = Field(
        4,
        ge=0,
        description="Frames that a recurrent network sees before each annotated frame. Before the first frame of the "
        "movie, the frames after it are used in reverse, as in podia run.",
    )
    metric: Metric = Field(
        "SEG", description="Score that selects the best weights. F scores positions, for point annotation."
    )
    cut_off_px: float = Field(
        70.0,
        gt=0,
        description="For F: maximum distance between a detection and its cell, px of the movie.",
    )
    choose_threshold: bool = Field(
        False,
        description="Heads with spots: choose decode.spot_threshold by the best F on the validation frames. The "
        "height of spots depends on the length of the training and the amount of annotation.",
    )
    patience: int | None = Field(
        None,
        ge=1,
        description="Early stopping: number of validations without improvement before the next stage, or the end. "
        "Default: never.",
    )


class SelfTrainingRecipe(FrozenConfig):
    """Settings of the pseudo-labels added by a self-training round; distances in px of the movie."""

    use: Literal["annotation", "ignore"] = Field(
        "annotation",
        description="Confident detections without annotation become pseudo-labels (annotation; points only), or are "
        "ignored in the loss (ignore).",
    )
    confidence: float = Field(0.7, gt=0, description="Minimum score of a confident detection.")
    away_px: float = Field(
        10.0, ge=0, description="Minimum distance of a new detection from annotated cells, px."
    )
    ignore_radius_px: float = Field(
        10.0, gt=0, description="Radius of the ignored region around a detection, px."
    )
    min_frames: int = Field(
        3,
        ge=1,
        description="Number of consecutive frames in which a detection must be found, if there are that many.",
    )
    max_step_px: float = Field(15.0, gt=0, description="Maximum displacement of a cell between frames, px.")


class Recipe(FrozenConfig):
    """Settings of a training."""

    name: str = Field(description="Name of the recipe.")
    summary: str = Field("", description="Purpose, in one line.")
    licence: str = Field("", description="Licence of the trained weights, for the model card.")
    architecture: str = Field(description="Network architecture; see 'podia models list --all'.")
    network: dict[str, Any] = Field(default_factory=dict, description="Settings of the architecture.")
    initial_weights: str = Field(
        "none",
        description="Initial weights: none (random), imagenet (encoder only), the name of an included model, or a "
        "file (a model, or encoder weights).",
    )
    seed: int = Field(0, ge=0, description="Random seed of initial weights, clips and dropout.")
    precision: Literal["32-true", "bf16-mixed"] = Field("32-true", description="Numerical precision.")
    truncated_backpropagation: bool = Field(
        False,
        description="Carry the state from clip to clip through a sequence, without gradients across clips.",
    )
    clips: ClipConfig = Field(default_factory=ClipConfig, description="Sampling and augmentation of clips.")
    windows_per_sequence: int = Field(
        8, ge=2, description="Clips per sequence before the state is reset (truncated_backpropagation)."
    )
    field_margin_px: int = Field(
        0,
        ge=0,
        description="Width of the border in which cells are not annotated, px of the movie (field of interest of the "
        "Cell Tracking Challenge). Background there is treated as unlabelled.",
    )
    target: SerializeAsAny[TargetConfig] = Field(description="Training targets; settings of the output head.")
    protrusions: ProtrusionConfig = Field(
        default_factory=ProtrusionConfig,
        description="Detection of protrusion tips in labels, for networks with a tip output (network.tips).",
    )
    loss: SerializeAsAny[LossConfig] = Field(description="Loss function. Default: that of the output head.")
    split: SplitConfig = Field(default_factory=SplitConfig, description="Split into training and validation.")
    stages: tuple[StageRecipe, ...] = Field(min_length=1, description="Training stages, in order.")
    validation: ValidationRecipe = Field(
        default_factory=ValidationRecipe, description="Validation during training."
    )
    self_training: SelfTrainingRecipe = Field(
        default_factory=SelfTrainingRecipe, description="Self-training (--rounds)."
    )
    decode: SerializeAsAny[DecodeConfig] = Field(
        description="Decoding of predictions to cells; settings of the output head."
    )

    @model_validator(mode="before")
    @classmethod
    def _settings_of_head(cls, values: Any) -> Any:
        """Parse target, loss and decode settings for the network's head."""
        if not isinstance(values, dict) or not isinstance(values.get("architecture"), str):
            return values
        network = values.get("network", {})
        head = find_architecture(values["architecture"]).configure(network).head
        settings = {key: values.get(key, {}) for key in ("target", "loss", "decode")}
        if isinstance(settings["decode"], dict):
            written_for = settings["decode"].get("head", head.name)
            if written_for != head.name:
                settings = _carried_over(settings, find_output(written_for).parse({}), head)
        return values | {
            key: _parse_for(head, key, value) if isinstance(value, dict) else value
            for key, value in settings.items()
        }

    @model_validator(mode="after")
    def _window_fits(self) -> Self:
        if self.truncated_backpropagation and any(stage.clip_frames == 1 for stage in self.stages):
            raise ValueError("truncated_backpropagation requires clips of at least 2 frames")
        return self

    def as_written(self) -> dict[str, Any]:
        """Return the values that settings can replace, without defaults that depend on the head.

        The head of the decode settings is kept, so that settings of another head are recognised after it is replaced.
        """
        written = {
            key: getattr(self, key).model_dump(exclude_unset=True) for key in ("target", "loss", "decode")
        }
        written["decode"]["head"] = self.decode.head
        return self.model_dump() | written

    @property
    def n_steps(self) -> int:
        """Number of steps of all stages."""
        return sum(stage.steps for stage in self.stages)


RecipeGroup = Literal["recommended", "data sets", "published"]
"""Groups of recipes: recommended ones, those for single data sets, and reproductions of published systems."""
_FOLDERS: dict[RecipeGroup, str] = {"recommended": "", "data sets": "data_sets", "published": "published"}
_FIRST = ("podia", "points", "points-and-masks", "unet")
"""Order of the recommended recipes in lists; others follow by name."""


def recipe_groups() -> dict[RecipeGroup, tuple[str, ...]]:
    """Return the names of the included recipes by group, the default recipe first."""
    return {group: tuple(sorted(_files(group), key=_order)) for group in _FOLDERS}


def shipped_recipes() -> tuple[str, ...]:
    """Return the names of all included recipes, the default one first."""
    return tuple(name for names in recipe_groups().values() for name in names)


def _order(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _files(group: RecipeGroup) -> dict[str, Traversable]:
    folder = files("podia.training").joinpath("recipes", _FOLDERS[group])
    return {item.name.removesuffix(".toml"): item for item in folder.iterdir() if item.name.endswith(".toml")}


def load_recipe(recipe: str | Path) -> Recipe:
    """Load an included recipe by name, or a recipe from a TOML file.

    Raises
    ------
    ConfigurationError
        If there is no such recipe, or it contains an unknown or invalid setting.
    """
    path = Path(recipe)
    if path.suffix == ".toml":
        return Recipe.parse(read_settings(path, "recipe"))
    return Recipe.parse(tomllib.loads(_read_shipped(str(recipe))))


def _read_shipped(name: str) -> str:
    for group in _FOLDERS:
        if name in (found := _files(group)):
            return found[name].read_text(encoding="utf-8")
    recommended = ", ".join(recipe_groups()["recommended"])
    raise ConfigurationError(
        f"There is no recipe '{name}'.{nearest_name_hint(name, shipped_recipes())} Use one of "
        f"{recommended}, another name from 'podia train --list --all', or a file that ends in .toml."
    )


def _parse_for(head: Output[Any, Any], section: str, values: dict[str, Any]) -> FrozenConfig:
    if section == "loss":
        return parse_loss(values, head)
    return (head.target_config if section == "target" else head.decode_config).parse(values, section=section)


def _carried_over(
    settings: dict[str, dict[str, Any]], old: Output[Any, Any], new: Output[Any, Any]
) -> dict[str, dict[str, Any]]:
    """Return settings for the head `old` without those that `new` does not have."""
    loss = find_loss(settings["loss"].get("name"), new)
    fields = {
        "target": (set(old.target_config.model_fields), set(new.target_config.model_fields)),
        "decode": (set(old.decode_config.model_fields), set(new.decode_config.model_fields)),
        "loss": ({name for other in LOSSES.values() for name in other.model_fields}, set(loss.model_fields)),
    }
    return {
        key: {
            name: value
            for name, value in settings[key].items()
            if name != "head" and (name in now or name not in before)
        }
        for key, (before, now) in fields.items()
    }
