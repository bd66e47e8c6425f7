"""Lengths as users set them: ``"6 um"``, ``"4 px"``, or ``"6 um or 4 px"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError

_NUMBER = r"(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)"
_LENGTH = re.compile(rf"\s*{_NUMBER}\s*(um|µm|μm|px)(?:\s+or\s+{_NUMBER}\s*px)?\s*")
_DECIMAL_COMMA = re.compile(r"(\d),(\d)")


@dataclass(frozen=True)
class Length:
    """A length in micrometres, in pixels, or in both.

    If both are given, micrometres are used if the pixel size is known, otherwise pixels.

    Parameters
    ----------
    um, px
        Zero or positive; at least one of them.

    Examples
    --------
    >>> Length.parse("6 um").in_px(Calibration(pixel_size_um=0.5))
    12.0
    >>> Length.parse("6 um or 4 px").in_px(Calibration())
    4.0
    >>> str(Length(um=6, px=4))
    '6 um or 4 px'
    """

    um: float | None = None
    px: float | None = None

    def __post_init__(self) -> None:
        values = [value for value in (self.um, self.px) if value is not None]
        if not values or not all(0 <= value < float("inf") for value in values):
            raise ConfigurationError(
                f"A length is zero or positive, in um, in px or in both; um={self.um}, px={self.px} is not."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a length.

        Raises
        ------
        ConfigurationError
            If it is not a number with a unit; the message gives the expected form.
        """
        found = _LENGTH.fullmatch(text)
        if found is None:
            raise ConfigurationError(_remedy(text))
        value, unit, instead = float(found[1]), found[2], found[3]
        if unit == "px":
            if instead is not None:
                raise ConfigurationError(_remedy(text))
            return cls(px=value)
        return cls(um=value, px=None if instead is None else float(instead))

    def in_px(self, calibration: Calibration | None = None) -> float:
        """Return the length in pixels for this `calibration`.

        Raises
        ------
        ConfigurationError
            If it is in micrometres only and the pixel size is unknown.
        """
        pixel_size_um = None if calibration is None else calibration.pixel_size_um
        if self.um is not None and pixel_size_um is not None:
            return self.um / pixel_size_um
        if self.px is not None:
            return float(self.px)
        raise ConfigurationError(
            f"'{self}' is in micrometres, but the pixel size is unknown. Give the pixel size (--pixel-size-um), or "
            f"write the length in px."
        )

    def __str__(self) -> str:
        parts = ((self.um, "um"), (self.px, "px"))
        return " or ".join(f"{_number(value)} {unit}" for value, unit in parts if value is not None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept text or a length, and serialise to text."""
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema(when_used="always")
        )

    @classmethod
    def _validate(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        try:
            return cls.parse(str(value))
        except ConfigurationError as error:
            raise ValueError(str(error).rstrip(".")) from None


def _require_positive(length: Length) -> Length:
    if 0 in (length.um, length.px):
        raise ValueError("it must be more than 0")
    return length


PositiveLength = Annotated[Length, AfterValidator(_require_positive)]
"""A length above 0."""


def require_pixel_size(config: BaseModel, calibration: Calibration) -> None:
    """Reject settings in micrometres only if the pixel size is unknown, before any computation.

    Raises
    ------
    ConfigurationError
        For the first such setting.
    """
    if calibration.pixel_size_um is not None:
        return
    for name, length in _lengths(config, ()):
        if length.px is None:
            raise ConfigurationError(
                f"Setting '{name}' is '{length}', but the pixel size is unknown. Give the pixel size "
                f"(--pixel-size-um), or write the length in px."
            )


def _lengths(config: BaseModel, path: tuple[str, ...]) -> list[tuple[str, Length]]:
    found: list[tuple[str, Length]] = []
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, Length):
            found.append((".".join((*path, name)), value))
        elif isinstance(value, BaseModel):
            found += _lengths(value, (*path, name))
    return found


def _remedy(text: str) -> str:
    shown = text.strip()
    whole = _DECIMAL_COMMA.sub(r"\1.\2", shown)
    if whole != shown and _LENGTH.fullmatch(whole):
        return f"'{shown}' has a decimal comma: write {whole}."
    try:
        number = _number(float(whole))
    except ValueError:
        return f"'{shown}' is not a length: write a number and a unit, such as 6 um or 4 px."
    return f"'{shown}' has no unit: write {number} um or {number} px."


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
