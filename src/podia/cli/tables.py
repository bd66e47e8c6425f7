"""``podia tables``: what every table and column means, with formula and source."""

from __future__ import annotations

from typing import Annotated

import typer


def show_tables(
    name: Annotated[
        str | None,
        typer.Argument(help="A table, such as cells, or a part of a column's name, such as speed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of text.")] = False,
) -> None:
    """Explain the tables of an analysis, or the columns of one table, with formula and source."""
    import json

    from podia.data.glossary import glossary_text, matching_tables

    tables = matching_tables(name)
    if as_json:
        typer.echo(json.dumps([table.as_dict() for table in tables], indent=2, ensure_ascii=False))
    else:
        typer.echo(glossary_text(tables, columns=name is not None), nl=False)
