"""Checks of a training before its first step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from podia.data.errors import ConfigurationError
from podia.io.label_values import NUMBERING_HINT
from podia.networks.models.network import Network
from podia.networks.outputs.base import Output
from podia.networks.outputs.spots import SpotOutput
from podia.training.available_memory import available_bytes
from podia.training.batch_memory import batch_bytes
from podia.training.data.annotated import UsableMovie
from podia.training.recipe import Recipe
from podia.training.tip_targets import check_tips


def check_training(
    network: Network, recipe: Recipe, movies: Sequence[UsableMovie], *, device: torch.device
) -> None:
    """Reject a training if recipe, network and data are incompatible.

    Raises
    ------
    ConfigurationError
        If the head needs outlines or instances that the labels lack, the data lack the score that selects the best
        weights, there is no encoder to freeze, the patch size is not a multiple of the network's stride, or a batch
        does not fit into memory.
    """
    head = network.config.head
    _require_outlines(head, movies)
    if head.positions_only and recipe.validation.metric != "F":
        raise ConfigurationError(
            f"The head '{head.name}' predicts positions, not outlines: the best weights cannot be chosen by "
            f"{recipe.validation.metric}. Set validation.metric to F."
        )
    if recipe.validation.choose_threshold and not isinstance(head, SpotOutput):
        raise ConfigurationError(
            f"validation.choose_threshold is for networks that predict spots, not for the head '{head.name}'. "
            f"Set it to false."
        )
    if head.needs_instances and not any(movie.annotated.instances for movie in movies):
        raise ConfigurationError(
            f"The head '{head.name}' needs labels of single cells, but the annotation is foreground only "
            f"(0 and one other value). {NUMBERING_HINT} Or use a network with the head binary."
        )
    if any(stage.freeze_encoder for stage in recipe.stages) and not network.encoder_parameters():
        raise ConfigurationError(
            f"'{recipe.architecture}' has no pretrained encoder to freeze. Set freeze_encoder of each stage to "
            f"false."
        )
    if network.config.tips:
        check_tips(movies, recipe.protrusions)
    if recipe.clips.patch_px % network.stride:
        near = round(recipe.clips.patch_px / network.stride) * network.stride
        raise ConfigurationError(
            f"Patches of {recipe.clips.patch_px} px do not fit '{recipe.architecture}': clips.patch_px must be a "
            f"multiple of {network.stride}, e.g. {max(near, network.stride)}."
        )
    for number, stage in enumerate(recipe.stages, start=1):
        needed, there = batch_bytes(network, recipe, stage), available_bytes(device)
        if there is not None and needed > there:
            raise ConfigurationError(
                f"Stage {number}: a batch of {stage.batch_size} clips of {stage.clip_frames or recipe.clips.length} "
                f"frames of {recipe.clips.patch_px} px needs about {needed / 2**30:.1f} GiB, but "
                f"{there / 2**30:.1f} GiB are free. Reduce batch_size, clip_frames or patch_px."
            )


def _require_outlines(head: Output[Any, Any], movies: Sequence[UsableMovie]) -> None:
    points = [movie for movie in movies if movie.annotated.marks == "points"]
    if not points or head.positions_only:
        return
    recipes = "points, points-a or points-d"
    if not head.learns_from_points:
        raise ConfigurationError(
            f"The head '{head.name}' requires outlines, but '{points[0].name}' is annotated by points. "
            f"Use a recipe for points ({recipes}), or, if other movies have outlines, points-and-masks."
        )
    # An image without cells has no outline in any kind of annotation.
    if not any(movie.annotated.marks == "masks" and _holds_cell(movie) for movie in movies):
        raise ConfigurationError(
            f"The head '{head.name}' requires points and outlines, but only points are annotated. Add a "
            f"few frames with outlines, or use a recipe for points only ({recipes})."
        )


def _holds_cell(movie: UsableMovie) -> bool:
    return any((movie.annotated.read_labels(frame) > 0).any() for frame in movie.annotated_frames)
