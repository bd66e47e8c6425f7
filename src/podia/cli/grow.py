"""``podia grow``: positions of cells in, masks out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def grow_masks(
    movie: Annotated[Path, typer.Argument(help="Movie or image in which cells were clicked.")],
    points: Annotated[
        Path, typer.Argument(help="Positions: CSV with frame,y,x in px, or points saved by napari or Fiji.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Label TIFF to write.")] = Path("labels.tif"),
    pixel_size_um: options.PixelSize = None,
    channel: options.Channel = None,
    foreground: Annotated[
        str, typer.Option("--foreground", help="Foreground detection: egt or phantast.")
    ] = "egt",
    keep_unmarked: Annotated[
        bool, typer.Option("--keep-unmarked", help="Keep foreground without a point, as additional cells.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting, e.g. max_area_medians=3 or egt.halo.enabled=false.",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Seeded segmentation: turn clicked positions into masks, for podia run --labels or podia train.

    Masks are numbered like the points of their frame, from 1. Frames without points stay empty.
    """
    from podia.cli.progress import progress_bars
    from podia.data.config import override
    from podia.files.atomic import require_free
    from podia.io.points import read_points
    from podia.io.read import read
    from podia.io.tiff.write_labels import write_labels_tiff
    from podia.segmentation.config import GrowthConfig
    from podia.segmentation.seeded import grow_movie

    config = override(
        GrowthConfig.parse({"foreground": foreground, "keep_unmarked": keep_unmarked}), set_ or []
    )
    if not overwrite:
        require_free([output])
    table = read_points(points)
    frames = read(movie, channel=options.parse_channel(channel), pixel_size_um=pixel_size_um)
    masks = grow_movie(frames, table, config)
    with progress_bars(quiet=quiet) as bars:
        write_labels_tiff(masks, output, progress=bars.of_movie("grow"))
    typer.echo(f"Masks of {len(table)} points in {table['frame'].nunique()} frames: {output}")
