"""Common arguments of the public functions: a configuration, or settings by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podia.data.config import Config, Settings, flat_settings
from podia.data.errors import ConfigurationError, InvalidInputError


def settle_config(
    kind: type[Config],
    config: Config | None,
    settings: Settings | None,
    *,
    section: str = "",
    keywords: Mapping[str, Any] | None = None,
) -> Config:
    """Return the requested configuration: `config`, or the defaults changed by `settings`.

    Parameters
    ----------
    kind
        Class of the configuration.
    section
        Its section in the settings of a run; keys of `settings` may start with it, as on the command line.
    keywords
        Settings with a separate parameter, such as ``{"method": "egt"}``; they are applied in both cases.

    Raises
    ------
    InvalidInputError
        If `config` or `settings` has the wrong type.
    ConfigurationError
        If both are given, a setting is given twice, is unknown, or is out of bounds.
    """
    if config is not None and not isinstance(config, kind):
        raise InvalidInputError(_wrong_config(kind, config))
    if settings is not None and not isinstance(settings, Mapping):
        raise InvalidInputError(
            f"settings is of type {type(settings).__name__}. Give a dictionary with the keys that 'podia settings' "
            f"lists, such as settings={{'tracking.divisions': False}}."
        )
    if config is not None and settings is not None:
        raise ConfigurationError(
            "config and settings are both given. Give one of them: config.with_settings({...}) changes a config."
        )
    named, keywords = settings or {}, keywords or {}
    twice = sorted(set(flat_settings(named, section)) & set(keywords))
    if twice:
        raise ConfigurationError(
            f"'{twice[0]}' is set twice, by a parameter and in settings. Leave one of them out."
        )
    base = kind() if config is None else config
    changes = flat_settings(named, section) | dict(keywords)
    return base.with_settings(changes, section=section) if changes else base


def _wrong_config(kind: type[Config], config: object) -> str:
    if isinstance(config, Mapping):
        remedy = "Give a dictionary as settings={...}."
    elif isinstance(config, str):
        remedy = (
            "podia.load_config reads a file of settings for podia.run; single settings go in settings={...}."
        )
    else:
        remedy = "Give single settings as settings={...}."
    return f"config is of type {type(config).__name__}, not a podia.{kind.__name__}. {remedy}"


def require_kind(value: object, kind: type[Any], name: str, remedy: str) -> None:
    """Raise an error if an argument has the wrong type.

    Raises
    ------
    InvalidInputError
        If `value` is not a `kind`; the message ends with `remedy`.
    """
    if not isinstance(value, kind):
        raise InvalidInputError(
            f"{name} is of type {type(value).__name__}, not a podia.{kind.__name__}. {remedy}"
        )
