"""Method part of the report: settings, output files and glossary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from podia.data.calibration import Calibration
from podia.data.glossary import GlossaryColumn, GlossaryTable, glossary_table
from podia.data.tables import FOLDER_TABLES
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import NOT_DEFINED, pretty_unit

_TITLES = {
    "config": "Settings",
    "configuration": "Settings",
    "packages": "Package versions",
    "versions": "Versions",
    "input": "Input",
    "model": "Network that made the masks",
    "steps": "Steps",
}


@dataclass(frozen=True)
class Settings:
    """A table of names and values; names of nested values are joined by dots."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OutputFile:
    """An output file and its description."""

    link: str
    text: str


def settings(run: Mapping[str, Any]) -> list[Settings]:
    """Return one table per mapping in `run`; plain values come first, in a table of their own."""
    plain = {name: value for name, value in run.items() if not isinstance(value, Mapping)}
    nested = {name: value for name, value in run.items() if isinstance(value, Mapping)}
    tables = [Settings("Program", tuple(_flatten(plain)))] if plain else []
    for name, value in nested.items():
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        tables.append(Settings(title, tuple(_flatten(value))))
    return tables


def output_files(inputs: ReportInputs) -> list[OutputFile]:
    """Return the output files; a declared table is described by its declaration."""
    rows = {schema.name: schema.sentence for schema in FOLDER_TABLES}
    described = []
    for link, text in inputs.files.items():
        name = PurePosixPath(link).stem
        sentence = text or rows.get(name, "")
        described.append(OutputFile(link, sentence))
    return described


def glossary(calibration: Calibration) -> list[GlossaryTable]:
    """Return every declared table with its columns as they are named in this movie's files."""
    tables = [glossary_table(schema, calibration) for schema in FOLDER_TABLES]
    return [replace(table, columns=tuple(_as_read(column) for column in table.columns)) for table in tables]


def _as_read(column: GlossaryColumn) -> GlossaryColumn:
    """Return a column with the words and units that the page uses."""
    return replace(column, unit=pretty_unit(column.unit), meaning=column.meaning.replace("NaN", NOT_DEFINED))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield from _flatten({str(n): item for n, item in enumerate(value, start=1)}, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _as_text(value)


def _as_text(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return NOT_DEFINED if value != value else f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(_as_text(item) for item in value) if value else "none"
    return str(value)
