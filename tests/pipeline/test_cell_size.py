"""Runs of a model that was trained at one width of cells."""

from __future__ import annotations

from pathlib import Path

from podia.data.config import override
from podia.networks.model_file import load_model, save_model
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run
from podia.testing.small_movies import write_small_movie


def config_for(model: Path, *settings: str) -> RunConfig:
    network = [f"segmentation.network.model='{model}'", "segmentation.network.backend=torch"]
    return override(
        RunConfig(), ["segmentation.method=network", "segmentation.network.threads=1", *network, *settings]
    )


def test_cell_width_is_estimated_once_recorded_and_can_be_given(tmp_path: Path, discs_model: Path) -> None:
    network, card = load_model(discs_model)
    model = tmp_path / "sized.safetensors"
    save_model(model, network, card.model_copy(update={"cell_diameter_px": 12.0}))
    movie = write_small_movie(tmp_path)
    facts = run(movie, tmp_path / "results", config_for(model), until="segment").segmentation
    assert facts.cell_diameter_estimated
    assert f"for cells {facts.cell_diameter_px:.3g} px wide (estimated)" in facts.made_by

    given = config_for(model, "segmentation.network.cell_diameter='12px'")
    facts = run(movie, tmp_path / "results", given, until="segment").segmentation
    assert (facts.cell_diameter_px, facts.cell_diameter_estimated) == (12.0, False)
