"""docs/training.md says what is so: recipes, settings and options in it are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from podia.cli.main import app
from podia.data.config import override
from podia.training.data.data_list import DataList
from podia.training.recipe import Recipe, load_recipe, shipped_recipes

TEXT = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
TOML = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
FENCES = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
BLOCKS = "\n".join(block for language, block in FENCES if not language)
COMMANDS = re.findall(r"^podia (\w+) (.*?)(?:\s+#.*)?$", BLOCKS, re.MULTILINE)


def test_the_table_of_recipes_is_that_of_the_package() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| .*? \| ([\d,]+) \|", TEXT, re.MULTILINE))
    assert rows == {name: f"{load_recipe(name).n_steps:,}" for name in shipped_recipes()}


def test_the_data_list_and_the_recipe_in_it_are_valid() -> None:
    data, recipe = map(tomllib.loads, TOML)
    assert [entry.name for entry in DataList.parse(data).data] == ["glioma", "stars"]
    assert Recipe.parse(recipe).n_steps == 1000


@pytest.mark.parametrize(("command", "arguments"), COMMANDS)
def test_every_command_in_it_has_the_options_it_is_given(command: str, arguments: str) -> None:
    group: Any = get_command(app)
    found = group.commands[command]
    if hasattr(found, "commands"):
        found = found.commands[arguments.split()[0]]
    known = {option for parameter in found.params for option in parameter.opts}
    assert set(re.findall(r"(?<= )--?[a-z][\w-]*", f" {arguments}")) <= known


def test_every_setting_that_is_set_in_it_exists() -> None:
    settings = re.findall(r"--set ((?:stages|clips|split|validation)[\w.]+=[\w.]+)", TEXT)
    assert len(settings) >= 4
    override(load_recipe("podia"), settings)
