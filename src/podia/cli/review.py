"""``podia review``: look at an analysis and correct it, in napari or in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def review(
    folder: Annotated[Path, typer.Argument(help="Analysis folder of one movie, made by podia run.")],
    browser: Annotated[
        bool, typer.Option("--browser", help="Review in the browser, which needs no further packages.")
    ] = False,
) -> None:
    """Inspect and correct an analysis; masks, tracks, tables and report are updated."""
    from podia.results.results import open_results

    results = open_results(folder)
    if browser:
        from podia.review.in_browser import review_in_browser

        review_in_browser(results)
    else:
        from podia.review.in_napari import review_in_napari

        typer.echo(review_in_napari(results))
