"""``podia compare``: analysis folders, assigned to conditions and replicates, set against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def compare_folders(
    table: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns folder (of podia run, from where the table lies), condition, replicate."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for page, tables and figures.")],
    control: Annotated[
        str | None,
        typer.Option("--control", help="Condition that the others are compared with; the first if left out."),
    ] = None,
    measures: Annotated[
        str | None,
        typer.Option("--measures", help="By commas, such as mean_speed,persistence; all if left out."),
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Replicates of one name were done together, in every condition.")
    ] = False,
    correction: Annotated[
        str,
        typer.Option("--correction", help="For many comparisons: benjamini-hochberg, holm or none."),
    ] = "benjamini-hochberg",
    min_frames: Annotated[
        int, typer.Option("--min-frames", min=1, help="Shortest track that counts as a cell, in frames.")
    ] = 5,
    json: options.Json = False,
) -> None:
    """Compare conditions, replicates being the units: SuperPlots, effect sizes, tests, power, one page."""
    from podia.experiment.compare import compare, comparison_json
    from podia.experiment.config import CompareConfig

    names = [name.strip() for name in (measures or "").split(",") if name.strip()]
    config = CompareConfig.parse(
        {
            "control": control,
            "measures": names,
            "paired": paired,
            "correction": correction,
            "min_frames": min_frames,
        }
    )
    found = compare(table, output, config)
    for note in found.attrs["notes"]:
        typer.echo(f"Note: {note}", err=True)
    if json:
        typer.echo(comparison_json(found))
        return
    different = found[found["p_adjusted"] < 0.05]
    for row in different.itertuples():
        typer.echo(
            f"{row.measure}: {row.condition} differs from {row.control}, adjusted p = {row.p_adjusted:.2g}"
        )
    if not len(different):
        typer.echo("No difference was found.")
    typer.echo(f"Page: {output / 'compare.html'}")
