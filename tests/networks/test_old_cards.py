"""Model files from before decode settings belonged to heads stay readable, with the same cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from podia.data.errors import InvalidInputError
from podia.networks.card import ModelCard, read_card, shipped_models
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resolve import choose_model
from podia.networks.models.registry import build_network
from podia.networks.old_cards import upgrade
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.registry import find_output

FLAT: dict[str, Any] = {
    "threshold": 0.6,
    "method": "watershed",
    "contour_threshold": 0.25,
    "contour_reach_px": 2.0,
    "seed_threshold": 0.4,
    "seed_smoothing_px": 1.0,
    "min_seed_area_px": 5,
    "min_pass_depth": 0.2,
    "split_depth_px": None,
    "split_smoothing_px": 2.0,
    "closing_radius_px": 0.5,
    "max_hole_area_px": None,
    "min_area_px": 100.0,
    "max_area_px": None,
    "exclude_border": False,
    "field_margin_px": 7,
    "spot_radius_px": 3.0,
    "spot_method": "moments",
    "spot_threshold": None,
    "spot_distance_px": None,
}
"""Decode settings as they were: one list for all heads."""


def upgraded(network: dict[str, Any], architecture: str = "podia", **decode: Any) -> ModelCard:
    card = {"name": "old", "architecture": architecture, "network": network, "decode": {**FLAT, **decode}}
    return ModelCard.parse(upgrade(card))


@pytest.mark.parametrize(
    ("old", "head"),
    [
        ("mask", "binary"),
        ("foreground", "binary"),
        ("contour", "contour"),
        ("distance", "distance"),
        ("spots", "spots"),
        ("cells_and_spots", "cells_and_spots"),
        ("presence", "center_classification"),
        ("instances", "instances"),
    ],
)
def test_each_setting_that_the_head_used_keeps_its_value(old: str, head: str) -> None:
    decode = upgraded({"head": old}).decode
    assert decode is not None
    assert decode.head == head
    for name, value in decode.model_dump(exclude={"head", "spot_threshold"}).items():
        assert value == FLAT[name], name
    assert decode.model_fields_set == set(find_output(head).decode_config.model_fields)
    assert getattr(decode, "spot_threshold", 0.6) == 0.6, "where spots had none, that of cells counted"


def test_the_published_way_of_decoding_contours_has_its_new_name() -> None:
    assert upgraded({"head": "contour"}, method="s1").decode.method == "contour_threshold"


def test_a_foreground_of_two_classes_keeps_its_softmax() -> None:
    card = upgraded({"head": "foreground", "depths": [4, 6]}, architecture="unet")
    assert card.network == {"head": {"name": "binary", "softmax": True}, "depths": [4, 6]}
    assert build_network(card.architecture, card.network).config.head == Binary(softmax=True)


@pytest.mark.parametrize(
    ("architecture", "head"),
    [
        ("podia", "distance"),
        ("convlstm-mobilenet-b3", "binary"),
        ("u-lstm-none", "contour"),
        ("resnet18-fpn", "binary"),
        ("sliding-window", "center_classification"),
        ("mask-rcnn", "instances"),
    ],
)
def test_without_a_head_it_is_the_default_of_the_architecture(architecture: str, head: str) -> None:
    card = upgraded({}, architecture=architecture)
    assert card.decode is not None
    assert card.decode.head == head
    assert card.network == {}


def test_a_card_of_today_is_left_alone() -> None:
    card = {"name": "new", "architecture": "unet", "decode": {"head": "binary", "threshold": 0.4}}
    assert upgrade(card) is card
    assert upgrade({"name": "new", "architecture": "unet", "decode": None})["decode"] is None


def test_a_setting_that_no_head_ever_had_is_still_refused(tmp_path: Path) -> None:
    card = {"name": "odd", "architecture": "podia", "decode": {**FLAT, "mood": "good"}}
    save_file({"a": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata={"podia": json.dumps(card)})
    with pytest.raises(InvalidInputError, match=r"'mood'.*newer podia"):
        read_card(tmp_path / "odd.safetensors")


def test_the_shipped_model_decodes_with_the_settings_in_its_file() -> None:
    decode = choose_model(InferenceConfig(model="podia-phase", backend="torch", device="cpu")).decode
    assert decode == read_card(shipped_models()["podia-phase"]).decode
    assert decode.head == "distance"
