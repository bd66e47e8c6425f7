"""A whole training: learns, resumes to the same weights, and refuses early what cannot work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.segmentation.model_card import read_card
from podia.training.checkpoint import TrainingState
from podia.training.history import read_history
from podia.training.recipe import load_recipe, shipped_recipes
from podia.training.train import TrainingPlace, train
from tiny_trainings import CPU, tiny_recipe


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def weights(path: Path) -> bytes:
    return path.read_bytes()


def test_a_training_stopped_after_every_step_gives_the_same_weights(disc_movie: Path, tmp_path: Path) -> None:
    train(tiny_recipe(), [disc_movie], tmp_path / "whole", place=CPU)
    steps: list[int] = []

    def note(state: TrainingState, *_: object) -> None:
        steps.append(state.step)

    stopping = TrainingPlace(device="cpu", n_workers=0, minutes=0.0)
    for _ in range(6):
        train(tiny_recipe(), [disc_movie], tmp_path / "parts", place=stopping, progress=note)
    assert steps == [1, 2, 3, 4, 5, 6]
    assert weights(tmp_path / "whole" / "last.safetensors") == weights(
        tmp_path / "parts" / "last.safetensors"
    )
    rows = [read_history(tmp_path / name / "history.csv") for name in ("whole", "parts")]
    assert [row["loss"] for row in rows[0]] == [row["loss"] for row in rows[1]]


def test_a_recurrent_state_carried_over_is_resumed_too(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(truncated_backpropagation=True, windows_per_sequence=4)
    train(plan, [disc_movie], tmp_path / "whole", place=CPU)
    stopping = TrainingPlace(device="cpu", n_workers=0, minutes=0.0)
    for _ in range(6):
        train(plan, [disc_movie], tmp_path / "parts", place=stopping)
    assert weights(tmp_path / "whole" / "last.safetensors") == weights(
        tmp_path / "parts" / "last.safetensors"
    )


def test_a_frozen_encoder_stays_as_it_was(disc_movie: Path, tmp_path: Path) -> None:
    from podia.segmentation.models.registry import build_network
    from podia.segmentation.models.weights import load_model

    plan = tiny_recipe(stages=[{"steps": 2, "learning_rate": 1e-2, "freeze_encoder": True}])
    train(plan, [disc_movie], tmp_path, place=CPU)
    before, after = (
        build_network(plan.architecture, plan.network, seed=plan.seed),
        load_model(tmp_path / "last.safetensors")[0],
    )
    for old, new in zip(before.encoder_parameters(), after.encoder_parameters(), strict=True):
        assert torch.equal(old, new)
    assert not torch.equal(before.get_parameter("out.weight"), after.get_parameter("out.weight"))


def test_the_model_file_tells_what_it_was_trained_on_and_how_well(disc_movie: Path, tmp_path: Path) -> None:
    card = read_card(train(tiny_recipe(licence="CC-BY-4.0"), [disc_movie], tmp_path, place=CPU))
    assert card.licence == "CC-BY-4.0"
    assert card.architecture == "podia"
    assert card.recipe["clips"]["patch_px"] == 32
    assert set(card.scores) == {"validation SEG", "validation Jaccard"}
    assert "frame" in card.limits


def test_another_recipe_does_not_go_on_in_the_same_folder(disc_movie: Path, tmp_path: Path) -> None:
    train(tiny_recipe(), [disc_movie], tmp_path, place=CPU)
    with pytest.raises(InvalidInputError, match="another recipe"):
        train(tiny_recipe(seed=1), [disc_movie], tmp_path, place=CPU)


def test_patches_larger_than_frames_are_refused_before_the_first_step(
    disc_movie: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="128 x 128 px are larger"):
        train(tiny_recipe(clips={"patch_px": 128}), [disc_movie], tmp_path / "out", place=CPU)
    assert not (tmp_path / "out").exists()


def test_patches_that_do_not_fit_the_stride_are_refused(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="multiple of 16, such as 48"):
        train(tiny_recipe(clips={"patch_px": 50}), [disc_movie], tmp_path, place=CPU)


def test_a_batch_that_cannot_fit_is_refused(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="GiB are free"):
        train(tiny_recipe(stages=[{"steps": 1, "batch_size": 10_000_000}]), [disc_movie], tmp_path, place=CPU)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_device_that_is_not_there_is_refused_not_replaced(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no device 'cuda': torch sees cpu"):
        train(tiny_recipe(), [disc_movie], tmp_path / "out", place=TrainingPlace(device="cuda"))
    assert not (tmp_path / "out").exists()


def test_single_cells_cannot_be_learned_from_a_foreground(tmp_path: Path) -> None:
    (tmp_path / "01").mkdir()
    (tmp_path / "01_GT" / "FG").mkdir(parents=True)
    foreground = np.zeros((64, 64), np.uint8)
    foreground[20:40, 20:40] = 1
    for frame in range(3):
        tifffile.imwrite(tmp_path / "01" / f"t{frame:03d}.tif", foreground * 90)
        tifffile.imwrite(tmp_path / "01_GT" / "FG" / f"man_fg{frame:03d}.tif", foreground)
    with pytest.raises(ConfigurationError, match="labels of single cells"):
        train(tiny_recipe(), [tmp_path / "01"], tmp_path / "out", place=CPU)


def test_a_movie_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "01").mkdir()
    tifffile.imwrite(tmp_path / "01" / "t000.tif", np.zeros((64, 64), np.uint8))
    with pytest.raises((InvalidInputError, ConfigurationError, OSError), match="label"):
        train(tiny_recipe(), [tmp_path / "01"], tmp_path / "out", place=CPU)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_short_and_names_itself(name: str) -> None:
    from importlib.resources import files

    text = files("podia.training").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    assert load_recipe(name).name == name


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="podia-phase"):
        load_recipe("podia-phaze")
