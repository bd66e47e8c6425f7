"""What was run, what came out, and what every column means: the parts of the page that let others repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from podia.data.calibration import Calibration
from podia.data.schema import TableSchema
from podia.data.tables import ALL_TABLES
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import NOT_DEFINED, pretty_unit

_TITLES = {
    "config": "Settings",
    "configuration": "Settings",
    "packages": "Package versions",
    "versions": "Versions",
    "input": "Input",
    "model": "Network that made the masks",
    "steps": "What each step did",
}


@dataclass(frozen=True)
class Settings:
    """A table of names and values; names of nested values are joined by dots."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OutputFile:
    """An output, what it is, and what a row of it is where it is a table."""

    link: str
    text: str


@dataclass(frozen=True)
class GlossaryColumn:
    """A column as it stands in the file, and what it means."""

    name: str
    unit: str
    meaning: str
    source: str


@dataclass(frozen=True)
class GlossaryTable:
    """A table as it stands in the analysis folder."""

    name: str
    row: str
    columns: tuple[GlossaryColumn, ...]


def settings(run: Mapping[str, Any]) -> list[Settings]:
    """Return what was run, a table for each mapping in `run`; plain values come first, in a table of their own."""
    plain = {name: value for name, value in run.items() if not isinstance(value, Mapping)}
    nested = {name: value for name, value in run.items() if isinstance(value, Mapping)}
    tables = [Settings("Program", tuple(_flatten(plain)))] if plain else []
    for name, value in nested.items():
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        tables.append(Settings(title, tuple(_flatten(value))))
    return tables


def output_files(inputs: ReportInputs) -> list[OutputFile]:
    """Return the outputs to link to; a declared table is explained by its declaration."""
    rows = {schema.name: schema.row for schema in ALL_TABLES}
    described = []
    for link, text in inputs.files.items():
        name = PurePosixPath(link).stem
        sentence = text if text or name not in rows else f"A row is {rows[name]}."
        described.append(OutputFile(link, sentence))
    return described


def glossary(calibration: Calibration) -> list[GlossaryTable]:
    """Return every declared table with its columns as they are named in this movie's files."""
    return [_glossary_table(schema, calibration) for schema in ALL_TABLES]


def _glossary_table(schema: TableSchema, calibration: Calibration) -> GlossaryTable:
    columns = tuple(
        GlossaryColumn(
            column.resolved_name(calibration),
            pretty_unit(column.unit(calibration)),
            column.meaning.replace("NaN", NOT_DEFINED),
            column.source,
        )
        for column in schema.columns
    )
    return GlossaryTable(schema.name, schema.row, columns)


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
