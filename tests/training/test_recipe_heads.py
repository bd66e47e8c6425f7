"""Target, loss and decode settings of a recipe are those of its network's head."""

from __future__ import annotations

from typing import Any

import pytest

from podia.data.config import override
from podia.data.errors import ConfigurationError
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.cells_and_spots import CellsAndSpotsDecode
from podia.networks.outputs.contour import ContourDecode, ContourTarget
from podia.training.losses.registry import CrossEntropy, DistanceRegression, Focal
from podia.training.recipe import Recipe, load_recipe, recipe_groups

STEPS = [{"steps": 1}]


def recipe(**values: Any) -> Recipe:
    return Recipe.parse({"name": "r", "architecture": "podia", "stages": STEPS, **values})


def test_without_settings_they_are_the_heads_defaults() -> None:
    plan = recipe()
    assert plan.loss == DistanceRegression()
    assert (plan.target.head, plan.decode.head) == ("distance", "distance")


def test_the_head_decides_what_a_setting_may_be() -> None:
    assert recipe(network={"head": "contour"}, target={"contour_px": 2}).target == ContourTarget(contour_px=2)
    with pytest.raises(ConfigurationError, match=r"Unknown setting 'target\.contour_px'\. .*Allowed here: "):
        recipe(target={"contour_px": 2})
    with pytest.raises(
        ConfigurationError, match=r"Setting 'decode\.min_pass_depth' is 3: Input should be less"
    ):
        recipe(decode={"min_pass_depth": 3})
    with pytest.raises(ConfigurationError, match=r"Unknown setting 'loss\.gamma'"):
        recipe(loss={"gamma": 1})


def test_another_head_takes_its_own_loss_and_leaves_out_what_it_has_not() -> None:
    plan = override(load_recipe("podia"), ["network.head=contour", "decode.contour_reach_px=3"])
    own = load_recipe("podia").decode
    assert isinstance(plan.decode, ContourDecode)
    assert (plan.decode.seed_threshold, plan.decode.min_area_px) == (own.seed_threshold, own.min_area_px)
    assert plan.decode.contour_reach_px == 3
    assert plan.loss == CrossEntropy()
    classes = override(load_recipe("u-lstm-decoder"), ["network.head=cells_and_spots", "loss.name=null"])
    assert classes.loss.name == "cells_and_spots"
    assert isinstance(classes.decode, CellsAndSpotsDecode)


def test_a_loss_that_was_named_stays_or_is_refused() -> None:
    plan = recipe(network={"head": "binary"}, loss={"name": "focal", "gamma": 1.0})
    assert override(plan, ["network.head=contour"]).loss == Focal(gamma=1.0)
    with pytest.raises(
        ConfigurationError, match=r"'focal' does not fit the head 'spots'\. Set loss\.name to"
    ):
        override(plan, ["network.head=spots"])
    assert override(plan, ["network.head=spots", "loss.name=null"]).loss.name == "spot_regression"


def test_null_leaves_out_a_setting_that_the_new_loss_has_not() -> None:
    plan = recipe(network={"head": "binary"}, loss={"name": "focal", "gamma": 1.0})
    with pytest.raises(ConfigurationError, match=r"Unknown setting 'loss\.gamma'"):
        override(plan, ["loss.name=dice"])
    assert override(plan, ["loss.name=dice", "loss.gamma=null"]).loss.name == "dice"


def test_what_no_head_has_is_refused_with_another_head_too() -> None:
    with pytest.raises(ConfigurationError, match=r"Unknown setting 'decode\.reach'"):
        override(load_recipe("podia"), ["network.head=contour", "decode.reach=3"])


def test_a_head_with_settings_is_a_table() -> None:
    plan = override(recipe(), ['network.head={name = "binary", softmax = true}'])
    assert plan.loss.name == "cross_entropy"
    assert Recipe.parse(plan.model_dump(mode="json")) == plan
    with pytest.raises(ConfigurationError, match=r"Unknown head 'binery'\. Did you mean 'binary'"):
        recipe(network={"head": "binery"})
    assert Binary(softmax=True).n_channels == 2


@pytest.mark.parametrize("name", [name for names in recipe_groups().values() for name in names])
def test_a_recipe_written_as_json_is_the_same_recipe(name: str) -> None:
    plan = load_recipe(name)
    assert Recipe.parse(plan.model_dump(mode="json")) == plan
    assert override(plan, []) == plan
