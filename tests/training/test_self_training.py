"""Training in rounds: what is added, what is not, and that it goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.io.points import read_points
from podia.training import self_training
from podia.training.added_detections import add_detections
from podia.training.data.annotated import UsableMovie
from podia.training.data.sources import read_annotated
from podia.training.detection_consistency import frames_followed
from podia.training.recipe import SelfTrainingRecipe
from podia.training.self_training import find_unannotated, self_train
from podia.training.train import train
from tiny_trainings import CPU, tiny_recipe

SPOTS = partial(
    tiny_recipe,
    network={"head": "spots", "memory": [4, 8], "decoder": [8, 8, 8], "detail": 4},
    validation={"every_steps": 3, "max_frames": 1, "metric": "F"},
    self_training={"confidence": 1e-3, "min_frames": 1},
    decode={"spot_threshold": 1e-3},
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def clicked(disc_movie: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two discs, of which only the first was clicked on, on every frame."""
    folder = tmp_path_factory.mktemp("clicked")
    (folder / "movie.tif").write_bytes((disc_movie / "movie.tif").read_bytes())
    rows = "".join(f"{frame},20,{18 + frame}\n" for frame in range(6))
    (folder / "points.csv").write_text("frame,y,x\n" + rows)
    return folder


def usable(folder: Path) -> UsableMovie:
    (movie,) = read_annotated(folder)
    return UsableMovie.whole(movie)


def test_a_detection_is_followed_to_the_nearest_as_long_as_there_is_one() -> None:
    steady = [(10.0, 10.0 + 2 * t) for t in range(5)]
    positions = {t: np.array([steady[t]]) for t in range(5)}
    positions[2] = np.array([steady[2], (40.0, 40.0), (10.0, 30.0)])
    positions[3] = np.array([steady[3], (10.0, 33.0)])
    assert frames_followed(positions, 2, 4.0).tolist() == [5, 1, 2]
    del positions[1]
    assert frames_followed(positions, 2, 4.0).tolist() == [3, 1, 2]


def test_frames_without_any_position_end_every_track() -> None:
    none: NDArray[np.float64] = np.empty((0, 2))
    assert frames_followed({0: none, 1: np.array([[3.0, 3.0]]), 2: none}, 1, 5.0).tolist() == [1]
    assert frames_followed({0: none}, 0, 5.0).tolist() == []


def test_detections_become_cells_where_points_were_annotated(clicked: Path) -> None:
    found = {2: np.array([[44.0, 44.0], [20.0, 21.0]])}
    labels = add_detections(usable(clicked), found, use="annotation", ignore_radius_px=9).annotated.labels
    before = usable(clicked).annotated.labels
    assert np.unique(labels.read(2)).tolist()[:2] == [0, 1]
    assert labels.read(2)[44, 44] > 1
    assert labels.read(2)[20, 20] == 1, "what was annotated stays as it was"
    np.testing.assert_array_equal(labels.read(3), before.read(3))


@pytest.mark.parametrize("use", ["annotation", "ignore"])
def test_detections_beside_masks_are_left_out(disc_movie: Path, use: str) -> None:
    found = {2: np.array([[32.0, 32.0]])}
    added = add_detections(usable(disc_movie), found, use=use, ignore_radius_px=4)
    labels, before = added.annotated.labels.read(2), usable(disc_movie).annotated.labels.read(2)
    y, x = np.mgrid[:64, :64]
    out = (np.hypot(y - 32, x - 32) <= 4) & (before == 0)
    np.testing.assert_array_equal(labels, np.where(out, -1, before))


def test_only_sure_steady_detections_away_from_annotation_count(
    clicked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every frame: the annotated cell, the one that was not, an unsure one; on frame 2 alone, noise."""

    def spots(_: object, __: UsableMovie, frame: int, ___: object) -> NDArray[np.float64]:
        rows = [(21, 20 + frame, 0.9), (44, 46 - frame, 0.8), (10, 50, 0.4)]
        return np.array(rows + [(55.0, 10.0, 0.95)] * (frame == 2), dtype=float)

    monkeypatch.setattr(self_training, "spots_of_frame", spots)
    settings = SelfTrainingRecipe(confidence=0.7, min_frames=3)
    found = find_unannotated(None, usable(clicked), SPOTS(), settings)
    assert list(found) == [0, 1, 2, 3, 4, 5]
    assert all(rows.tolist() == [[44, 46 - frame, 0.8]] for frame, rows in found.items())


def test_rounds_stopped_after_every_step_give_the_same_model(clicked: Path, tmp_path: Path) -> None:
    plan = SPOTS(stages=[{"steps": 2}])
    whole = self_train(plan, [clicked], tmp_path / "whole", 2, name="tiny", resources=CPU)
    assert whole == tmp_path / "whole" / "model.safetensors"
    assert whole.read_bytes() == (tmp_path / "whole" / "round-2" / "model.safetensors").read_bytes()
    for _ in range(6):
        self_train(plan, [clicked], tmp_path / "parts", 2, name="tiny", resources=replace(CPU, minutes=0.0))
    for name in ("round-1/last.safetensors", "round-2/detections.csv"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    table = read_points(tmp_path / "whole" / "round-2" / "detections.csv")
    assert set(table["frame"]) <= set(range(5)), "nothing is added to what is held back"


def test_one_round_is_ordinary_training(clicked: Path, tmp_path: Path) -> None:
    plan = SPOTS(stages=[{"steps": 2}])
    self_train(plan, [clicked], tmp_path / "round", 1, name="tiny", resources=CPU)
    train(plan, [clicked], tmp_path / "plain", name="tiny", resources=CPU)
    last = "last.safetensors"
    assert (tmp_path / "round" / "round-1" / last).read_bytes() == (tmp_path / "plain" / last).read_bytes()


def test_rounds_need_positions(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(stages=[{"steps": 1}])
    with pytest.raises(
        ConfigurationError, match="adds positions of cells, which the head 'distance' does not predict"
    ):
        self_train(plan, [disc_movie], tmp_path, 2, resources=CPU)
    with pytest.raises(InvalidInputError, match="rounds must be at least 1, not 0"):
        self_train(plan, [disc_movie], tmp_path, 0, resources=CPU)
