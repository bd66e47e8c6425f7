"""Settings in TOML and JSON files that people edit."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from podia.data.errors import ConfigurationError


def read_settings(path: Path, what: str) -> dict[str, Any]:
    """Return the settings in a TOML file, or a JSON file by its suffix.

    Parameters
    ----------
    what
        What error messages call it, such as ``"recipe"``.

    Raises
    ------
    ConfigurationError
        If it cannot be read, is not text in UTF-8, or is not valid.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"Cannot read the {what} '{path}': {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"The {what} '{path}' is not UTF-8 text. Save it as UTF-8.") from None
    kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        values = json.loads(text) if kind == "JSON" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # both decoders raise children of ValueError
        raise ConfigurationError(f"The {what} '{path}' is not valid {kind}: {error}.") from None
    if not isinstance(values, dict):
        raise ConfigurationError(f"The {what} '{path}' contains no settings.")
    return values
