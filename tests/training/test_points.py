"""Learning from positions of cells: how they are read, what refuses them, and the recipes for them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from heads import HEADS
from podia.data.config import override
from podia.data.errors import ConfigurationError, InvalidInputError, MovieReadError
from podia.networks.card import read_card
from podia.training.clips.config import ClipConfig
from podia.training.clips.training_movies import TrainingMovies
from podia.training.data.annotated import FrameLabels, UsableMovie
from podia.training.data.data_list import Annotations
from podia.training.data.sources import read_annotated
from podia.training.history import read_history
from podia.training.recipe import load_recipe
from podia.training.split import SplitConfig, split_movies
from podia.training.threshold_choice import THRESHOLDS
from podia.training.train import train, train_on
from small_networks import SMALL
from tiny_trainings import CPU, tiny_recipe

SCARCE_ANNOTATION = ("points-a", "points-b", "masks-c", "points-d")
POINTS = ("points-a", "points-b", "points-d", "points", "points-and-masks", "sliding-window")
NO_POINTS = pd.DataFrame({"frame": [], "y": [], "x": []})
SMALL_PODIA = {"memory": [4, 8], "decoder": [8, 8, 8], "detail": 4}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def clicked_movie(disc_movie: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The movie of two discs with clicks on frames 0, 2 and 4, the second cell left out on the last."""
    folder = tmp_path_factory.mktemp("clicked")
    (folder / "movie.tif").write_bytes((disc_movie / "movie.tif").read_bytes())
    rows = ["0,20.0,18.0", "0,44.0,46.0", "2,20.25,20.0", "2,44.0,44.5", "4,20.0,22.0"]
    (folder / "points.csv").write_text("\n".join(["frame,y,x", *rows]) + "\n")
    return folder


def test_clicks_become_discs_on_their_frames(clicked_movie: Path) -> None:
    (movie,) = read_annotated(clicked_movie)
    assert movie.marks == "points"
    assert movie.labels.frames == (0, 2, 4)
    labels = movie.read_labels(2)
    assert labels[20, 20] == 1
    assert labels[44, 44] == 2
    assert np.argwhere(labels == 2).mean(0) == pytest.approx([44, 44.5], abs=0.1)
    assert pickle.loads(pickle.dumps(movie.labels)).read(4)[20, 22] == 1


def test_a_frame_that_was_looked_at_may_have_no_cell(clicked_movie: Path, tmp_path: Path) -> None:
    (tmp_path / "movie.tif").write_bytes((clicked_movie / "movie.tif").read_bytes())
    (tmp_path / "points.csv").write_text("frame,y,x\n1,20,18\n3,,\n")
    (movie,) = read_annotated(tmp_path)
    assert movie.labels.frames == (1, 3)
    assert not movie.read_labels(3).any()


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ("9,20,18\n", MovieReadError, "points on frame 9, but the frames of '.*' are 0 to 5"),
        (
            "1,20,80\n",
            InvalidInputError,
            "1 of 1 points lie outside frames of 64 x 64 pixels, such as y 20, x 80",
        ),
        ("", MovieReadError, "contains no points"),
    ],
)
def test_points_that_are_not_on_the_movie_are_refused(
    clicked_movie: Path, tmp_path: Path, rows: str, error: type[Exception], message: str
) -> None:
    (tmp_path / "movie.tif").write_bytes((clicked_movie / "movie.tif").read_bytes())
    (tmp_path / "points.csv").write_text(f"frame,y,x\n{rows}")
    with pytest.raises(error, match=message):
        read_annotated(tmp_path)


def test_frames_of_a_table_are_those_with_points_unless_more_are_said_to_be_looked_at() -> None:
    table = pd.DataFrame({"frame": [4, 2], "y": [3.0, 5.0], "x": [3.0, 5.0], "score": [1.0, 0.5]})
    assert FrameLabels.from_points(table, (10, 10)).frames == (2, 4)
    labels = FrameLabels.from_points(table, (10, 10), frames=[0, 2], radius_px=1)
    assert labels.frames == (0, 2, 4)
    assert not labels.read(0).any()
    assert np.count_nonzero(labels.read(2)) == 5


