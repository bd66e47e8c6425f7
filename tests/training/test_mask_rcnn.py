"""``podia train`` with Mask R-CNN: its recipes, where it starts, and a training of a few steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from mask_rcnn_cases import SETTINGS, needs_torchvision, small_mask_rcnn
from podia.data.errors import ConfigurationError, InvalidInputError
from podia.networks.card import read_card
from podia.networks.pretrained.coco import FILE_NAME, coco_weights
from podia.training.batch_memory import batch_bytes
from podia.training.initial_weights import set_initial_weights
from podia.training.losses.registry import build_loss
from podia.training.optimisation import learning_rate
from podia.training.recipe import Recipe, load_recipe
from podia.training.train import TrainingResources, train
from tiny_trainings import CPU

RECIPES = ("mask-rcnn-bce", "mask-rcnn-focal", "mask-rcnn-shape-aware")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "name": "tiny",
        "architecture": "mask-rcnn",
        "network": SETTINGS,
        "clips": {"length": 1, "patch_px": 64, "annotate": "any"},
        "loss": {"name": "shape_aware"},
        "stages": [{"steps": 2, "batch_size": 1, "learning_rate": 1e-3}],
        "validation": {"every_steps": 2, "max_frames": 1},
    }
    return Recipe.parse({**values, **changes})


@needs_torchvision
def test_a_training_stopped_and_gone_on_with_gives_the_same_weights(disc_movie: Path, tmp_path: Path) -> None:
    model = train(recipe(), [disc_movie], tmp_path / "whole", name="tiny", resources=CPU)
    assert read_card(model).architecture == "mask-rcnn"
    stopping = TrainingResources(device="cpu", n_workers=0, minutes=0.0)
    for _ in range(2):
        train(recipe(), [disc_movie], tmp_path / "parts", name="tiny", resources=stopping)
    whole, parts = (tmp_path / name / "last.safetensors" for name in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_follows_the_paper(name: str) -> None:
    plan = load_recipe(name)
    build_loss(plan.loss, "instances")
    (stage,) = plan.stages
    epoch = plan.validation.every_steps
    assert stage.optimiser == "adam"
    assert [learning_rate(stage, 3 * k * epoch) for k in range(3)] == pytest.approx([5e-4, 5e-5, 5e-6])
    assert plan.clips.augmentation.horizontal_flip
    assert plan.initial_weights == "coco"
    assert plan.validation.patience is not None


@needs_torchvision
def test_the_memory_of_boxes_does_not_grow_with_the_patch() -> None:
    network = small_mask_rcnn()
    small, large = (
        batch_bytes(network, plan, plan.stages[0])
        for plan in (recipe(), recipe(clips={"length": 1, "patch_px": 128}))
    )
    assert small < large < 4 * small


@needs_torchvision
def test_frozen_normalisation_without_weights_to_start_from_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"network\.norm to group or batch"):
        set_initial_weights(small_mask_rcnn(norm="frozen"), "none")
    assert set_initial_weights(small_mask_rcnn(), "none") == "All weights are random."
    with pytest.raises(ConfigurationError, match="not downloaded"):
        set_initial_weights(small_mask_rcnn(), "imagenet")


@needs_torchvision
def test_weights_come_from_a_file_of_tensors(tmp_path: Path) -> None:
    giver, network = small_mask_rcnn(), small_mask_rcnn()
    tensors = {name: tensor + 1 for name, tensor in giver.state_dict().items()}
    save_file(tensors, tmp_path / "whole.safetensors")
    done = set_initial_weights(network, str(tmp_path / "whole.safetensors"))
    assert done.startswith("All layers but those that tell classes start from whole.safetensors")
    assert torch.equal(network.backbone.body.conv1.weight, tensors["backbone.body.conv1.weight"])


def test_cocos_weights_are_never_replaced_by_random_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIA_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("PODIA_DATA_DIR", raising=False)
    with pytest.raises(InvalidInputError, match=f"Download https://.*{FILE_NAME} .* to {tmp_path}"):
        coco_weights()
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / FILE_NAME).write_bytes(b"something else")
    with pytest.raises(InvalidInputError, match="is not torchvision's file of this name"):
        coco_weights()
