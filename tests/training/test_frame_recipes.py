"""Recipes of Ayanzadeh et al. and Lin & Norouzi: a step of each in miniature, and what is published in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from podia.data.config import override
from podia.networks.card import read_card
from podia.training.recipe import load_recipe
from podia.training.train import TrainingResources, train
from small_networks import SMALL

AYANZADEH = ("resnet18-unet", "resnet18-fpn", "linknet", "tipnet", "unet")
LIN = {
    "unet-bce": "binary_cross_entropy",
    "unet-focal": "focal",
    "unet-shape-aware": "shape_aware",
}
MINIATURE = ("initial_weights=none", "clips.patch_px=32", "stages.0.steps=2", "stages.0.batch_size=2")


@pytest.mark.parametrize("name", [*AYANZADEH, *LIN])
def test_a_recipe_trains_from_its_first_step_to_a_model(name: str, disc_movie: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    recipe = override(load_recipe(name), [*MINIATURE, "validation.max_frames=1"])
    recipe = recipe.model_copy(update={"network": SMALL[recipe.architecture][1]})
    place = TrainingResources(device="cpu", n_workers=0)
    card = read_card(train(recipe, [disc_movie], tmp_path, resources=place))
    assert card.architecture == recipe.architecture
    assert set(card.scores) == {"validation SEG", "validation Jaccard"}


@pytest.mark.parametrize("name", AYANZADEH)
def test_s2_is_as_published(name: str) -> None:
    recipe = load_recipe(name)
    (stage,) = recipe.stages
    assert (stage.optimiser, stage.learning_rate, stage.batch_size) == ("adam", 1e-4, 8)
    loss = recipe.loss
    assert (loss.name, loss.cross_entropy_weight, loss.dice_weight) == ("weighted_bce_dice", 1.0, 1.0)
    assert recipe.validation.patience is not None
    assert recipe.clips.augmentation.elastic_px > 0
    assert recipe.initial_weights == ("imagenet" if name.startswith("resnet18") else "none")


@pytest.mark.parametrize(("name", "loss"), LIN.items())
def test_s3_is_as_published(name: str, loss: str) -> None:
    recipe = load_recipe(name)
    (stage,) = recipe.stages
    assert (stage.optimiser, stage.learning_rate, stage.schedule) == ("adam", 1e-3, "constant")
    assert recipe.loss.name == loss
    if loss == "shape_aware":
        assert (recipe.loss.alpha, recipe.loss.sigma_px) == (10.0, 5.0)
    assert recipe.validation.patience is not None


def test_the_three_losses_are_trained_alike() -> None:
    plans = [load_recipe(name).model_dump(exclude={"name", "summary", "loss"}) for name in LIN]
    assert plans[0] == plans[1] == plans[2]
