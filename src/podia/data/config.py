"""Base class of all configurations: parsing, changing individual settings, error messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from podia.data.errors import ConfigurationError, nearest_name_hint

_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


class FrozenConfig(BaseModel):
    """A frozen configuration, with units in the names, bounds on the values, and a description of each field.

    Build one from untrusted input with :meth:`parse`, which converts pydantic's report to one clear line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    basic_settings: ClassVar[tuple[str, ...]] = ()
    """Fields that users commonly change; all others are advanced, and only shown by ``podia settings --all``."""

    @model_validator(mode="before")
    @classmethod
    def _read_null(cls, values: Any) -> Any:
        """Convert the word ``null`` in `values` to None, which TOML and the command line cannot express otherwise."""
        if not isinstance(values, dict):
            return values
        return {
            key: None if isinstance(value, str) and value == "null" else value
            for key, value in values.items()
        }

    @classmethod
    def parse(cls, values: dict[str, Any], *, section: str = "") -> Self:
        """Parse `values` into a configuration; messages name the settings as part of `section`.

        Raises
        ------
        ConfigurationError
            On an unknown key (with the nearest known one) or a value out of bounds.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigurationError(_first_problem(cls, error, section)) from None

    def with_settings(self, settings: Settings, *, section: str = "") -> Self:
        """Return a copy with `settings` changed: keys as for the command line's ``--set``, dotted or nested.

        Parameters
        ----------
        settings
            Such as ``{"network.model": "my.safetensors"}`` or ``{"network": {"model": "my.safetensors"}}``. Other
            settings keep their values.
        section
            The section of this configuration in the settings of a run; keys may start with it.

        Raises
        ------
        ConfigurationError
            On an unknown key (with the nearest known one) or a value out of bounds.

        Examples
        --------
        >>> class Spots(FrozenConfig):
        ...     size_px: int = 3
        >>> Spots().with_settings({"spots.size_px": 5}, section="spots")
        Spots(size_px=5)
        """
        values = self.as_written()
        for key, value in flat_settings(settings, section).items():
            _assign(values, key.split("."), value)
        return type(self).parse(values, section=section)

    def as_written(self) -> dict[str, Any]:
        """Return the values to which changed settings are applied."""
        return self.model_dump()


Settings = Mapping[str, Any]
"""Settings by name, such as ``{"tracking.divisions": False}``; names may be nested instead of dotted."""


Config = TypeVar("Config", bound=FrozenConfig)


def override(config: Config, settings: Iterable[str]) -> Config:
    """Return `config` with ``section.key=value`` settings applied; values are parsed as TOML, otherwise as text.

    Raises
    ------
    ConfigurationError
        If a setting has no ``=``, names an unknown key, or is out of bounds.
    """
    values = config.as_written()
    for setting in settings:
        path, separator, text = setting.partition("=")
        if not separator or not path.strip():
            raise ConfigurationError(f"'{setting}' is not a setting: write section.key=value.")
        _assign(values, path.strip().split("."), _parse_value(text.strip()))
    return type(config).parse(values)


def flat_settings(settings: Settings, section: str = "") -> dict[str, Any]:
    """Return settings with dotted names, without a leading `section`.

    >>> flat_settings({"tracking": {"divisions": False}, "tracking.merges": True}, "tracking")
    {'divisions': False, 'merges': True}
    """
    return {key.removeprefix(f"{section}."): value for key, value in _leaves(settings, "")}


def _leaves(settings: Settings, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _first_problem(model: type[BaseModel], error: ValidationError, section: str = "") -> str:
    problem = error.errors()[0]
    path = [str(part) for part in problem["loc"]]
    where = ".".join([*([section] if section else []), *path])
    cause = problem.get("ctx", {}).get("error")
    if not path and isinstance(cause, ConfigurationError):  # from nested settings
        return str(cause)
    if problem["type"] == "extra_forbidden":
        allowed = _field_names(model, path[:-1])
        hint = nearest_name_hint(path[-1], allowed) or _hint_elsewhere(model, path[-1], section)
        return f"Unknown setting '{where}'.{hint} Allowed here: {', '.join(sorted(allowed))}."
    found, message = problem["input"], problem["msg"].removeprefix("Value error, ")
    if not path:  # settings that are valid individually but incompatible
        return f"{message}."
    is_number = problem["type"] in ("float_parsing", "int_parsing")
    if is_number and isinstance(found, str) and _DECIMAL_COMMA.fullmatch(found.strip()):
        message = f"write {found.strip().replace(',', '.')}, with a decimal point"
    return f"Setting '{where}' is {found!r}: {message}."


def _hint_elsewhere(model: type[BaseModel], name: str, section: str) -> str:
    """Return a hint to a setting of this name in another section."""
    prefix = f"{section}." if section else ""
    found = [path for path in _all_names(model, prefix) if path.rpartition(".")[2] == name]
    return f" Did you mean '{found[0]}'?" if found else ""


def _all_names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _all_names(field.annotation, f"{prefix}{name}.")


def _field_names(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _assign(values: dict[str, Any], path: list[str], value: Any) -> None:
    here: Any = values
    for depth, part in enumerate(path):
        if isinstance(here, list | tuple):
            _require_index(here, part, path[:depth])
            key: Any = int(part)
        elif isinstance(here, dict):
            key = part
        else:
            raise ConfigurationError(
                f"Setting '{'.'.join(path)}': '{path[depth - 1]}' is a value, not a section."
            )
        if depth == len(path) - 1:
            here[key] = value
            return
        # Unknown sections are kept, so that validation names them with the closest known one.
        inner = here[key] if isinstance(here, list) else here.setdefault(key, {})
        if isinstance(inner, tuple) and inner and isinstance(inner[0], dict):
            inner = here[key] = list(inner)
        here = inner


def _require_index(items: list[Any] | tuple[Any, ...], part: str, path: list[str]) -> None:
    if not part.isdecimal() or int(part) >= len(items):
        raise ConfigurationError(
            f"Setting '{'.'.join([*path, part])}': '{'.'.join(path)}' has parts 0 to {len(items) - 1}; "
            f"write {'.'.join(path)}.0 for the first."
        )


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
