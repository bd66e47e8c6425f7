"""``podia suspects``: what is probably wrong in an analysis."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def show_suspects(
    folder: Annotated[Path, typer.Argument(help="Analysis folder, written by podia run.")],
    limit: Annotated[int, typer.Option(min=1, help="Number of suspects to list.")] = 20,
    json: options.Json = False,
) -> None:
    """List cells, links and divisions that are probably wrong, most worthwhile first.

    Look at each in the report or in napari. To apply what is suggested for the third: podia correct FOLDER --suspect 3.
    """
    from podia.corrections.text import suspect_as_dict, suspects_in_words
    from podia.results.results import open_results

    suspects = open_results(folder).suspects
    if json:
        typer.echo(json_format.dumps([suspect_as_dict(one) for one in suspects[:limit]], indent=2))
        return
    typer.echo(suspects_in_words(suspects[:limit]))
    if len(suspects) > limit:
        typer.echo(f"{len(suspects) - limit} more: --limit {len(suspects)}")
