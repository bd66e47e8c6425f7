"""Recipes of Gómez-de-Mariscal et al. 2021 and Arbelle & Riklin Raviv 2019: a step of each, and what is published."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from podia.data.config import override
from podia.networks.card import read_card
from podia.training.optimisation import build_optimiser
from podia.training.recipe import load_recipe
from podia.training.train import train
from small_networks import SMALL
from tiny_trainings import CPU

GOMEZ = {f"convlstm-mobilenet-b{i}": batch for i, batch in enumerate((1, 1, 2, 1, 2), start=1)}
"""To the batch size."""
ARBELLE = {"u-lstm-decoder": ("rmsprop", 1e-4), "u-lstm-encoder": ("adam", 1e-5)}
MINIATURE = ("initial_weights=none", "clips.patch_px=32", "stages.0.steps=2", "validation.max_frames=1")


@pytest.mark.parametrize("name", ["convlstm-mobilenet-b3", *ARBELLE])
def test_a_recipe_trains_from_its_first_step_to_a_model(name: str, disc_movie: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    later = ["stages.1.steps=1"] if name in GOMEZ else []
    recipe = override(load_recipe(name), [*MINIATURE, *later])
    small = SMALL["b3" if name in GOMEZ else name][1]
    card = read_card(
        train(recipe.model_copy(update={"network": small}), [disc_movie], tmp_path, resources=CPU)
    )
    assert card.architecture == name
    assert set(card.scores) == {"validation SEG", "validation Jaccard"}


@pytest.mark.parametrize(("name", "batch_size"), GOMEZ.items())
def test_s0_is_as_published(name: str, batch_size: int) -> None:
    recipe = load_recipe(name)
    frozen, whole = recipe.stages
    assert (frozen.freeze_encoder, whole.freeze_encoder) == (True, False)
    assert (frozen.learning_rate, whole.learning_rate) == (5e-3, 1e-4)
    for stage in recipe.stages:
        assert (stage.optimiser, stage.schedule, stage.batch_size) == ("adam", "constant", batch_size)
    clips, moves = recipe.clips, recipe.clips.augmentation
    assert (clips.length, clips.patch_px, clips.foreground_weight, clips.annotate) == (5, 512, 5e5, "last")
    assert (moves.rotation_deg, moves.shift, moves.shear, moves.zoom) == (30.0, 0.2, 0.2, 0.2)
    assert (moves.horizontal_flip, moves.vertical_flip, moves.quarter_turns) == (True, False, False)
    assert (recipe.loss.name, recipe.loss.class_weights) == ("cross_entropy", None)
    assert recipe.initial_weights == "imagenet"
    assert (recipe.validation.metric, recipe.validation.max_frames) == ("Jaccard", 28)
    assert (recipe.decode.closing_radius_px, recipe.decode.min_area_px) == (3.0, 150.0)


@pytest.mark.parametrize(("name", "optimiser"), ARBELLE.items())
def test_s1_is_as_published(name: str, optimiser: tuple[str, float]) -> None:
    recipe = load_recipe(name)
    (stage,) = recipe.stages
    assert (stage.optimiser, stage.learning_rate) == optimiser
    assert (stage.steps, stage.batch_size) == (100_000, 3)
    assert recipe.truncated_backpropagation
    clips, moves = recipe.clips, recipe.clips.augmentation
    assert (clips.length, clips.max_stride) == (5, 4)
    assert clips.reverse_probability > 0
    assert (moves.horizontal_flip, moves.vertical_flip, moves.quarter_turns) == (True, True, True)
    assert (moves.rotation_deg, moves.shear, moves.zoom) == (0.0, 0.0, 0.0)
    assert (recipe.loss.name, recipe.loss.class_weights) == ("cross_entropy", (0.15, 0.25, 0.6))
    assert (recipe.decode.method, recipe.decode.contour_threshold, recipe.decode.contour_reach_px) == (
        "contour_threshold",
        0.2,
        2.0,
    )


def test_rmsprop_has_the_constants_of_s1s_tensorflow() -> None:
    stage = load_recipe("u-lstm-decoder").stages[0]
    (group,) = build_optimiser([torch.nn.Parameter(torch.zeros(1))], stage).param_groups
    assert (group["alpha"], group["eps"], group["momentum"], group["centered"]) == (0.9, 1e-10, 0, False)