@pytest.mark.parametrize("head", ["softmax", "contour", "distance", "binary"])
def test_heads_of_outlines_refuse_points(clicked_movie: Path, tmp_path: Path, head: str) -> None:
    plan = tiny_recipe(network={"head": HEADS[head]})
    with pytest.raises(ConfigurationError, match=r"annotated by points. Use a recipe for points \(points, "):
        train(plan, [clicked_movie], tmp_path / "out", resources=CPU)
    assert not (tmp_path / "out").exists()


def test_both_heads_need_some_outlines(clicked_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(network={"head": "cells_and_spots"})
    with pytest.raises(ConfigurationError, match=r"only points are annotated\. Add a few frames with outl"):
        train(plan, [clicked_movie], tmp_path, resources=CPU)


def test_a_picture_without_cells_is_no_outline(clicked_movie: Path, disc_movie: Path, tmp_path: Path) -> None:
    (clicked,), (masks,) = read_annotated(clicked_movie), read_annotated(disc_movie)
    empty = replace(masks, labels=FrameLabels.from_points(NO_POINTS, masks.movie.frame_shape, frames=[1]))
    movies = Annotations((clicked, empty), ())
    split = split_movies(movies.movies, SplitConfig(validation_fraction=0))
    plan = tiny_recipe(network={"head": "cells_and_spots"})
    with pytest.raises(ConfigurationError, match="Add a few frames with outlines"):
        train_on(plan, movies, split, tmp_path, resources=CPU)


def test_weights_of_positions_are_not_chosen_by_a_score_of_outlines(
    clicked_movie: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be chosen by SEG\. Set validation\.metric to F"):
        train(tiny_recipe(network={"head": "spots"}), [clicked_movie], tmp_path, resources=CPU)


def test_points_and_masks_train_together(clicked_movie: Path, disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(
        network={"head": "cells_and_spots", **SMALL_PODIA}, validation={"every_steps": 3, "metric": "F"}
    )
    train(plan, [clicked_movie, disc_movie], tmp_path, resources=CPU)
    assert all(np.isfinite(float(row["loss"])) for row in read_history(tmp_path / "history.csv"))


@pytest.mark.parametrize("name", POINTS)
def test_a_recipe_for_points_trains_from_its_first_step_to_a_model(
    name: str, clicked_movie: Path, disc_movie: Path, tmp_path: Path
) -> None:
    recipe = override(
        load_recipe(name),
        [
            "initial_weights=none",
            "clips.patch_px=32",
            "clips.length=1",
            "stages.0.steps=2",
            "validation.every_steps=1",
            "validation.max_frames=1",
            "split.kind=time",
        ],
    )
    small = SMALL_PODIA if recipe.architecture == "podia" else SMALL[recipe.architecture][1]
    recipe = recipe.model_copy(update={"network": {**recipe.network, **small}})
    both = [disc_movie, clicked_movie] if name == "points-and-masks" else [clicked_movie]
    card = read_card(train(recipe, both, tmp_path, resources=CPU))
    assert card.scores.keys() >= {"validation F"} or not card.scores
    assert read_history(tmp_path / "history.csv")[-1]["SEG"] == ("nan" if len(both) == 1 else "0")


def test_the_threshold_of_the_best_f_goes_into_the_card(clicked_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(
        network={"head": "spots", **SMALL_PODIA},
        clips={"length": 1, "patch_px": 64},
        stages=[{"steps": 30, "learning_rate": 1e-2}],
        split={"kind": "time", "validation_fraction": 0.4},
        validation={"every_steps": 30, "metric": "F", "cut_off_px": 20.0, "choose_threshold": True},
    )
    card = read_card(train(plan, [clicked_movie], tmp_path, resources=CPU))
    assert card.scores["validation F"] > 0, "30 steps leave spots far below the recipe's threshold"
    assert card.decode.spot_threshold in THRESHOLDS
    assert card.decode.spot_threshold < plan.decode.spot_threshold
    assert card.decode == plan.decode.model_copy(update={"spot_threshold": card.decode.spot_threshold})


def test_only_thresholds_of_spots_are_chosen(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"choose_threshold is for networks that predict spots"):
        train(tiny_recipe(validation={"choose_threshold": True}), [disc_movie], tmp_path, resources=CPU)


def test_points_are_learned(clicked_movie: Path, tmp_path: Path) -> None:
    """Forty steps on three frames: not both cells perhaps, but spots where they are and none elsewhere."""
    plan = tiny_recipe(
        network={"head": "spots", **SMALL_PODIA},
        clips={
            "length": 1,
            "patch_px": 64,
            "augmentation": {"rotation_deg": 0, "shift": 0, "zoom": 0, "shear": 0},
        },
        stages=[{"steps": 60, "learning_rate": 1e-2}],
        split={"validation_fraction": 0.0},
        validation={"every_steps": 60, "metric": "F"},
    )
    train(plan, [clicked_movie], tmp_path, resources=CPU)
    losses = [float(row["loss"]) for row in read_history(tmp_path / "history.csv")]
    assert np.mean(losses[-5:]) < 0.3 * losses[0]


@pytest.mark.parametrize("name", SCARCE_ANNOTATION)
def test_s4_is_as_published(name: str) -> None:
    recipe = load_recipe(name)
    (stage,) = recipe.stages
    assert (stage.optimiser, stage.learning_rate, stage.momentum, stage.weight_decay) == (
        "sgd",
        0.1,
        0.9,
        5e-4,
    )
    assert (stage.batch_size, stage.schedule) == (1, "constant")
    assert recipe.architecture == "unet"
    assert recipe.clips.target_pixel_size_um == pytest.approx(4 * 1.61)
    if name == "masks-c":
        assert (recipe.network["head"], recipe.loss.name) == ("binary", "binary_cross_entropy")
    else:
        assert (recipe.network["head"], recipe.loss.name, recipe.loss.norm) == (
            "spots",
            "spot_regression",
            "mse",
        )
        assert recipe.decode.spot_method == "moments"


def test_s4_fine_tunes_and_learns_anew_for_as_long() -> None:
    """12 frames of two squares, 50 epochs; and 2241 of them, 10 epochs."""
    steps = [load_recipe(name).n_steps for name in SCARCE_ANNOTATION]
    assert steps == [2241 * 2 * 10, 12 * 2 * 50, 12 * 2 * 50, 12 * 2 * 50]


def test_sizes_of_spots_follow_the_pixel_size(clicked_movie: Path) -> None:
    parts = [UsableMovie.whole(m) for m in read_annotated(clicked_movie, pixel_size_um=0.5)]
    config = ClipConfig(patch_px=32)
    assert TrainingMovies(parts, config).label_kind(0).pixel_size_um == 0.5
    at = config.model_copy(update={"target_pixel_size_um": 0.8})
    kind = TrainingMovies(parts, at).label_kind(0)
    assert kind.pixel_size_um == pytest.approx(0.8)
    assert not kind.outlines
    unknown = TrainingMovies([UsableMovie.whole(m) for m in read_annotated(clicked_movie)], at)
    assert unknown.label_kind(0).pixel_size_um is None


def test_the_sliding_window_is_trained_as_published() -> None:
    recipe = load_recipe("sliding-window")
    (stage,) = recipe.stages
    assert (stage.optimiser, stage.learning_rate, stage.momentum) == ("sgd", 1e-3, 0.9)
    assert (stage.batch_size, recipe.loss.name) == (4, "binary_cross_entropy")
    assert recipe.target.absence_radius_px == 50.0
    assert recipe.decode.spot_distance_px is not None
