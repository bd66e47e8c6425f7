"""Options that several commands share, each declared once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from podia.data.errors import InvalidInputError

if TYPE_CHECKING:
    from podia.pipeline.config import RunConfig


def number(text: str) -> float:
    """Return the number that an option gives; a decimal comma is refused with the number to write."""
    try:
        return float(text)
    except ValueError:
        corrected = text.strip().replace(",", ".")
        hint = f" Write {corrected}, with a decimal point." if corrected.replace(".", "", 1).isdigit() else ""
        raise typer.BadParameter(f"'{text}' is not a number.{hint}") from None


Output = Annotated[
    Path, typer.Option("-o", "--output", help="Folder for the results, with one folder per movie.")
]
PixelSize = Annotated[
    float | None,
    typer.Option(
        "--pixel-size-um", parser=number, metavar="NUMBER", help="Pixel size in um. Default: as in the file."
    ),
]
FrameInterval = Annotated[
    float | None,
    typer.Option(
        "--frame-interval-s",
        parser=number,
        metavar="NUMBER",
        help="Time between frames in s. Default: as in the file.",
    ),
]
Channel = Annotated[
    str | None,
    typer.Option("--channel", help="Channel, by number from 0 or by name. Required if the file has several."),
]
Position = Annotated[
    str | None,
    typer.Option(
        "--position",
        "--scene",
        help="Position, well, field or scene, by name or by number from 0. Required if a file or folder has several.",
    ),
]
EachPosition = Annotated[
    bool,
    typer.Option("--each-position", help="Analyse every position of a file or folder as a separate movie."),
]
PlateMap = Annotated[
    Path | None,
    typer.Option(
        "--plate-map",
        help="Table (CSV or Excel) of wells: well, replicate, condition or dose_UNIT, optionally compound. Each well "
        "is a movie, and podia compare OUTPUT compares the conditions.",
    ),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        "--pattern",
        help=(
            "Pattern of the file names in a folder, e.g. 'exp_{position}_t{time}.tif'; also {channel}, {z}."
        ),
    ),
]
Frames = Annotated[
    str | None,
    typer.Option(
        "--frames", metavar="FIRST:END", help="Frames to analyse, counted from 0, END excluded, e.g. 0:50."
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file (TOML), or the run.json of an earlier run.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting, e.g. tracking.divisions=false. 'podia settings' lists them.",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Trained model: a name from 'podia models list', or a model file. Repeat the option to average the "
        "predictions of several models.",
    ),
]
CellDiameter = Annotated[
    str | None,
    typer.Option(
        "--cell-diameter",
        metavar="LENGTH",
        help="Diameter of a typical cell, such as 30px or 20um, in all movies. Default: estimated for each "
        "movie. Only for models that were trained at one cell diameter.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]


def resolve_config(base: RunConfig, flags: dict[str, Any], settings: list[str] | None) -> RunConfig:
    """Return `base` with the flags that were given (not None), then the ``--set`` settings, applied."""
    from podia.data.config import override
    from podia.pipeline.config import RunConfig

    values = base.model_dump() | {name: value for name, value in flags.items() if value is not None}
    return override(RunConfig.parse(values), settings or [])


def segmentation_settings(
    method: str | None, models: list[str] | None, cell_diameter: str | None = None
) -> list[str]:
    """Return the settings that ``--method``, ``--model`` and ``--cell-diameter`` stand for.

    Raises
    ------
    InvalidInputError
        If a model or a cell diameter is given with another method than network.
    """
    if cell_diameter is not None:
        if method not in (None, "network"):
            raise InvalidInputError(
                f"--cell-diameter requires the method network, not --method {method}. Remove one of the two."
            )
        diameter = json.dumps(cell_diameter, ensure_ascii=False)
        return [
            *segmentation_settings(method, models),
            f"segmentation.network.cell_diameter={diameter}",
        ]
    if not models:
        return [] if method is None else [f"segmentation.method={method}"]
    if method not in (None, "network"):
        raise InvalidInputError(
            f"--model requires the method network, not {method}. Use either --model or --method."
        )
    # TOML's text is JSON's but for characters beyond 16 bits, which JSON would write as two.
    first, others = (json.dumps(part, ensure_ascii=False) for part in (models[0], models[1:]))
    return [
        "segmentation.method=network",
        f"segmentation.network.model={first}",
        f"segmentation.network.ensemble={others}",
    ]


def parse_channel(channel: str | None) -> int | str | None:
    """Return a channel's number where the text is one, else its name."""
    return int(channel) if channel is not None and channel.isdecimal() else channel


def parse_names(text: str | None) -> list[str] | None:
    """Return the names in a list separated by commas; None where none was given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def require_paths(paths: Iterable[Path]) -> None:
    """Refuse files and folders that do not exist.

    Raises
    ------
    InvalidInputError
        Naming all of them.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise InvalidInputError(f"No such file or folder: {', '.join(missing)}.")
