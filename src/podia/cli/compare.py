"""``podia compare``: comparison of conditions, with replicates as the unit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def compare_folders(
    table: Annotated[
        Path,
        typer.Argument(
            help="Table (CSV or Excel) with the columns folder (analysis folder, relative to the table), condition, "
            "replicate, optionally dose; or the folder of podia run --plate-map."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the report, tables and figures.")
    ],
    control: Annotated[
        str | None,
        typer.Option("--control", help="Control condition. Default: the first one."),
    ] = None,
    measures: Annotated[
        str | None,
        typer.Option(
            "--measures", help="Measures, separated by commas, e.g. mean_speed,persistence. Default: all."
        ),
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Paired design: replicates with the same name are matched.")
    ] = False,
    correction: Annotated[
        str,
        typer.Option(
            "--correction", help="Correction for multiple comparisons: benjamini-hochberg, holm or none."
        ),
    ] = "benjamini-hochberg",
    min_frames: Annotated[
        int, typer.Option("--min-frames", min=1, help="Minimum track length, in frames.")
    ] = 5,
    json: options.Json = False,
) -> None:
    """Compare conditions between replicates: SuperPlots, effect sizes, tests and power."""
    from podia.experiment.compare import compare, comparison_json
    from podia.experiment.config import CompareConfig

    config = CompareConfig.parse(
        {
            "control": control,
            "measures": options.parse_names(measures) or [],
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
        typer.echo("No significant difference found.")
    typer.echo(f"Page: {output / 'compare.html'}")
