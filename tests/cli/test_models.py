"""``podia models``, through its own application."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from podia.cli.models import app
from podia.data.errors import InvalidInputError
from podia.networks.card import ModelCard
from podia.networks.model_file import save_model
from podia.networks.models import registry
from podia.networks.models.registry import ARCHITECTURES, build_network


def models(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_all_architectures_are_listed() -> None:
    listed = json.loads(models("list", "--all", "--json"))
    assert [row["name"] for row in listed["architectures"]] == list(ARCHITECTURES)
    assert all(name in models("list", "--all") for name in ARCHITECTURES)


def test_without_all_the_architectures_of_published_systems_are_left_out() -> None:
    listed = json.loads(models("list", "--json"))
    assert [row["name"] for row in listed["architectures"]] == ["podia", "unet", "smp"]
    assert "More with --all" in models("list")
    assert "More with --all" not in models("list", "--all")


@pytest.mark.parametrize("columns", ["60", "200"])
def test_summaries_are_wrapped_and_never_cut(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = " ".join(models("list", "--all").split())
    assert all(" ".join(entry.summary.split()) in shown for entry in ARCHITECTURES.values())


def test_costs_are_listed_where_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    two = {name: ARCHITECTURES[name] for name in ("convlstm-mobilenet-b5", "linknet")}
    monkeypatch.setattr(registry, "ARCHITECTURES", two)
    b5, linknet = json.loads(models("list", "--all", "--costs", "--json"))["architectures"]
    assert b5["parameters"] == 99_270
    shown = json.loads(models("show", "linknet", "--json"))
    assert linknet["parameters"] == shown["parameters"]["fine_tuning"]
    assert linknet["multiply_adds_per_megapixel"] == shown["multiply_adds_per_megapixel"]
    shown = " ".join(models("list", "--all", "--costs").split())
    assert "[11.5 million parameters, 40.9 billion multiply-adds per megapixel]" in shown


def test_b5_is_shown_with_its_published_parameters() -> None:
    shown = json.loads(models("show", "convlstm-mobilenet-b5", "--json"))
    assert shown["parameters"] == {"encoder_frozen": 83_430, "fine_tuning": 99_270, "all": 101_714}
    assert shown["outputs"]["channels"] == ["background", "cell"]
    assert shown["inputs"]["frames"] == 5
    assert shown["receptive_field_px"] == 123
    parts = shown["multiply_adds_per_megapixel_of_part"]
    assert shown["multiply_adds_per_megapixel"] == sum(parts.values())
    assert "83,430" in models("show", "convlstm-mobilenet-b5")


def test_a_model_file_is_shown_with_its_card(tmp_path: Path) -> None:
    values = {"base_filters": 2, "tips": True}
    path = tmp_path / "mine.safetensors"
    card = ModelCard(name="mine", architecture="convlstm-mobilenet-b5", network=values, limits="Dense cells.")
    save_model(path, build_network(card.architecture, values), card)
    shown = json.loads(models("show", path, "--json"))
    assert (shown["name"], shown["settings"]["base_filters"]) == ("mine", 2)
    assert shown["outputs"]["channels"] == ["background", "cell", "protrusion tip"]
    assert shown["card"]["limits"] == "Dense cells."
    assert len(shown["sha256"]) == 64
    assert "Dense cells." in models("show", path)


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        InvalidInputError, match=r"no model or architecture 'u-lstm-encodr'.*'u-lstm-encoder'"
    ):
        models("show", "u-lstm-encodr")
