"""``podia run``: movies in, one analysis folder each out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.networks.inference.resolve import ResolvedModel
    from podia.pipeline.config import RunConfig
    from podia.pipeline.outcome import Task
    from podia.pipeline.source import Source


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
    position: options.Position = None,
    each_position: options.EachPosition = False,
    plate_map: options.PlateMap = None,
    pattern: options.Pattern = None,
    frames: options.Frames = None,
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
    labels_channel: Annotated[
        str | None,
        typer.Option(
            "--labels-channel",
            help="Channel of the --labels, by number from 0 or by name. Required if their file has several.",
        ),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            "--points",
            help="Positions of cells, instead of a segmentation (one movie): CSV with frame,y,x in px, frames from 0. "
            "Cells are counted and tracked; shapes and protrusions need masks.",
        ),
    ] = None,
    labels_are_tracks: Annotated[
        bool,
        typer.Option(
            "--labels-are-tracks",
            help="Use the values of --labels as track ids, instead of tracking.",
        ),
    ] = False,
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks",
            help="Tracks from another program, used unchanged (one movie): CTC folder or res_track.txt, "
            "TrackMate XML, GEFF, or a table with track ids. Cells are the masks or outlines in the "
            "file, those of --labels, or positions.",
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            help="Additional formats, separated by commas: xlsx (Excel), tiff (Fiji), ctc, trackmate.",
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
    from podia.pipeline.job import network_for
    from podia.pipeline.repeat import sources_of

    base = load_config(config) if config else RunConfig()
    resolved = options.resolve_config(
        base,
        {
            "pixel_size_um": pixel_size_um,
            "frame_interval_s": frame_interval_s,
            "channel": options.parse_channel(channel),
            "labels_channel": options.parse_channel(labels_channel),
            "position": position,
            "pattern": pattern,
            "frames": frames,
            "exports": None
            if export is None
            else tuple(part.strip() for part in export.split(",") if part.strip()),
        },
        [*options.segmentation_settings(method, model, cell_diameter), *(set_ or [])],
    )
    sources = sources_of(
        movies or [],
        config,
        labels=labels,
        points=points,
        tracks=tracks,
        labels_are_tracks=labels_are_tracks,
        segments=method is not None or bool(model),
    )
    # On a cluster, other backends may be installed than here.
    resolved_model = network_for(resolved) if sources[0].segments and scheduler is None else None
    if resolved_model is not None and not (quiet or json):
        _announce(resolved_model)
    tasks = _tasks(sources, output, resolved, resolved_model)
    if each_position and plate_map is None:
        from podia.pipeline.each_position import tasks_of_positions

        tasks = tasks_of_positions(tasks)
    plate = None
    if plate_map is not None:
        from podia.pipeline.plate import plate_tasks

        plate = plate_tasks(tasks, plate_map)
        tasks = list(plate.tasks)
        if plate.unused and not (quiet or json):
            typer.echo(f"Note: not in the plate map, not analysed: {', '.join(plate.unused)}.", err=True)
    outcomes = run_tasks(tasks, workers=workers, scheduler=scheduler, quiet=quiet or json)
    finish(outcomes, output, as_json=json, plate=plate)


def _announce(model: ResolvedModel) -> None:
    who = f"the mean of the networks {model.name}" if model.ensemble else f"the network {model.name}"
    what = "Positions" if model.positions_only else "Masks"
    typer.echo(f"{what} by {who}, run by {model.placement}", err=True)


def _tasks(sources: list[Source], output: Path, config: RunConfig, model: ResolvedModel | None) -> list[Task]:
    from podia.pipeline.name import folder_names
    from podia.pipeline.outcome import Task

    names = folder_names([source.movie for source in sources])
    return [Task(source, output / name, config, model) for source, name in zip(sources, names, strict=True)]
