"""``podia tables``: what every table and column means, with formula and source."""

from __future__ import annotations

from typing import Annotated

import typer


def show_tables(
    name: Annotated[
        str | None,
        typer.Argument(help="Name of a table, such as cells, or part of a column name, such as speed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Explain the tables of an analysis, or the columns of one table, with formula and source."""
    import json

    from podia.data.glossary import glossary_text, matching_tables

    tables = matching_tables(name)
    if as_json:
        typer.echo(json.dumps([table.as_dict() for table in tables], indent=2, ensure_ascii=False))
    else:
        typer.echo(glossary_text(tables, columns=name is not None), nl=False)
