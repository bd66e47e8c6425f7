"""``podia review``: look at an analysis and correct it, in napari or in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from podia.results.results import Results


def review(
    folder: Annotated[Path, typer.Argument(help="Analysis folder of one movie, made by podia run.")],
    browser: Annotated[
        bool, typer.Option("--browser", help="Review in the browser, without additional packages.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine (--browser). Default: a free one.")
    ] = 0,
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the address in the browser (--browser).")
    ] = True,
) -> None:
    """Inspect and correct an analysis; masks, tracks, tables and report are updated."""
    from podia.results.results import open_results

    results = open_results(folder)
    if browser:
        _serve(results, port, open_)
    else:
        from podia.review.in_napari import review_in_napari

        typer.echo(review_in_napari(results))


def _serve(results: Results, port: int, open_: bool) -> None:
    import getpass
    import webbrowser
    from datetime import UTC, datetime

    from podia.data.errors import InvalidInputError, PodiaError
    from podia.review.in_browser import review_server

    try:
        server = review_server(
            results,
            author=getpass.getuser(),
            now=lambda: datetime.now(UTC).isoformat(timespec="seconds"),
            port=port,
        )
    except OSError as error:
        if isinstance(error, PodiaError):
            raise
        raise InvalidInputError(
            f"Port {port} cannot be used: {error.strerror}. Remove --port, or choose another port."
        ) from None
    typer.echo(f"Review: {server.address}\nIt can only be opened on this machine. Press Ctrl-C to stop.")
    if open_:
        webbrowser.open(server.address)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("Stopped. Applied corrections are stored in the folder.")
