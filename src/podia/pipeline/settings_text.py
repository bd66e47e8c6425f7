"""Settings as a TOML file with comments, derived from the configuration."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from podia.data.config import FrozenConfig
from podia.pipeline.config import RunConfig


def settings_text(*, everything: bool = False) -> str:
    """Return a TOML file with the default of each setting under a comment; it parses back to the defaults.

    Settings without a default value are commented out, because TOML has no null.

    Parameters
    ----------
    everything
        Include the advanced settings.
    """
    lines = _section(RunConfig(), (), everything)
    if not everything:
        n_all = len(list(setting_names(everything=True)))
        lines = [
            f"# The most common settings. 'podia settings --all' prints all {n_all}.",
            "",
            *lines,
        ]
    return "\n".join(lines).strip() + "\n"


def setting_names(*, everything: bool) -> Iterator[str]:
    """Yield the settings as ``section.key``: the basic ones, or all."""
    yield from _names(RunConfig(), (), everything)


def _names(config: BaseModel, path: tuple[str, ...], everything: bool) -> Iterator[str]:
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            yield from _names(value, (*path, name), everything)
        elif everything or _is_basic(config, name):
            yield ".".join((*path, name))


def _is_basic(config: BaseModel, name: str) -> bool:
    return isinstance(config, FrozenConfig) and name in config.basic_settings


def _section(config: BaseModel, path: tuple[str, ...], everything: bool) -> list[str]:
    plain, nested = [], []
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            nested.append((name, value, field.description or ""))
        elif everything or _is_basic(config, name):
            plain += [*_comment(field.description or ""), _assignment(name, value), ""]
    lines = [f"[{'.'.join(path)}]", *plain] if path and plain else plain
    for name, value, description in nested:
        inner = _section(value, (*path, name), everything)
        # A section that contains only sections has no heading of its own.
        lines += [*_comment(description), *inner] if inner and inner[0].startswith("[") else inner
    return lines


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="# ", subsequent_indent="# ")


def _assignment(name: str, value: Any) -> str:
    if value is None:
        return f"# {name} ="
    # JSON scalars and lists are also valid TOML.
    return f"{name} = {json.dumps(list(value) if isinstance(value, tuple) else value, default=str)}"
