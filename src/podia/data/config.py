"""What every stage's configuration has in common."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from podia.data.errors import ConfigurationError, nearest_name_hint

_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


class FrozenConfig(BaseModel):
    """A frozen configuration: units in the names, bounds on the values, a sentence a field.

    Build one from untrusted input with :meth:`parse`, which turns pydantic's report into one clear line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _read_null(cls, values: Any) -> Any:
        """Return `values` with the word ``null`` as None: neither TOML nor a command line has another one for it."""
        if not isinstance(values, dict):
            return values
        return {
            key: None if isinstance(value, str) and value == "null" else value
            for key, value in values.items()
        }

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Return the configuration that `values` describe.

        Raises
        ------
        ConfigurationError
            On an unknown key (with the nearest known one) or a value out of bounds.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigurationError(_first_problem(cls, error)) from None


Config = TypeVar("Config", bound=FrozenConfig)


def override(config: Config, settings: Iterable[str]) -> Config:
    """Return `config` with ``section.key=value`` settings applied; values are read as TOML, else as text.

    Raises
    ------
    ConfigurationError
        If a setting has no ``=``, names an unknown key, or is out of bounds.
    """
    values = config.model_dump()
    for setting in settings:
        path, separator, text = setting.partition("=")
        if not separator or not path.strip():
            raise ConfigurationError(f"'{setting}' is not a setting: write section.key=value.")
        _assign(values, path.strip().split("."), _parse_value(text.strip()))
    return type(config).parse(values)


def _first_problem(model: type[BaseModel], error: ValidationError) -> str:
    problem = error.errors()[0]
    path = [str(part) for part in problem["loc"]]
    where = ".".join(path)
    if problem["type"] == "extra_forbidden":
        allowed = _field_names(model, path[:-1])
        return (
            f"Unknown setting '{where}'.{nearest_name_hint(path[-1], allowed)} "
            f"Allowed here: {', '.join(sorted(allowed))}."
        )
    found, message = problem["input"], problem["msg"].removeprefix("Value error, ")
    if not path:  # settings that are each allowed but do not fit together
        return f"{message}."
    if isinstance(found, str) and _DECIMAL_COMMA.fullmatch(found.strip()):
        message = f"write {found.strip().replace(',', '.')}, with a decimal point"
    return f"Setting '{where}' is {found!r}: {message}."


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
        # An unknown section is put in as it is, so that validation names it and the nearest known one.
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
