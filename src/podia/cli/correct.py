"""``podia correct`` and ``podia apply``: corrections of cells, links and divisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.cli.progress import ProgressBars
    from podia.data.progress import Progress


def correct(
    folder: Annotated[Path, typer.Argument(help="Analysis folder of one movie, made by podia run.")],
    correction: Annotated[
        str | None,
        typer.Argument(
            help="Operation (merge, split, delete, redraw, link, unlink, swap, set_division, remove_division, "
            "name), or a file of corrections. Default: list the existing corrections.",
        ),
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            help="Track ids, such as 6,7. merge: the one to keep first; link: the earlier, then the later; "
            "set_division: the mother, then her daughters.",
        ),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(help="Frames, such as 12 or 0:6 (0 to 5). Default: all frames that the tracks share."),
    ] = None,
    points: Annotated[
        str | None,
        typer.Option(
            help="Points y,x in px, separated by spaces: seeds of a split, or corners of an outline."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="New name of the track (operation name).")] = "",
    suspect: Annotated[
        int, typer.Option(min=0, help="Apply the suggestion of podia suspects with this number.")
    ] = 0,
    undo: Annotated[int, typer.Option(min=0, help="Number of last corrections to remove.")] = 0,
    quiet: options.Quiet = False,
) -> None:
    """Correct wrong cells, links and divisions of an analysis; masks, tracks and tables follow.

    For example, two pieces of one cell in frames 0 to 5 become one again:

    podia correct results/movie merge --ids 6,7 --frames 0:6
    """
    import getpass
    from datetime import UTC, datetime

    from podia.cli.progress import progress_bars
    from podia.corrections.text import frames_of_text, ids_of_text, list_in_words, points_of_text
    from podia.pipeline.correct import correct as apply_correction
    from podia.pipeline.correct import suggested_correction, undo_corrections
    from podia.results.results import open_results

    if correction is None and not undo and not suspect:
        typer.echo(list_in_words(open_results(folder).corrections))
        return
    with progress_bars(quiet=quiet) as bars:
        if undo:
            results = undo_corrections(folder, undo, progress=_progress(folder, bars, quiet)).results
        if correction is not None or suspect:
            results = apply_correction(
                folder,
                correction or suggested_correction(folder, suspect),
                ids_of_text(ids),
                frames_of_text(frames),
                points=points_of_text(points),
                name=name,
                author=getpass.getuser(),
                time=datetime.now(UTC).isoformat(timespec="seconds"),
                progress=_progress(folder, bars, quiet),
            )
    words = results.tracking.words()
    typer.echo(words[0].upper() + words[1:])


def apply(
    folder: Annotated[Path, typer.Argument(help="Analysis folder of one movie, made by podia run.")],
    quiet: options.Quiet = False,
) -> None:
    """Take over masks and links that you edited in another program; tables and report follow.

    podia compares the label images (napari, Fiji) and the tracks (TrackMate, napari) in the folder with what it wrote,
    adds the differences to corrections.jsonl, and measures anew what depends on them.
    """
    import getpass
    from datetime import UTC, datetime

    from podia.cli.progress import progress_bars
    from podia.corrections.text import list_in_words
    from podia.pipeline.apply import apply_edits

    with progress_bars(quiet=quiet) as bars:
        applied = apply_edits(
            folder,
            author=getpass.getuser(),
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            progress=_progress(folder, bars, quiet),
        )
    if applied.edited:
        typer.echo(f"Edited: {', '.join(applied.edited)}")
    if applied.edited or applied.corrections:
        typer.echo(list_in_words(applied.corrections))
    elif "correct" not in applied.ran.done:
        typer.echo(f"Nothing to apply: no file in {folder} was edited since podia wrote it.")
        return
    words = applied.ran.results.tracking.words()
    typer.echo(words[0].upper() + words[1:])


def _progress(folder: Path, bars: ProgressBars, quiet: bool) -> Progress:
    """Return progress bars with a line as soon as the tables are there, before film and report."""
    from podia.cli.tables_first import TablesFirst

    line = f"Masks, tracks and tables in {folder} are up to date. Film and report follow."
    return TablesFirst(bars.of_movie(""), (lambda: None) if quiet else (lambda: typer.echo(line, err=True)))
