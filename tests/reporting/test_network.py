"""What the page says of the network that made the masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from podia.data.calibration import Calibration
from podia.networks.card import ModelCard, TrainingData
from podia.reporting.network import network_words
from podia.reporting.report import report
from tiny_report import tiny_inputs

CARD = ModelCard(
    name="podia-<phase>",
    architecture="podia",
    pixel_size_um=0.65,
    data=(TrainingData(name="T98G", licence="CC BY 4.0"), TrainingData(name="PtK1", licence="CC0")),
    limits="Confluent sheets.",
)


def test_its_name_training_and_limits_stand_on_the_page(tmp_path: Path) -> None:
    inputs = replace(
        tiny_inputs(2), models=(CARD,), segmented_by="masks by the network podia-<phase>, run by torch"
    )
    page = report(inputs, tmp_path / "report.html").read_text()
    assert "masks by the network podia-&lt;phase&gt;, run by torch" in page
    assert "Trained on T98G (CC BY 4.0); PtK1 (CC0). Trained at" in page
    assert "Known limits: Confluent sheets." in page


def test_of_an_ensemble_all_networks_are_named(tmp_path: Path) -> None:
    other = CARD.model_copy(update={"name": "mine", "limits": "Dark cells."})
    page = report(replace(tiny_inputs(2), models=(CARD, other)), tmp_path / "report.html").read_text()
    assert "made by the mean of the networks podia-&lt;phase&gt; + mine" in page
    assert "<p>mine: Trained on T98G" in page
    assert "Known limits: Confluent sheets." in page
    assert "Known limits: Dark cells." in page


def test_without_a_network_nothing_is_said_of_one(tmp_path: Path) -> None:
    page = report(tiny_inputs(2), tmp_path / "report.html").read_text()
    assert "masks by" not in page
    assert "made by the network" not in page


def test_a_file_that_says_nothing_is_not_taken_for_one_without_limits() -> None:
    (words,) = network_words(replace(tiny_inputs(1), models=(ModelCard(name="mine", architecture="podia"),)))
    assert words.trained_on == "The model file does not document the training data."
    assert "does not mean that there are none" in words.limits
    assert words.scale == ""


@pytest.mark.parametrize(
    ("pixel_size_um", "scale"), [(0.5, "this movie has 0.5\u202fµm."), (None, "scale may not match.")]
)
def test_the_scale_that_it_knows_is_set_against_the_movies(pixel_size_um: float | None, scale: str) -> None:
    inputs = tiny_inputs(1, calibration=Calibration(pixel_size_um, 120.0))
    (words,) = network_words(replace(inputs, models=(CARD,)))
    assert words.scale.startswith("Trained at 0.65\u202fµm per pixel")
    assert scale in words.scale
