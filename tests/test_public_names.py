"""The public names: each is there, typed, and loaded on first use."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import podia
from podia.data.config import FrozenConfig

FUNCTIONS = [name for name in podia.__all__ if inspect.isfunction(getattr(podia, name))]


def test_every_public_name_is_there_and_typed() -> None:
    """Editors and mypy read the imports under TYPE_CHECKING, which must name all that is loaded on first use."""
    tree = ast.parse(Path(podia.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == podia._PUBLIC
    assert sorted(podia.__all__) == sorted([*typed, "__version__"])
    for name in podia.__all__:
        assert getattr(podia, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'podia' has no attribute 'segmnt'"):
        _ = podia.segmnt


def configs_in(kind: Any) -> set[type[FrozenConfig]]:
    if isinstance(kind, type) and issubclass(kind, FrozenConfig):
        return {kind}
    return {config for part in get_args(kind) for config in configs_in(part)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_configs_that_a_public_function_takes_are_public(name: str) -> None:
    try:
        hints = get_type_hints(getattr(podia, name))
    except NameError:
        pytest.skip("has types that are imported for checking only")
    hints.pop("return", None)
    for config in {config for kind in hints.values() for config in configs_in(kind)}:
        assert getattr(podia, config.__name__) is config


def test_importing_podia_loads_nothing_heavy() -> None:
    code = "import podia, sys; print(sorted({'torch', 'pandas', 'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
