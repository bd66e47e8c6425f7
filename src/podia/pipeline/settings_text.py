"""Every setting in words, derived from the configuration's own declaration."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from pydantic import BaseModel

from podia.pipeline.config import RunConfig


def settings_text() -> str:
    """Return a TOML file that holds every default, a comment a setting; it parses back to the defaults.

    A setting that is undefined by default is commented out, since TOML has no word for that.
    """
    return "\n".join(_section(RunConfig(), ())).strip() + "\n"


def _section(config: BaseModel, path: tuple[str, ...]) -> list[str]:
    plain, nested = [], []
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            nested.append((name, value, field.description or ""))
        else:
            plain += [*_comment(field.description or ""), _assignment(name, value), ""]
    lines = [f"[{'.'.join(path)}]", *plain] if path and plain else plain
    for name, value, description in nested:
        lines += [*_comment(description), *_section(value, (*path, name))]
    return lines


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="# ", subsequent_indent="# ")


def _assignment(name: str, value: Any) -> str:
    if value is None:
        return f"# {name} ="
    # JSON's scalars and lists are TOML's too.
    return f"{name} = {json.dumps(list(value) if isinstance(value, tuple) else value, default=str)}"
