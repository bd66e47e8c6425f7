"""``corrections.jsonl``: corrections as text, one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from podia.corrections.operations import CORRECTION, Correction
from podia.data.errors import InvalidInputError
from podia.files.atomic import atomic_path


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """Return the corrections of a file, in order; blank lines are skipped.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or a line is not a correction; the message gives the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"Cannot read the corrections '{path}': {error}.") from None
    return tuple(
        _parse(line, f"'{path}', line {number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    )


def write_corrections(corrections: Iterable[Correction], path: Path) -> None:
    """Write `corrections` to `path` atomically; equal corrections give equal bytes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_text("".join(f"{to_line(one)}\n" for one in corrections), encoding="utf-8")


def parse_correction(values: object) -> Correction:
    """Return the correction of a mapping with the keys of a line of the file; a correction is returned unchanged.

    Raises
    ------
    InvalidInputError
        If the mapping is not a correction.
    """
    try:
        return CORRECTION.validate_python(values)
    except ValidationError as error:
        raise InvalidInputError(f"{values!r} is not a correction: {_first_problem(error)}.") from None


def to_line(correction: Correction) -> str:
    """Return one line of the file, without the newline."""
    values = correction.model_dump(mode="json", exclude_none=True)
    # Operation first, for readability.
    return json.dumps({"op": values.pop("op"), **values}, ensure_ascii=False)


def _parse(line: str, where: str) -> Correction:
    try:
        return CORRECTION.validate_json(line)
    except ValidationError as error:
        raise InvalidInputError(f"{where} is not a correction: {_first_problem(error)}.") from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
