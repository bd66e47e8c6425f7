"""Names with a summary each, as lines that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

import typer


def print_names(rows: Sequence[tuple[str, str]]) -> None:
    """Print a name and its summary per row, in two columns; long summaries are wrapped, never cut."""
    column = max((len(name) for name, _ in rows), default=0) + 4
    width = max(shutil.get_terminal_size((100, 24)).columns, column + 40)
    for name, summary in rows:
        lines = textwrap.wrap(summary, width - column) or [""]
        typer.echo(f"  {name:{column - 4}}  {lines[0]}".rstrip())
        for line in lines[1:]:
            typer.echo(" " * column + line)
