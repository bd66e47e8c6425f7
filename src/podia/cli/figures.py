"""``podia figures``: plots for a publication."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def make_figures(
    folder: Annotated[
        Path, typer.Argument(help="Analysis folder, or folder of podia compare.", show_default=False)
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the files. Default: figures in FOLDER.")
    ] = None,
    width_mm: Annotated[
        float,
        typer.Option("--width-mm", help="Width of each figure (mm): 85 is one column of most journals."),
    ] = 85.0,
    formats: Annotated[
        str, typer.Option("--formats", help="Formats, separated by commas: pdf, svg, png.")
    ] = "pdf,svg,png",
    dpi: Annotated[
        int, typer.Option("--dpi", min=50, max=2400, help="Resolution of PNG files (dots per inch).")
    ] = 600,
    quiet: options.Quiet = False,
) -> None:
    """Write each plot of a report or comparison as PDF, SVG and PNG, with its data as CSV."""
    from podia.cli.progress import progress_bars
    from podia.reporting.figures.write import write_figures

    with progress_bars(quiet=quiet) as bars:
        written = write_figures(
            folder,
            output,
            width_mm=width_mm,
            formats=options.parse_names(formats) or [],
            dpi=dpi,
            progress=bars.of_movie(folder.name),
        )
    typer.echo(f"{len(written)} files in {written[0].parent}")
