"""One training on data sets of different scale, brightness and annotation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from scipy import ndimage as ndi

from podia.data.config import override
from podia.networks.card import read_card
from podia.networks.models.registry import build_network
from podia.training.clips.clips import sample_clip
from podia.training.clips.training_movies import TrainingMovies
from podia.training.data.annotated import UsableMovie
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.recipe import load_recipe
from podia.training.train import TrainingResources, train
from podia.training.validation import FrameScores, validate
from small_networks import SMALL

RADIUS_UM = 6.0
STILL = [
    f"clips.augmentation.{name}=0"
    for name in (
        "rotation_deg",
        "shear",
        "zoom",
        "elastic_px",
        "brightness",
        "contrast",
        "gamma",
        "noise",
        "blur_px",
    )
]


def write_data(folder: Path) -> Path:
    """Three data sets of the same two discs: fine and dark, coarse and bright, and a foreground without cells."""
    listing = ""
    for name, pixel_size_um, brightness in (("fine", 0.325, 1), ("coarse", 1.3, 20), ("foreground", 0.65, 5)):
        size = round(62.4 / pixel_size_um)
        y, x = np.mgrid[:size, :size] * pixel_size_um
        labels = np.zeros((2, size, size), np.uint16)
        labels[:, np.hypot(y - 18, x - 18) < RADIUS_UM] = 1
        labels[:, np.hypot(y - 44, x - 40) < RADIUS_UM] = 2
        noise = np.random.default_rng(0).normal(0, 1, labels.shape)
        frames = (brightness * (100 - 40 * (labels > 0) + noise)).astype(np.uint16)
        images, masks = (
            folder / name / "01",
            folder / name / "01_GT" / ("FG" if name == "foreground" else "SEG"),
        )
        images.mkdir(parents=True)
        masks.mkdir(parents=True)
        for t in range(2):
            tifffile.imwrite(images / f"t{t:03d}.tif", frames[t])
            label = labels[t] > 0 if name == "foreground" else labels[t]
            tifffile.imwrite(masks / f"man_seg{t:03d}.tif", label.astype(np.uint16))
        listing += f'[[data]]\nname = "{name}"\npaths = ["{name}/01"]\npixel_size_um = {pixel_size_um}\n'
    (folder / "data.toml").write_text(listing)
    return folder / "data.toml"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("microscopies"))


def test_cells_and_grey_values_of_all_data_sets_look_alike_to_the_network(data: Path) -> None:
    recipe = override(
        load_recipe("podia-all"),
        ["clips.patch_px=96", "clips.length=1", "clips.augmentation.paste_probability=0", *STILL],
    )
    parts = [UsableMovie.whole(movie) for movie in read_data([data], ReadingOptions()).movies]
    movies = TrainingMovies(parts, recipe.clips)
    expected_px = np.pi * (RADIUS_UM / 0.65) ** 2
    drawn = set()
    for item in range(12):
        clip = sample_clip(movies, recipe.clips, seed=0, step=0, item=item)
        pieces, n = ndi.label(clip.labels[0] > 0)
        assert np.bincount(pieces.ravel())[1:] == pytest.approx([expected_px] * n, rel=0.12)
        assert np.median(clip.frames[clip.labels > 0]) < -0.7 < 0.7 < np.median(clip.frames[clip.labels == 0])
        drawn.add(movies.movies[clip.movie].dataset)
    assert drawn == {"fine", "coarse", "foreground"}


def test_a_training_on_all_of_them_runs_and_its_model_knows_the_scale(data: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    miniature = [
        "initial_weights=none",
        "clips.patch_px=32",
        "stages.0.steps=2",
        "stages.1.steps=1",
        "clips.length=2",
    ]
    recipe = override(load_recipe("podia-all"), miniature)
    recipe = recipe.model_copy(update={"network": SMALL["podia"][1]})
    card = read_card(train(recipe, [data], tmp_path, resources=TrainingResources(device="cpu", n_workers=0)))
    assert card.pixel_size_um == 0.65
    assert [source.name for source in card.data] == ["fine", "coarse", "foreground"]


def test_a_foreground_without_cells_counts_in_jaccard_but_not_in_seg(data: Path) -> None:
    recipe = load_recipe("podia-all")
    movies = [UsableMovie.whole(movie) for movie in read_data([data], ReadingOptions()).movies]
    network = build_network("podia", SMALL["podia"][1], seed=0)
    frames: list[FrameScores] = []
    scores = validate(network, movies, recipe, look=lambda _result, frame: frames.append(frame))
    assert len(frames) == 6
    assert scores.n_cells == 8  # two cells in two frames of two data sets
    assert (
        validate(network, movies[2:], recipe).n_cells == 2
    )  # where there is no other, all that touches is one
