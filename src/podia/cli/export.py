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
    model: Annotated[str, typer.Argument(help="Name of a model ('podia models list'), or a model file.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write (.onnx or .zip), or its folder.")
    ] = Path(),
    format_: Annotated[
        Literal["onnx", "bioimageio"],
        typer.Option(
            "--format",
            help="onnx: one time step, with the state. bioimageio: package for single images.",
        ),
    ] = "onnx",
    size: Annotated[
        int | None,
        typer.Option(
            "--size", min=1, help="Fixed frame height and width, px. Default: any multiple of the stride."
        ),
    ] = None,
    author: Annotated[
        list[str] | None,
        typer.Option(
            "--author", help="Author of the model, for bioimageio. Repeat the option for several authors."
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Write a trained model as ONNX, or as a bioimage.io package for deepImageJ, ilastik and others."""
    from podia.data.errors import InvalidInputError

    if format_ == "onnx":
        if author:
            raise InvalidInputError("--author requires --format bioimageio. ONNX files have no author.")
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
    typer.echo(f"Largest difference between ONNX Runtime and PyTorch: {written.max_difference:.1g}")
    for note in written.notes:
        typer.echo(note)


def _simulated_frame(size_px: int, pixel_size_um: float | None) -> Image:
    """Return a frame of simulated cells, at that pixel size, within 0.5 to 2 um."""
    from podia.simulation.config import SimulationConfig
    from podia.simulation.simulate import simulate

    scale = {} if pixel_size_um is None else {"pixel_size_um": min(max(pixel_size_um, 0.5), 2.0)}
    config = SimulationConfig.parse({"n_frames": 1, "size_px": max(size_px, 256), **scale})
    return simulate(config).movie.frame(0)[:size_px, :size_px]
