"""``podia annotate``, and ``podia train`` on what was drawn, through the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import tifffile

from podia.cli.main import main
from podia.networks.card import read_card
from podia.testing.small_movies import crawling_discs, write_small_movie
from tiny_trainings import tiny_recipe


@pytest.fixture
def podia(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run ``podia``; gives exit code, what is printed, and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["podia", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def test_from_a_movie_to_a_model_by_way_of_three_drawn_frames(
    podia, discs_model: Path, tmp_path: Path
) -> None:
    movie, folder = write_small_movie(tmp_path / "movies", name="dish.tif"), tmp_path / "to_annotate"
    code, out, _ = podia("annotate", movie, "-o", folder, "--images", 3, "--model", discs_model, "-q")
    assert code == 0
    assert out.splitlines()[0] == f"3 new pictures in {folder} (3 in total)."
    assert out.splitlines()[-1] == f"Then: podia train podia {folder} -o my_model"

    recipe = tmp_path / "tiny.toml"
    recipe.write_text(_toml(tiny_recipe().model_dump(mode="json", exclude_defaults=True)))
    code, _, err = podia("train", recipe, folder, "-o", tmp_path / "model", "-q")
    assert code == 2
    assert "Nothing is annotated yet" in err

    record = json.loads((folder / "annotation.json").read_text())
    for picture in record["pictures"]:
        tifffile.imwrite(folder / "masks" / f"{picture['name']}.tif", crawling_discs()[picture["frame"]])
    code, _, err = podia("train", recipe, folder, "-o", tmp_path / "model", "--device", "cpu", "-q")
    assert code == 0, err
    card = read_card(tmp_path / "model" / "model.safetensors")
    assert card.pixel_size_um == 0.5, "as the movie says"
    assert card.name == "model", "as its folder"


def test_a_training_says_whether_there_is_a_model_yet_and_whether_anything_was_done(
    podia, tmp_path: Path
) -> None:
    write_small_movie(tmp_path / "data")
    tifffile.imwrite(tmp_path / "data" / "labels.tif", crawling_discs().astype("uint16"))
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(_toml(tiny_recipe().model_dump(mode="json", exclude_defaults=True)))
    train = ("train", recipe, tmp_path / "data", "-o", tmp_path / "model", "--device", "cpu", "-q")
    code, out, err = podia(*train, "--minutes", 0)
    assert code == 0, err
    assert (
        out.splitlines()[0]
        == "No model yet: the first validation is at step 2. Run the same command again to resume."
    )
    assert "Model:" not in out
    assert podia(*train)[1].startswith("Model: ")
    assert podia(*train)[1].startswith("This training was already finished. Nothing was done.\nModel: ")


def test_a_second_call_says_that_the_pictures_are_there(podia, tmp_path: Path) -> None:
    movie, folder = write_small_movie(tmp_path / "movies"), tmp_path / "to_annotate"
    ask = ("annotate", movie, "-o", folder, "--images", 2, "--model", "none")
    code, out, _ = podia(*ask, "--json", "--set", "time_weight=0.5")
    assert code == 0
    told = json.loads(out)
    assert (told["new"], [picture["movie"] for picture in told["pictures"]]) == (2, ["movies", "movies"])
    code, out, _ = podia(*ask)
    assert (code, out) == (0, f"{folder} already holds 2 pictures. Use --images to add more.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "uncertainty_weight=2"), "Setting 'uncertainty_weight' is 2"),
        (("--model", "podia-phas"), "There is no model 'podia-phas'. Did you mean 'podia-phase'?"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    podia, arguments: tuple[str, str], message: str, tmp_path: Path
) -> None:
    movie = write_small_movie(tmp_path / "movies")
    code, _, err = podia("annotate", movie, "-o", tmp_path / "a", *arguments)
    assert code == 2
    assert message in err
    assert not (tmp_path / "a").exists()


def _toml(values: dict[str, object]) -> str:
    """Settings of a recipe as TOML: JSON's values are TOML's, but for tables."""
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    lines = [f"{name} = {_inline(value)}" for name, value in values.items() if name not in tables]
    return "\n".join(lines + [f"{name} = {_inline(value)}" for name, value in tables.items()])


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)
