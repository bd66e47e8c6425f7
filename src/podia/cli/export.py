"""``podia export``: a trained model as a file for other programs."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.data.movie import Image


def export_model(
    model: Annotated[str, typer.Argument(help="A model that comes with podia, or a model file.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write (.onnx or .zip), or a folder for it.")
    ] = Path(),
    format_: Annotated[
        Literal["onnx", "bioimageio"],
        typer.Option(
            "--format",
            help="onnx: one step in time, with the state; bioimageio: a package, one image at a time.",
        ),
    ] = "onnx",
    size: Annotated[
        int | None,
        typer.Option("--size", min=1, help="Fix height and width of frames, px; any that fit if left out."),
    ] = None,
    author: Annotated[
        list[str] | None,
        typer.Option("--author", help="Who made the model, for bioimageio; several times for several."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Write a trained model as ONNX, or as a bioimage.io package for deepImageJ, ilastik and others."""
    from podia.data.errors import InvalidInputError

    if format_ == "onnx":
        if author:
            raise InvalidInputError("--author goes with --format bioimageio: ONNX files name no author.")
        from podia.networks.export.onnx_file import write_onnx

        written = write_onnx(model, output, size_px=size)
    else:
        from podia.networks.export.bioimageio_package import write_bioimageio

        written = write_bioimageio(model, output, _simulated_frame, size_px=size, authors=author or ())
    if json:
        result = {"file": str(written.path), "max_difference": written.max_difference, "notes": written.notes}
        typer.echo(json_format.dumps(result, indent=2))
        return
    typer.echo(f"Written: {written.path}")
    typer.echo(f"Largest difference from PyTorch, in ONNX Runtime: {written.max_difference:.1g}")
    for note in written.notes:
        typer.echo(note)


def _simulated_frame(size_px: int, pixel_size_um: float | None) -> Image:
    """Return a frame of simulated cells, at the pixel size asked for as far as such cells fit into it."""
    from podia.simulation.config import SimulationConfig
    from podia.simulation.simulate import simulate

    scale = {} if pixel_size_um is None else {"pixel_size_um": min(max(pixel_size_um, 0.5), 2.0)}
    config = SimulationConfig.parse({"n_frames": 1, "size_px": max(size_px, 256), **scale})
    return simulate(config).movie.frame(0)[:size_px, :size_px]
