"""Arguments of the public functions: settings by name, methods and models, and what is refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import podia
from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError, InvalidInputError, PodiaError
from podia.data.movie import LabelMovie, Movie
from podia.segmentation.config import SegmentationConfig
from podia.testing.small_movies import as_phase_contrast, crawling_discs, write_small_movie

LABELS = crawling_discs(3)
CALIBRATION = Calibration(pixel_size_um=1.0, frame_interval_s=300)


@pytest.fixture(scope="module")
def movie() -> Movie:
    return Movie.from_array(as_phase_contrast(LABELS), CALIBRATION)


@pytest.fixture(scope="module")
def labels() -> LabelMovie:
    return LabelMovie.from_array(LABELS, CALIBRATION)


@pytest.mark.parametrize(
    "settings",
    [
        {"segmentation.method": "blobs", "segmentation.blobs.min_quality": 1e6},
        {"segmentation": {"method": "blobs", "blobs": {"min_quality": 1e6}}},
        {"method": "blobs", "blobs": {"min_quality": 1e6}},
        {"method": "blobs", "blobs.min_quality": 1e6},
    ],
    ids=["dotted", "nested", "nested without the section", "dotted without the section"],
)
def test_settings_are_named_as_on_the_command_line(movie: Movie, settings: dict[str, Any]) -> None:
    assert podia.segment(movie, method="blobs").frame(0).any()
    assert not podia.segment(movie, settings=settings).frame(0).any()


def test_a_model_is_given_by_name_or_by_file_or_as_several(movie: Movie, discs_model: Path) -> None:
    alone = podia.segment(movie, model=discs_model).to_array()
    assert alone.any()
    assert np.array_equal(podia.segment(movie, model=str(discs_model)).to_array(), alone)
    assert np.array_equal(podia.segment(movie, model=[discs_model, discs_model]).to_array(), alone)
    settings = {"segmentation.network.model": str(discs_model)}
    assert np.array_equal(podia.segment(movie, settings=settings).to_array(), alone)


def test_method_and_model_go_on_top_of_a_config(movie: Movie, discs_model: Path) -> None:
    config = SegmentationConfig().with_settings({"gap_filling.enabled": False})
    by_name = podia.segment(movie, config, model=discs_model).to_array()
    in_config = config.with_settings({"network.model": str(discs_model)})
    assert np.array_equal(by_name, podia.segment(movie, in_config).to_array())


def test_tracks_measures_and_reports_take_settings(movie: Movie, labels: LabelMovie, tmp_path: Path) -> None:
    lineage = podia.track(labels, settings={"tracking.divisions": False})
    assert not lineage.parents
    tables = podia.measure(movie, labels, lineage, settings={"measurement.shapes.n_clusters": 2})
    assert len(tables.shape_transitions) == 2 * 2
    page = podia.report(tables, tmp_path / "report.html", settings={"report.max_page_mb": 5})
    assert "html" in page.read_text(encoding="utf-8")


def test_simulation_drift_and_evaluation_take_settings(movie: Movie, labels: LabelMovie) -> None:
    settings = {"n_frames": 2, "size_px": 128, "n_cells": 1}
    simulated = podia.simulate(settings=settings, seed=3)
    assert (simulated.movie.shape, simulated.config.seed) == ((2, 128, 128), 3)
    by_config = podia.simulate(podia.SimulationConfig().with_settings(settings | {"seed": 3}))
    assert simulated.config == by_config.config
    for name in ("enabled", "preprocessing.drift.enabled"):
        unchanged, drift = podia.correct_drift(movie, settings={name: False})
        assert unchanged is movie
        assert not drift.shifts.any()
    near = podia.evaluate(labels, labels, measures=["boundary_F"], settings={"tolerance": "3 px"})
    assert near.scores["boundary_F"] == 1.0


def test_annotation_comparison_and_training_take_settings(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    chosen = podia.annotate([movie], tmp_path / "annotated", settings={"frames": 2, "model": None})
    assert chosen.n_new == 2
    with pytest.raises(ConfigurationError, match=r"Unknown setting 'clips.patch'. Did you mean 'patch_px'"):
        podia.train("podia", [movie], tmp_path / "model", settings={"clips.patch": 64})
    with pytest.raises(ConfigurationError, match=r"'min_frames' is 0: .*greater than or equal to 1"):
        podia.compare(tmp_path / "experiment.csv", tmp_path / "out", settings={"min_frames": 0})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("simulate", podia.SimulationConfig),
        ("correct_drift", podia.DriftConfig),
        ("evaluate", podia.EvaluationConfig),
        ("compare", podia.CompareConfig),
        ("annotate", podia.FrameChoiceConfig),
    ],
)
def test_config_and_settings_exclude_each_other_and_wrong_ones_are_refused(
    movie: Movie, labels: LabelMovie, name: str, kind: type[FrozenConfig]
) -> None:
    data: dict[str, tuple[Any, ...]] = {
        "simulate": (),
        "correct_drift": (movie,),
        "evaluate": (labels, labels),
        "compare": ("experiment.csv", "out"),
        "annotate": ([], "out"),
    }
    call = partial(getattr(podia, name), *data[name])
    with pytest.raises(ConfigurationError, match="config and settings are both given"):
        call(config=kind(), settings={})
    with pytest.raises(ConfigurationError, match=r"Unknown setting '(preprocessing\.drift\.)?spiid'"):
        call(settings={"spiid": 1})
    with pytest.raises(InvalidInputError, match=rf"config is of type dict, not a podia\.{kind.__name__}"):
        call(config={})


def test_tables_have_names_as_items_and_as_attributes(movie: Movie, labels: LabelMovie) -> None:
    tables = podia.measure(movie, labels, podia.track(labels))
    assert tables["cells"] is tables.cells
    assert {"cells", "tracks", "edge_events"} <= set(tables) & set(dir(tables))
    with pytest.raises(AttributeError, match=r"no table 'cell'. Did you mean 'cells'"):
        _ = tables.cell
    with pytest.raises(KeyError, match=r"no table 'track'. Did you mean 'tracks'"):
        _ = tables["track"]


def test_a_method_that_needs_no_network_takes_no_model(movie: Movie) -> None:
    with pytest.raises(InvalidInputError, match="model requires method='network', but method is 'egt'"):
        podia.segment(movie, method="egt", model="podia-phase")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"config": {"method": "egt"}}, r"config is of type dict, not a podia\.SegmentationConfig.*settings="),
        ({"config": "run.toml"}, r"config is of type str.*load_config"),
        ({"settings": "method=egt"}, r"settings is of type str.*dictionary"),
        ({"settings": {"method": "egt"}, "config": SegmentationConfig()}, "config and settings are both given"),
        ({"settings": {"segmentation.method": "egt"}, "method": "egt"}, "'method' is set twice"),
        ({"method": "otsu"}, r"'segmentation\.method' is 'otsu'.*'egt'"),
        ({"model": 3}, "model is 3. Use the name of an included model"),
        ({"model": "podia-fase"}, "no model 'podia-fase'. Did you mean 'podia-phase'"),
        ({"settings": {"egt.gredy": 1}}, r"'segmentation\.egt\.gredy'. Did you mean 'greedy'"),
        ({"settings": {"greedy": 1}}, r"'segmentation\.greedy'. Did you mean 'segmentation\.egt\.greedy'"),
        ({"settings": {"tracking.divisions": False}}, r"Unknown setting 'segmentation\.tracking'"),
        ({"settings": {"egt.greedy": 99}}, r"'segmentation\.egt\.greedy' is 99: .*less than or equal to 50"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_with_a_remedy(
    movie: Movie, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(PodiaError, match=message):
        podia.segment(movie, **arguments)


def test_files_and_arrays_in_place_of_movies_are_refused_with_a_remedy(
    movie: Movie, labels: LabelMovie, tmp_path: Path
) -> None:
    with pytest.raises(
        InvalidInputError, match=r"movie is of type str, not a podia\.Movie\. podia\.read opens"
    ):
        podia.segment("movie.tif")
    with pytest.raises(InvalidInputError, match=r"labels is of type ndarray.*podia\.read_labels"):
        podia.track(labels.to_array())
    with pytest.raises(InvalidInputError, match=r"lineage is of type str.*podia\.read_tracks"):
        podia.measure(movie, labels, "tracks.geff")
    with pytest.raises(InvalidInputError, match=r"Cannot report on an object of type dict.*podia\.measure"):
        podia.report({}, tmp_path / "x.html")
    with pytest.raises(ConfigurationError, match=r"'report.max_page'. Did you mean 'max_page_mb'"):
        podia.report(
            podia.measure(movie, labels, podia.track(labels)), tmp_path / "x.html", settings={"max_page": 1}
        )
