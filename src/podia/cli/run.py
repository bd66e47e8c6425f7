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
            help="Movies: TIFF, OME-TIFF, OME-Zarr, ND2, CZI, LIF, or folders of images. Left out with --config "
            "run.json: that run is repeated."
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
            help="Segmentation: network (a trained model), or, without training, egt, phantast, or blobs (positions "
            "only).",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Masks of another program, used in place of podia's own (one movie)."),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            "--points",
            help="Positions of cells, used in place of podia's own masks (one movie): CSV of frame,y,x in px, frames "
            "from 0. Cells are counted and followed; shapes and protrusions need masks.",
        ),
    ] = None,
    export: Annotated[
        str | None, typer.Option("--export", help="Further formats, by commas: tiff (Fiji), ctc, trackmate.")
    ] = None,
    config: options.ConfigFile = None,
    set_: options.Settings = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Movies analysed at the same time, each in a process.")
    ] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", help="Address of a running Dask cluster, such as tcp://host:8786."),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Analyse movies: drift, segmentation, tracks, measures, report.

    Results go to OUTPUT/<movie>/. A command that was stopped goes on where it was when it is given again.
    Exit code 0: all went well; 1: some movies failed; 2: the command cannot be carried out as given.
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
    """Say which network will make the masks; raise before any movie is touched where it cannot be run."""
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
    missing = [str(path) for path in [*movies, *given.values()] if not path.exists()]
    if missing:
        raise InvalidInputError(f"No such file or folder: {', '.join(missing)}.")
    if len(given) > 1:
        raise InvalidInputError("--labels and --points exclude each other. Give masks, or positions.")
    if given and len(movies) > 1:
        raise InvalidInputError(
            f"{next(iter(given))} goes with one movie, not with {len(movies)}. Run them one by one."
        )
    return [
        Task(movie, output / name, config, source.labels, source.points)
        for movie, name in zip(movies, folder_names(movies), strict=True)
    ]
