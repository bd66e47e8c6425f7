"""Settings of a run, from defaults, a TOML file or an earlier run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError
from podia.measurement.config import MeasurementConfig
from podia.preprocessing.config import PreprocessingConfig
from podia.reporting.config import ReportConfig
from podia.segmentation.config import SegmentationConfig
from podia.tracking.config import TrackingConfig

Export = Literal["tiff", "ctc", "trackmate", "xlsx"]
"""Formats written on request, in addition to those in every analysis folder."""


class RunConfig(FrozenConfig):
    """Settings of a run, one section per stage."""

    basic_settings = (
        "channel",
        "position",
        "pattern",
        "frames",
        "pixel_size_um",
        "frame_interval_s",
        "exports",
    )

    channel: int | str | None = Field(
        None,
        description="Channel to analyse, by number from 0 or by name. Required if the file has several.",
    )
    labels_channel: int | str | None = Field(
        None,
        description="Channel of the given labels, by number from 0 or by name. Required if their file has several.",
    )
    position: int | str | None = Field(
        None,
        description="Position, well, field or scene to analyse, by name or number from 0. Required if a file or folder "
        "has several.",
    )
    pattern: str | None = Field(
        None,
        description="Pattern of the file names in a folder, e.g. 'exp_{position}_t{time}.tif'. Default: detected "
        "automatically.",
    )
    frames: str | None = Field(
        None, description="Frames to analyse, 'first:end', counted from 0, end excluded. Default: all."
    )
    pixel_size_um: float | None = Field(None, gt=0, description="Pixel size in um. Default: as in the file.")
    frame_interval_s: float | None = Field(
        None, gt=0, description="Time between frames in s. Default: as in the file."
    )
    preprocessing: PreprocessingConfig = Field(
        default_factory=PreprocessingConfig, description="Drift and illumination correction."
    )
    segmentation: SegmentationConfig = Field(default_factory=SegmentationConfig, description="Segmentation.")
    tracking: TrackingConfig = Field(default_factory=TrackingConfig, description="Tracking.")
    measurement: MeasurementConfig = Field(
        default_factory=MeasurementConfig, description="Measurements of cells and protrusions."
    )
    report: ReportConfig = Field(default_factory=ReportConfig, description="Report and overlay movie.")
    exports: tuple[Export, ...] = Field(
        (),
        description=(
            "Additional file formats: xlsx (Excel), tiff (Fiji), ctc (Cell Tracking Challenge), trackmate."
        ),
    )


def load_config(path: str | Path) -> RunConfig:
    """Load the configuration from a TOML file, or from the ``run.json`` of an earlier run.

    Raises
    ------
    ConfigurationError
        If the file is missing, is neither of the two, or contains an unknown or invalid setting.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"Cannot read the configuration '{path}': {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"'{path}' is not a valid configuration file: it is not UTF-8 text."
        ) from None
    return RunConfig.parse(_as_values(Path(path), text))


def _as_values(path: Path, text: str) -> dict[str, Any]:
    try:
        if path.suffix == ".json":
            values = json.loads(text)
            values = values.get("config", values) if isinstance(values, dict) else None
        else:
            values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # both decoders raise subclasses of ValueError
        raise ConfigurationError(f"'{path}' is not a valid configuration file: {error}.") from None
    if not isinstance(values, dict):
        raise ConfigurationError(
            f"'{path}' contains no settings. Use a TOML file, or the run.json of an earlier run."
        )
    return values
