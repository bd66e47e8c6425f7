"""``podia annotate``: the most informative frames, in a folder for napari, Fiji, Cellpose or LabelMe."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.training.annotation.annotate import AnnotationOutcome


def annotate_movies(
    movies: Annotated[list[Path], typer.Argument(help="Movies to select frames from.")],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Folder for the images. Existing annotations are kept."),
    ] = Path("podia-annotation"),
    images: Annotated[
        int, typer.Option("--images", min=1, max=1000, help="Total number of images in the folder.")
    ] = 12,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="Model that estimates how difficult a frame is, by name or file; 'none' uses grey values only.",
        ),
    ] = "podia-any",
    prefill: Annotated[
        bool, typer.Option("--prefill", help="Start from masks predicted by the model, to be corrected.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting of the selection: uncertainty_weight (0 to 1), time_weight, candidates.",
        ),
    ] = None,
    pixel_size_um: options.PixelSize = None,
    frame_interval_s: options.FrameInterval = None,
    channel: options.Channel = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Select the most informative frames for annotation: diverse, and difficult for the network.

    Writes them as TIFF, with empty label images. README.txt in the folder explains how to annotate in napari, Fiji,
    Cellpose or LabelMe. Then run 'podia train podia FOLDER -o my_model'.
    """
    from podia.cli.progress import progress_bars
    from podia.data.config import override
    from podia.training.annotation.annotate import MovieOptions, annotate
    from podia.training.annotation.frame_choice import FrameChoiceConfig

    config = FrameChoiceConfig.parse({"frames": images, "model": None if model == "none" else model})
    reading = MovieOptions(options.parse_channel(channel), pixel_size_um, frame_interval_s)
    with progress_bars(quiet=quiet or json) as bars:
        done = annotate(
            movies,
            output,
            override(config, set_ or []),
            reading=reading,
            prefill=prefill,
            progress=bars.of_movie(""),
        )
    _tell(done, as_json=json)


def _tell(done: AnnotationOutcome, *, as_json: bool) -> None:
    from podia.training.annotation.folder import CONTACT_SHEET, README

    folder = done.folder.path
    if as_json:
        pictures = [picture.model_dump(mode="json") for picture in done.record.pictures]
        typer.echo(
            json_format.dumps({"folder": str(folder), "new": done.n_new, "pictures": pictures}, indent=2)
        )
        return
    if done.n_new == 0:
        typer.echo(f"{folder} already holds {len(done.record.pictures)} pictures. Use --images to add more.")
        return
    typer.echo(f"{done.n_new} new pictures in {folder} ({len(done.record.pictures)} in total).")
    typer.echo(f"Overview: {folder / CONTACT_SHEET}. How to annotate: {folder / README}.")
    typer.echo(f"Then: podia train podia {folder} -o my_model")
