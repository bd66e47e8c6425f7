"""``podia run``: movies in, one analysis folder each out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options
from podia.data.errors import InvalidInputError

if TYPE_CHECKING:
    from podia.pipeline.config import RunConfig
    from podia.pipeline.outcome import Task
    from podia.pipeline.repeat import RunInput


def run_movies(
    movies: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Movies: TIFF, OME-TIFF, OME-Zarr, ND2, CZI, LIF, or folders of images. Omit them with --config "
            "run.json to repeat that run."
        ),
    ] = None,
    output: options.Output = Path("podia-results"),
    pixel_size_um: options.PixelSize = None,
    frame_interval_s: options.FrameInterval = None,
    channel: options.Channel = None,
    model: options.Models = None,
    cell_diameter: options.CellDiameter = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            help="Segmentation method: network (default), or a method without training: egt, phantast, or blobs "
            "(positions only).",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Masks from another program, instead of a segmentation (one movie)."),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            "--points",
            help="Positions of cells, instead of a segmentation (one movie): CSV with frame,y,x in px, frames from 0. "
            "Cells are counted and tracked; shapes and protrusions need masks.",
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            "--export", help="Additional formats, separated by commas: tiff (Fiji), ctc, trackmate."
        ),
    ] = None,
    config: options.ConfigFile = None,
    set_: options.Settings = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Number of movies to analyse in parallel.")
    ] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", help="Address of a running Dask cluster, e.g. tcp://host:8786."),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Analyse movies: drift correction, segmentation, tracking, measurements, report.

    Results are written to OUTPUT/<movie>/. Run the same command again to resume an interrupted run.
    Exit codes: 0, success; 1, some movies failed; 2, the command is invalid.
    """
    from podia.cli.many import finish, run_tasks
    from podia.pipeline.config import RunConfig, load_config
    from podia.pipeline.repeat import RunInput, complete_input

    base = load_config(config) if config else RunConfig()
    resolved = options.resolve_config(
        base,
        {
            "pixel_size_um": pixel_size_um,
            "frame_interval_s": frame_interval_s,
            "channel": options.parse_channel(channel),
            "exports": None
            if export is None
            else tuple(part.strip() for part in export.split(",") if part.strip()),
        },
        [*options.segmentation_settings(method, model, cell_diameter), *(set_ or [])],
    )
    given = RunInput(tuple(movies or ()), labels, points)
    source = complete_input(given, config, segments=method is not None or bool(model))
    tasks = _tasks(source, output, resolved)
    # On a cluster, other backends may be installed than here.
    if source.labels is None and source.points is None and scheduler is None:
        _settle_network(resolved, quiet=quiet or json)
    finish(run_tasks(tasks, workers=workers, scheduler=scheduler, quiet=quiet or json), output, as_json=json)


def _settle_network(config: RunConfig, *, quiet: bool) -> None:
    """Report the network that will be used; raise before any movie is read if it cannot run."""
    from podia.pipeline.job import network_for

    network = network_for(config)
    if network is not None and not quiet:
        who = (
            f"the mean of the networks {network.name}" if network.ensemble else f"the network {network.name}"
        )
        what = "Positions" if network.positions_only else "Masks"
        typer.echo(f"{what} by {who}, run by {network.placement}", err=True)


def _tasks(source: RunInput, output: Path, config: RunConfig) -> list[Task]:
    from podia.pipeline.name import folder_names
    from podia.pipeline.outcome import Task

    movies = source.movies
    instead = (("--labels", source.labels), ("--points", source.points))
    given = {name: path for name, path in instead if path is not None}
    options.require_paths([*movies, *given.values()])
    if len(given) > 1:
        raise InvalidInputError("--labels and --points cannot be combined. Give masks or positions.")
    if given and len(movies) > 1:
        raise InvalidInputError(
            f"{next(iter(given))} needs a single movie, not {len(movies)}. Run the movies one by one."
        )
    return [
        Task(movie, output / name, config, source.labels, source.points)
        for movie, name in zip(movies, folder_names(movies), strict=True)
    ]
