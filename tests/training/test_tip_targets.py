"""Protrusion tips as something to learn: where they are drawn, how they move with clips, and a whole training."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.io.points import write_points
from podia.measurement.config import ProtrusionConfig
from podia.networks.card import ModelCard, read_card
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.predictor import MoviePredictor
from podia.networks.inference.resolve import choose_model
from podia.networks.inference.tips import find_network_tips
from podia.networks.model_file import save_model
from podia.networks.models.registry import build_network
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.targets import make_target
from podia.simulation.simulate import simulate
from podia.simulation.write import write_simulation
from podia.training.clips.clips import ClipSampler
from podia.training.clips.config import ClipConfig
from podia.training.clips.training_movies import TrainingMovies
from podia.training.data.annotated import AnnotatedMovie, FrameLabels, UsableMovie
from podia.training.data.sources import read_annotated
from podia.training.loader import ClipLoader
from podia.training.losses.pixelwise import weighted_bce_dice
from podia.training.tip_targets import TipTargets, check_tips, known_tips
from podia.training.train import train
from podia.training.validation import Validated, score_frame
from tiny_trainings import CPU, tiny_recipe

RADIUS_PX = 3.0
USUAL = ProtrusionConfig()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def arms(n_frames: int = 2) -> NDArray[np.int32]:
    """A body with one arm to the right, whose end moves by two px a frame: the tip is at (30, 69.5 + 2 t)."""
    labels = np.zeros((n_frames, 64, 96), np.int32)
    for frame in range(n_frames):
        labels[frame, 20:40, 10:30] = labels[frame, 28:33, 30 : 70 + 2 * frame] = 5
    return labels


def disc(y: float, x: float, shape: tuple[int, int] = (64, 96)) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.asarray(np.hypot(rows - y, columns - x) <= RADIUS_PX)


def annotated(labels: NDArray[np.int32], **what: object) -> AnnotatedMovie:
    movie = Movie.from_array(np.where(labels > 0, 60, 120).astype(np.uint8))
    return AnnotatedMovie(movie, FrameLabels.from_movie(LabelMovie.from_array(labels)), **what)


def drawn(movie: AnnotatedMovie, frame: int = 0, scale: float = 1.0) -> NDArray[np.int8]:
    targets = TipTargets(USUAL, RADIUS_PX)
    return targets.draw(movie, 0, frame, movie.read_labels(frame), scale=scale)


def test_a_disc_lies_on_the_end_of_the_arm() -> None:
    for frame in (0, 1):
        np.testing.assert_array_equal(drawn(annotated(arms()), frame) == 1, disc(30.0, 69.5 + 2 * frame))


def test_discs_are_of_one_size_at_the_network_s_scale() -> None:
    small, large = (int((drawn(annotated(arms()), scale=scale) == 1).sum()) for scale in (1.0, 0.5))
    assert large == pytest.approx(4 * small, rel=0.15)  # half as many pixels along each edge


def test_what_nobody_looked_at_is_unknown_but_for_the_disc_itself() -> None:
    target = drawn(annotated(arms(), coverage="partial"))
    on_disc, cell = disc(30.0, 69.5), arms()[0] > 0
    assert (target[on_disc] == 1).all()
    assert (target[cell & ~on_disc] == 0).all()
    assert (target[~cell & ~on_disc] == -1).all()


def test_a_foreground_without_single_cells_tells_no_tips() -> None:
    assert (drawn(annotated(arms(), instances=False)) == -1).all()


def test_tips_marked_by_hand_replace_those_of_the_labels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", np.where(arms(5) > 0, 60, 120).astype(np.uint8))
    tifffile.imwrite(tmp_path / "labels.tif", arms(5).astype(np.uint16))
    write_points(
        pd.DataFrame({"frame": [0, 1], "y": [20.0, np.nan], "x": [10.0, np.nan]}), tmp_path / "tips.csv"
    )
    (movie,) = read_annotated(tmp_path)
    np.testing.assert_array_equal(drawn(movie, 0) == 1, disc(20.0, 10.0))
    assert (drawn(movie, 1) == 0).all()  # looked at, and found none
    assert (drawn(movie, 2) == -1).all()  # not looked at


def test_simulated_movies_are_learned_from_their_exact_tips(tmp_path: Path) -> None:
    simulated = simulate(n_frames=2, size_px=96, n_cells=1, seed=3)
    write_simulation(simulated, tmp_path / "s3")
    (movie,) = read_annotated(tmp_path / "s3")
    true = simulated.tips[simulated.tips["frame"] == 1][["tip_y", "tip_x"]].to_numpy()
    found = known_tips(movie, 1, USUAL)
    assert found is not None
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(true, axis=0))


def test_marked_tips_of_a_frame_that_is_not_there_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", np.zeros((5, 64, 96), np.uint8))
    tifffile.imwrite(tmp_path / "labels.tif", arms(5).astype(np.uint16))
    write_points(pd.DataFrame({"frame": [5], "y": [20.0], "x": [10.0]}), tmp_path / "tips.csv")
    with pytest.raises(
        InvalidInputError, match="tips in frame 5, which the movie lacks: its frames are numbered 0"
    ):
        read_annotated(tmp_path)


def loader(supervision: Literal["every", "last"] = "every") -> ClipLoader:
    # The tip is brighter than all else, so that a changed frame shows where it belongs.
    images = np.where(arms() > 0, 100, 0).astype(np.uint8)
    for frame in range(2):
        images[frame][disc(30.0, 69.5 + 2 * frame)] = 250
    known = FrameLabels.from_movie(LabelMovie.from_array(arms()))
    part = UsableMovie.whole(AnnotatedMovie(Movie.from_array(images), known))
    still = dict.fromkeys(("rotation_deg", "shift", "shear", "zoom"), 0.0)
    changes = {**still, "quarter_turns": True, "vertical_flip": True}
    config = ClipConfig.parse({"length": 2, "patch_px": 64, "annotate": "any", "augmentation": changes})
    movies = TrainingMovies([part], config, tips=TipTargets(USUAL, RADIUS_PX))
    target = partial(make_target, head=Binary())
    return ClipLoader(ClipSampler(movies, config), target, batch_size=8, supervision=supervision, n_workers=0)


def test_tips_move_with_the_frames() -> None:
    batch = next(loader())
    assert batch.targets.shape == (8, 2, 2, 64, 64)  # mask, then tips
    np.testing.assert_array_equal(batch.targets[:, :, -1] == 1, batch.frames[:, :, 0] > 1.5)  # 1 is the cell
    assert (batch.targets[:, :, -1] == 1).sum(dim=(2, 3)).gt(0).any()


def test_frames_that_teach_nothing_have_unknown_tips() -> None:
    tips = next(loader("last")).targets[:, :, -1]
    assert (tips[:, 0] == -1).all()
    assert (tips[:, 1] >= 0).all()


def test_no_labels_of_single_cells_and_no_marked_tips_is_refused() -> None:
    part = UsableMovie.whole(annotated(arms(), instances=False))
    with pytest.raises(ConfigurationError, match=r"requires labels of single cells, or a file tips.csv"):
        check_tips([part], USUAL)


def test_cells_without_any_tip_are_refused_before_the_first_step(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(network={"head": "binary", "tips": True, "memory": [4, 8], "decoder": [8, 8, 8]})
    with pytest.raises(
        ConfigurationError, match=r"no annotated frame has a protrusion of at least 20 um or 25 px"
    ):
        train(plan, [disc_movie], tmp_path, resources=CPU)
    assert not (tmp_path / "history.csv").exists()


def test_tips_are_scored_like_positions_in_validation() -> None:
    labels = arms()[0]
    true, found = np.array([[30.0, 69.5], [5.0, 5.0]]), np.array([[30.0, 66.0], [50.0, 5.0]])
    seen = Validated(
        "arms",
        0,
        labels,
        labels,
        labels[None].astype(np.float32),
        labels,
        labels > 0,
        True,
        True,
        true,
        found,
    )
    tips = score_frame(seen, cut_off_px=70.0).tips
    assert (tips.tp, tips.fp, tips.fn, tips.distance_sum) == (1, 1, 1, 3.5)


def tip_loss(model: Path, movie: AnnotatedMovie) -> float:
    config = InferenceConfig(model=str(model), backend="torch", threads=1)
    predictor = MoviePredictor(movie.movie, choose_model(config), config)
    probability = torch.from_numpy(predictor.predict(1)[-1]).clamp(1e-6, 1 - 1e-6)
    target = torch.from_numpy(drawn(movie, 1).astype(np.float32))
    return float(weighted_bce_dice(probability.logit()[None, None], target[None, None]))


def test_a_network_learns_where_tips_are(tmp_path: Path) -> None:
    write_simulation(simulate(n_frames=3, size_px=128, n_cells=1, seed=3), tmp_path / "movie")
    plan = tiny_recipe(
        network={"head": "binary", "tips": True, "memory": [4, 8], "decoder": [8, 8, 8], "detail": 4},
        clips={"length": 1, "patch_px": 64, "annotate": "any", "augmentation": {"rotation_deg": 180.0}},
        stages=[{"steps": 40, "batch_size": 2, "learning_rate": 1e-2}],
        split={"validation_fraction": 0.34},
        validation={"every_steps": 40},
    )
    untrained = tmp_path / "untrained.safetensors"
    card = ModelCard(name="untrained", architecture=plan.architecture, network=plan.network)
    save_model(untrained, build_network(plan.architecture, plan.network, seed=0).eval(), card)
    trained = train(plan, [tmp_path / "movie"], tmp_path / "model", resources=CPU)
    (movie,) = read_annotated(tmp_path / "movie")
    assert tip_loss(trained, movie) < 0.8 * tip_loss(untrained, movie)
    assert 0 <= read_card(trained).scores["validation tip F"] <= 1
    assert "tip F, best step" in (tmp_path / "model" / "report.html").read_text(encoding="utf-8")
    config = InferenceConfig(model=str(trained), backend="torch", threads=1)
    tips = find_network_tips(movie.movie, config, threshold=0.05)
    assert list(tips.columns) == ["frame", "y", "x", "score"]
    assert tips["score"].between(0.05, 1).all()
