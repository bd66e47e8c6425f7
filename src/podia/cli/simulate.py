"""``podia simulate``: a movie with exact masks, tracks, divisions and protrusion tips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def simulate_movie(
    folder: Annotated[Path, typer.Argument(help="Folder for movie.tif, labels.tif, tracks and tips.csv.")],
    n_frames: Annotated[int, typer.Option("--n-frames", min=1, help="Number of frames.")] = 40,
    size: Annotated[
        int, typer.Option("--size", min=128, max=2048, help="Height and width of a frame in px.")
    ] = 512,
    cells: Annotated[
        int | None,
        typer.Option("--cells", min=0, help="Cells in the first frame. Default: one per 150 x 150 px."),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(
            "--experiment",
            help="Movies of a how-to guide in place of one movie: speed, growth, wound, protrusions, doses or debris.",
        ),
    ] = None,
    modality: Annotated[
        str,
        typer.Option("--modality", help="Microscope: phase, negative-phase, dic, brightfield or oblique."),
    ] = "phase",
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Random seed. The same seed gives the same movie.")
    ] = 0,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Simulate a movie of phase contrast or another microscopy, with exact ground truth.

    Replaces the files of an earlier simulation in the folder (recognised by simulation.json), but no other files.
    """
    from podia.cli.progress import progress_bars
    from podia.simulation.config import SimulationConfig
    from podia.simulation.experiments.write import write_experiment
    from podia.simulation.simulate import simulate
    from podia.simulation.write import write_simulation

    if experiment is not None:
        with progress_bars(quiet=quiet) as bars:
            written = write_experiment(experiment, folder, overwrite=overwrite, progress=bars.of_movie(""))
        typer.echo(f"{len(written)} files in {folder}")
        return
    config = SimulationConfig.parse(
        {"n_frames": n_frames, "size_px": size, "n_cells": cells, "seed": seed, "modality": modality}
    )
    with progress_bars(quiet=quiet) as bars:
        write_simulation(simulate(config), folder, overwrite=overwrite, progress=bars.of_movie(""))
    typer.echo(f"Simulated movie: {folder / 'movie.tif'}")
