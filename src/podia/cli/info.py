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
    position: options.Position = None,
    pattern: options.Pattern = None,
    json: options.Json = False,
) -> None:
    """Show size, data type and calibration of a movie, or the contents of an analysis folder."""
    facts = _facts(path, channel, position, pattern)
    if json:
        typer.echo(json_format.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):18} {_in_words(value)}")


def _facts(path: Path, channel: str | None, position: str | None, pattern: str | None) -> dict[str, Any]:
    from podia.io.analysis_folder import is_analysis_folder
    from podia.io.step_marks import STEPS
    from podia.results.results import open_results

    if is_analysis_folder(path):
        results = open_results(path)
        done = [step for step in STEPS if results.facts(step) is not None]
        return {"analysis_of": results.origin.path, "steps_done": done, "outputs": sorted(results.files)}
    from podia.io.read import read

    movie = read(path, channel=options.parse_channel(channel), position=position, pattern=pattern)
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
