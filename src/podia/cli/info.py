"""``podia info``: properties of a movie or an analysis folder."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from podia.cli import options


def show_info(
    path: Annotated[Path, typer.Argument(help="Movie or analysis folder.")],
    channel: options.Channel = None,
    json: options.Json = False,
) -> None:
    """Show size, data type and calibration of a movie, or the contents of an analysis folder."""
    facts = _facts(path, channel)
    if json:
        typer.echo(json_format.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):18} {_in_words(value)}")


def _facts(path: Path, channel: str | None) -> dict[str, Any]:
    from podia.io.analysis_folder import AnalysisFolder
    from podia.pipeline.steps import STEPS, facts_of

    folder = AnalysisFolder(path)
    owner = folder.owner()
    if owner is not None:
        done = [step for step in STEPS if facts_of(folder, step)]
        return {"analysis_of": owner["path"], "steps_done": done, "outputs": sorted(folder.outputs())}
    from podia.io.read import read

    movie = read(path, channel=options.parse_channel(channel))
    frames, height, width = movie.shape
    return {
        "name": movie.name,
        "frames": frames,
        "height_px": height,
        "width_px": width,
        "dtype": str(movie.dtype),
        "pixel_size_um": movie.calibration.pixel_size_um,
        "frame_interval_s": movie.calibration.frame_interval_s,
    }


def _in_words(value: Any) -> str:
    if value is None:
        return "unknown"
    return ", ".join(value) if isinstance(value, list) else str(value)
