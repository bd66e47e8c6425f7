"""Registry of output heads. A head is imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, SerializeAsAny

from podia.data.errors import ConfigurationError, nearest_name_hint
from podia.networks.outputs.base import DecodeConfig, Output
from podia.networks.plugins import Plugins

OUTPUTS = Plugins(
    "podia.outputs",
    "head",
    {
        "binary": "podia.networks.outputs.binary:Binary",
        "contour": "podia.networks.outputs.contour:Contour",
        "distance": "podia.networks.outputs.distance:Distance",
        "spots": "podia.networks.outputs.spots:Spots",
        "cells_and_spots": "podia.networks.outputs.cells_and_spots:CellsAndSpots",
        "center_classification": "podia.networks.outputs.center_classification:CenterClassification",
        "instances": "podia.networks.outputs.instances:Instances",
    },
)
"""podia's own heads, and those of other installed packages (entry points of the group ``podia.outputs``)."""


def find_output(name: str) -> type[Output[Any, Any]]:
    """Return the class of the head of this name.

    Raises
    ------
    ConfigurationError
        If there is none (the message suggests the closest name), or it is from another package and cannot be loaded.
    """
    found = OUTPUTS.load(name)
    if not (isinstance(found, type) and issubclass(found, Output)):
        raise ConfigurationError(
            f"The head '{name}' is not a subclass of podia.networks.outputs.base.Output."
        )
    return found


def parse_output(value: Any) -> Output[Any, Any]:
    """Return the head given by `value`: its name, or a table with its name and settings.

    Raises
    ------
    ConfigurationError
        If there is no such head, or a setting is unknown or out of bounds.

    Examples
    --------
    >>> parse_output({"name": "binary", "softmax": True}).channels
    ('background', 'cell')
    """
    if isinstance(value, Output):
        return value
    settings = {"name": value} if isinstance(value, str) else value
    if not isinstance(settings, Mapping) or not isinstance(settings.get("name"), str):
        raise ConfigurationError(
            f"{value!r} is not a head: use its name, or a table with its name and settings, such as "
            '{name = "binary", softmax = true}.'
        )
    return find_output(settings["name"]).parse(dict(settings))


def _written(output: Output[Any, Any]) -> str | dict[str, Any]:
    """Return `output` as written in settings: its name, and its settings if these are not the defaults."""
    changed = output.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
    return {"name": output.name, **changed} if changed else output.name


def _parse_decoding(value: Any) -> DecodeConfig | None:
    if value is None or isinstance(value, DecodeConfig):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get("head"), str):
        raise ConfigurationError('Decode settings must name their head, such as {head = "distance"}.')
    return find_output(value["head"]).decode_config.parse(dict(value))


def require_known_decoding(values: Mapping[str, Any]) -> None:
    """Reject decode settings that no head has, or with values that no head allows.

    Raises
    ------
    ConfigurationError
        For the first such setting.
    """
    heads = [find_output(name) for name in OUTPUTS]
    for key, value in values.items():
        having = [
            head.decode_config for head in heads if key in head.decode_config.model_fields and key != "head"
        ]
        if not having:
            known = {name for head in heads for name in head.decode_config.model_fields} - {"head"}
            raise ConfigurationError(
                f"Unknown setting '{key}'.{nearest_name_hint(key, known)} Allowed here: {', '.join(sorted(known))}."
            )
        _require_allowed(having, key, value)


def _require_allowed(having: Sequence[type[DecodeConfig]], key: str, value: Any) -> None:
    for number, config in enumerate(having, start=1):
        try:
            config.parse({key: value})
        except ConfigurationError:
            if number == len(having):
                raise
        else:
            return


Head = Annotated[Output[Any, Any], PlainValidator(parse_output), PlainSerializer(_written)]
"""A head as a setting: ``"distance"``, or ``{name = "binary", softmax = true}``."""
AnyDecodeConfig = Annotated[SerializeAsAny[DecodeConfig] | None, PlainValidator(_parse_decoding)]
"""Decode settings of any head: a union discriminated by ``head``. None stands for the defaults of the model's head."""
