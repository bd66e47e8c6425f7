"""What every stage's configuration has in common."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from podia.data.errors import ConfigurationError, nearest_name_hint


class StageConfig(BaseModel):
    """A frozen configuration: units in the names, bounds on the values, a sentence a field.

    Build one from untrusted input with :meth:`parse`, which turns pydantic's report into one clear line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    if not path:  # settings that are each allowed but do not fit together
        return f"{problem['msg'].removeprefix('Value error, ')}."
    return f"Setting '{where}' is {problem['input']!r}: {problem['msg']}."


def _field_names(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
