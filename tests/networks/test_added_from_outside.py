"""A head and a network of other packages: found by entry points, trained, stored and run like podia's own."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from perfect_prediction import lowest_iou, perfect_prediction
from podia.data.errors import ConfigurationError
from podia.data.movie import Movie
from podia.networks.card import read_card
from podia.networks.export.readme import readme
from podia.networks.inference.cells import find_cells
from podia.networks.inference.config import InferenceConfig
from podia.networks.model_file import load_model
from podia.networks.models.cost import measure_receptive_field
from podia.networks.models.registry import PLUGINS, architecture_names, build_network, find_architecture
from podia.networks.outputs.registry import OUTPUTS, find_output, parse_output
from podia.networks.plugins import Plugins
from podia.testing.drawn_cells import disc
from podia.testing.small_movies import crawling_discs
from podia.training.recipe import load_recipe
from podia.training.train import train
from tiny_trainings import CPU, tiny_recipe

EXAMPLES = Path(__file__).parents[2] / "examples"


def forget_entries() -> None:
    for plugins in (OUTPUTS, PLUGINS):
        plugins.__dict__.pop("entries", None)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Both examples installed as pip does it: the modules, and a ``.dist-info`` with the entry points."""
    site = tmp_path / "site-packages"
    for example in ("added_head", "added_network"):
        project = tomllib.loads((EXAMPLES / example / "pyproject.toml").read_text())["project"]
        install(site, project["name"], project["entry-points"])
        for module in (EXAMPLES / example).glob("*.py"):
            shutil.copy(module, site)
    monkeypatch.syspath_prepend(site)
    forget_entries()
    yield site
    forget_entries()


def install(site: Path, name: str, groups: dict[str, dict[str, str]]) -> None:
    info = site / f"{name.replace('-', '_')}-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


def write_annotated_movie(folder: Path) -> Path:
    """A small movie beside its labels, as ``podia train`` finds them."""
    labels = crawling_discs(6)
    tifffile.imwrite(folder / "movie.tif", (50 + 40 * labels).astype(np.uint8))
    tifffile.imwrite(folder / "labels.tif", labels.astype(np.uint16))
    return folder


@pytest.mark.usefixtures("installed")
def test_they_are_listed_after_podias_own() -> None:
    assert list(OUTPUTS)[-1] == "core"
    assert architecture_names()[-1] == "dilated"
    assert find_output("core").decode_config.parse({"reach_px": 2.0}).head == "core"
    assert find_architecture("dilated").source.endswith("arXiv:1511.07122")


@pytest.mark.usefixtures("installed")
def test_touching_cells_come_back_through_the_added_head() -> None:
    labels = np.zeros((121, 121), np.int32)
    labels[disc(16, centre=(50, 34))], labels[disc(16, centre=(50, 66))] = 1, 2
    labels[30:70, 50] = np.where(labels[30:70, 50] > 0, 2, 0)
    head = parse_output("core")
    found = head.decode(perfect_prediction(labels, head))
    assert found.max() == 2
    assert lowest_iou(labels, found) > 0.95


@pytest.mark.usefixtures("installed")
def test_an_added_network_takes_any_head_and_its_costs_are_measured() -> None:
    network = build_network("dilated", {"head": "core", "tips": True})
    assert network.config.n_outputs == 3
    seen = measure_receptive_field(network)
    assert seen is not None
    assert seen.halo_px == 1 + 2 + 4 + 8


def test_a_head_whose_package_is_gone_is_named(installed: Path) -> None:
    card = {"architecture": "dilated", "network": {"head": "core"}}
    assert find_architecture(card["architecture"]).configure(card["network"]).head.name == "core"
    shutil.rmtree(installed)
    forget_entries()
    with pytest.raises(ConfigurationError, match=r"Unknown head 'core'\.|Unknown architecture"):
        find_output("core")


def test_a_package_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "broken-heads", {"podia.outputs": {"broken": "no_such_module:Head"}})
    monkeypatch.syspath_prepend(tmp_path)
    plugins = Plugins("podia.outputs", "head", {})
    with pytest.raises(ConfigurationError, match=r"'broken' of the package 'broken-heads' cannot be loaded"):
        plugins.load("broken")


def test_names_of_podias_own_cannot_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "same-name", {"podia.outputs": {"contour": "no_such_module:Head"}})
    monkeypatch.syspath_prepend(tmp_path)
    plugins = Plugins("podia.outputs", "head", {"contour": "podia.networks.outputs.contour:Contour"})
    assert plugins.load("contour").__name__ == "Contour"


@pytest.mark.usefixtures("installed")
def test_an_added_network_with_an_added_head_is_trained_stored_and_run(tmp_path: Path) -> None:
    recipe = load_recipe(EXAMPLES / "added_network" / "dilated.toml")
    assert recipe.decode.head == "binary"
    plan = tiny_recipe(
        architecture="dilated",
        network={"head": "core", "channels": 4, "dilations": [1, 2]},
        clips={"length": 1, "patch_px": 32},
        stages=[{"steps": 2}],
        decode={"min_area_px": 5.0},
    )
    assert plan.loss.name == "own"
    folder = tmp_path / "data"
    folder.mkdir()
    path = train(plan, [write_annotated_movie(folder)], tmp_path / "out", resources=CPU)
    card = read_card(path)
    assert card.decode is not None
    assert (card.decode.head, card.decode.min_area_px) == ("core", 5.0)
    network, _ = load_model(path)
    assert "Probability of a cell, and of the inside" in readme(card, network)
    movie = Movie.from_array(crawling_discs()[:1].astype(np.uint8) * 50)
    labels = find_cells(movie, InferenceConfig(model=str(path), backend="torch", device="cpu"))
    assert labels.frame(0).shape == movie.frame_shape
