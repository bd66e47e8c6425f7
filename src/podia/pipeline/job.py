"""Run of one movie: its input, its folder, and the key of each step."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from podia.corrections.operations import Correction
from podia.corrections.record import to_line, write_corrections
from podia.data.drift import Drift
from podia.data.length import require_pixel_size
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress
from podia.data.tables import declarations_key
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import CORRECTIONS
from podia.io.origin import Origin
from podia.io.step_marks import STEPS, Step, begun_mark
from podia.networks.card import shipped_models
from podia.networks.inference.resolve import ResolvedModel, choose_model
from podia.pipeline.config import RunConfig
from podia.pipeline.given_cells import GivenTracks
from podia.pipeline.reading import read_movie
from podia.pipeline.source import Source
from podia.pipeline.steps import StepKey
from podia.pipeline.stored_cells import LINEAGE_FILE, StoredCells
from podia.results.results import Results
from podia.tracking.config import TrackingConfig


@dataclass(frozen=True)
class Job:
    """A movie, its folder, its configuration, its model if any, and the key of each step.

    Results of earlier steps are read once, after the step that writes them.
    """

    movie: Movie
    given_labels: LabelMovie | None
    given_tracks: GivenTracks | None
    folder: AnalysisFolder
    config: RunConfig
    origin: Origin
    model: ResolvedModel | None
    corrections: tuple[Correction, ...]
    keys: dict[Step, StepKey]
    progress: Progress
    notes: tuple[str, ...] = ()
    processes: int = 1
    """Number of processes that compute frames."""

    @cached_property
    def positions_only(self) -> bool:
        """Whether labels mark positions of cells without outlines."""
        if self.given_labels is not None:
            return self.given_labels.positions_only
        return self.config.segmentation.positions_only(self.model)

    @cached_property
    def cells(self) -> StoredCells:
        """Labels and lineages stored by the steps."""
        return StoredCells(
            self.folder, self.movie.shape, self.movie.calibration, self.movie.name, self.positions_only
        )

    @property
    def segmentation(self) -> LabelMovie:
        """Labels stored by the segment step."""
        return self.cells.segmentation

    @property
    def labels(self) -> LabelMovie:
        """Labels after corrections."""
        return self.cells.labels

    @cached_property
    def lineage(self) -> Lineage:
        """Lineage after corrections; read once, after the step that writes it."""
        return self.cells.lineage

    @cached_property
    def results(self) -> Results:
        """Results of the finished steps."""
        return Results(self.folder)

    @property
    def drift(self) -> Drift:
        """Drift estimated by the drift step."""
        return self.results.drift


def open_job(
    source: Source,
    folder: AnalysisFolder,
    config: RunConfig,
    *,
    model: ResolvedModel | None = None,
    progress: Progress,
    processes: int = 1,
) -> Job:
    """Open the movie, check the input before any work, and claim the folder.

    `model` is the result of :func:`network_for` for `config`, if it is already known.

    Raises
    ------
    MovieReadError
        If the movie, the label file, the table of positions or the file of tracks cannot be read.
    InvalidInputError
        If labels and movie differ in size, a position or track lies outside the movie, or there is no such model.
    MissingDependencyError, ConfigurationError
        If the backend is not installed, frames are too large for the model, or a setting is in um and the pixel size is
        unknown.
    OutputError
        If the folder belongs to another movie.
    """
    movie, notes = read_movie(source.movie, config)
    require_pixel_size(config, movie.calibration)
    given, tracks = source.given_cells(movie, config)
    if tracks is not None and config.tracking != TrackingConfig():
        warnings.warn(
            "The settings of tracking have no effect, because existing tracks are used.", stacklevel=2
        )
    origin = source.origin(movie)
    if given is not None:
        model = None
    elif model is None:
        model = network_for(config)
    if model is not None:
        model.require_whole_frames(movie, config.segmentation.network)
        config = with_model_paths(config)
    folder.claim(origin)
    corrections = _corrections(folder, source.corrections)
    keys = _keys(config, origin, model, corrections)
    return Job(
        movie, given, tracks, folder, config, origin, model, corrections, keys, progress, notes, processes
    )


def _corrections(folder: AnalysisFolder, earlier: tuple[Correction, ...]) -> tuple[Correction, ...]:
    """Return the corrections of the folder; a new folder inherits those of an earlier run."""
    if earlier and not begun_mark(folder.path, "correct").exists() and not (folder / CORRECTIONS).exists():
        write_corrections(earlier, folder / CORRECTIONS)
    return Results(folder).corrections


def network_for(config: RunConfig) -> ResolvedModel | None:
    """Return the trained network for `config` and its backend; None for other methods.

    Raises
    ------
    InvalidInputError, MissingDependencyError, ConfigurationError
        As :func:`podia.networks.inference.resolve.choose_model`.
    """
    segmentation = config.segmentation
    return choose_model(segmentation.network) if segmentation.method == "network" else None


def with_model_paths(config: RunConfig) -> RunConfig:
    """Return `config` with absolute paths of model files, because it is also used from other folders."""
    segmentation = config.segmentation
    first, *others = (
        str(Path(name).resolve()) if name not in shipped_models() and Path(name).is_file() else name
        for name in (segmentation.network.model, *segmentation.network.ensemble)
    )
    network = segmentation.network.model_copy(update={"model": first, "ensemble": tuple(others)})
    return config.model_copy(update={"segmentation": segmentation.model_copy(update={"network": network})})


def _keys(
    config: RunConfig,
    origin: Origin,
    model: ResolvedModel | None,
    corrections: tuple[Correction, ...],
) -> dict[Step, StepKey]:
    values = config.model_dump(mode="json")
    settings: dict[Step, Any] = {
        "drift": values["preprocessing"],
        "segment": _segmentation_settings(values["segmentation"], model),
        "track": values["tracking"] | {"stored_as": LINEAGE_FILE},
        "correct": [to_line(correction) for correction in corrections],
        "measure": {**values["measurement"], "declared": declarations_key()},
        "export": values["exports"],
        "report": values["report"],
    }
    upstream = StepKey.of(
        "drift", settings=_identity(origin, values["channel"]) | _part(values), upstream=""
    ).key
    keys: dict[Step, StepKey] = {}
    for step in STEPS:
        # Frames without corrected labels need not be measured again.
        frames_upstream = keys["track"].key if step == "measure" else None
        keys[step] = StepKey.of(
            step, settings={"config": settings[step]}, upstream=upstream, frames_upstream=frames_upstream
        )
        upstream = keys[step].key
    return keys


def _part(values: dict[str, Any]) -> dict[str, Any]:
    """Return the selected part of the files of movie and labels, if any."""
    names = ("position", "pattern", "frames", "labels_channel")
    return {name: values[name] for name in names if values[name] is not None}


def _segmentation_settings(values: dict[str, Any], model: ResolvedModel | None) -> dict[str, Any]:
    """Return the settings that labels depend on: the content of the model and its actual backend, not their names.

    All settings count except those listed here, so that new ones cannot be forgotten.
    """
    network = values.pop("network")
    if model is None:
        return values
    for name in ("phantast", "egt", "blobs", "instances"):
        del values[name]
    for name in ("model", "ensemble", "backend", "device", "precision", "threads"):
        del network[name]
    return values | {
        "network": network,
        "models": [member.sha256 for member in model.members],
        "placement": model.placement.identity(),
    }


def _identity(origin: Origin, channel: int | str | None) -> dict[str, Any]:
    """Return the properties of the input that results depend on: content and reading options, not the path."""
    values = origin.model_dump(
        mode="json", exclude={"path", "labels", "points", "tracks", "labels_are_tracks"}
    )
    files = {"labels": origin.labels, "points": origin.points}
    values |= {name: file and file.sha256 for name, file in files.items()} | {"channel": channel}
    if origin.tracks is not None:
        values["tracks"] = origin.tracks.sha256
    if origin.labels_are_tracks:
        values["labels_are_tracks"] = True
    return values
