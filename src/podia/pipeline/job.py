"""One movie's run: what goes in, where it goes, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.length import require_pixel_size
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress
from podia.data.tables import declarations_key
from podia.io.analysis_folder import AnalysisFolder
from podia.io.drift_table import read_drift
from podia.io.fingerprint import fingerprint
from podia.io.label_values import require_numbered_cells
from podia.io.layout import DRIFT
from podia.io.points import read_points
from podia.io.read import read, read_labels
from podia.labels.points import labels_of_points
from podia.networks.card import shipped_models
from podia.networks.inference.resolve import ResolvedModel, choose_model
from podia.pipeline.config import RunConfig
from podia.pipeline.frame_store import FrameStore, OverlaidFrames
from podia.pipeline.steps import STEPS, Stamp, Step


@dataclass(frozen=True)
class Job:
    """A movie, its folder, its configuration, the model where there is one, and the stamp of each step."""

    movie: Movie
    given_labels: LabelMovie | None
    folder: AnalysisFolder
    config: RunConfig
    origin: dict[str, Any]
    model: ResolvedModel | None
    stamps: dict[Step, Stamp]
    progress: Progress

    @property
    def label_store(self) -> FrameStore:
        """Where the segment step stores labels, in the frames of the original movie."""
        return FrameStore(self.folder.work_of("segment"), self.movie.shape, np.dtype(np.int32))

    @property
    def positions_only(self) -> bool:
        """Whether labels mark where cells are, and not their outlines."""
        if self.given_labels is not None:
            return self.given_labels.positions_only
        if self.model is not None:
            return self.model.positions_only
        return self.config.segmentation.method == "blobs"

    @property
    def segmentation(self) -> LabelMovie:
        """The labels that the segment step stored."""
        return LabelMovie(
            self.label_store,
            self.movie.calibration,
            self.movie.name,
            positions_only=self.positions_only,
        )

    @property
    def contact_store(self) -> FrameStore:
        """Where the track step stores the frames in which it changed labels."""
        return FrameStore(self.folder.work_of("track") / "labels", self.movie.shape, np.dtype(np.int32))

    @property
    def tracked_labels(self) -> LabelMovie:
        """The labels that the track step left: those of the segment step, but for the frames that it changed."""
        return replace(self.segmentation, source=OverlaidFrames(self.label_store, self.contact_store))

    @property
    def drift(self) -> Drift:
        """The drift that the drift step stored."""
        return read_drift(self.folder / DRIFT)


def open_job(
    path: Path,
    folder: AnalysisFolder,
    config: RunConfig,
    *,
    labels: Path | None,
    points: Path | None = None,
    progress: Progress,
) -> Job:
    """Open the movie, check what can be checked before any work, and claim the folder.

    Raises
    ------
    MovieReadError
        If the movie, the label file or the table of positions cannot be read.
    InvalidInputError
        If labels and movie differ in size, a position is not in the movie, both are given, or there is no such model.
    MissingDependencyError, ConfigurationError
        If what is to run the model is not there, frames are too large for it, or a length is set in micrometres and
        the pixel size is unknown.
    OutputError
        If the folder belongs to another movie.
    """
    movie = read(
        path,
        channel=config.channel,
        pixel_size_um=config.pixel_size_um,
        frame_interval_s=config.frame_interval_s,
    )
    require_pixel_size(config, movie.calibration)
    given = _given(movie, path, labels, points)
    origin: dict[str, Any] = {
        "path": str(path.resolve()),
        "sha256": fingerprint(path),
        "shape": list(movie.shape),
        "dtype": str(movie.dtype),
        "pixel_size_um": movie.calibration.pixel_size_um,
        "frame_interval_s": movie.calibration.frame_interval_s,
    }
    for name, file in (("labels", labels), ("points", points)):
        if file is not None:
            origin[name] = {"path": str(file.resolve()), "sha256": fingerprint(file)}
    model = None if given is not None else network_for(config)
    if model is not None:
        model.require_whole_frames(movie, config.segmentation.network)
        config = with_model_paths(config)
    folder.claim(origin)
    return Job(movie, given, folder, config, origin, model, _stamps(config, origin, model), progress)


def _given(movie: Movie, path: Path, labels: Path | None, points: Path | None) -> LabelMovie | None:
    """Return what stands in for a segmentation: labels, or discs on positions; None without either."""
    if labels is not None and points is not None:
        raise InvalidInputError(
            "Labels and points are given: one of them says where the cells are. Leave the other out."
        )
    if points is not None:
        return labels_of_points(read_points(points), movie)
    if labels is None:
        return None
    given = read_labels(labels)
    if given.shape != movie.shape:
        raise InvalidInputError(
            f"The labels in '{labels}' have shape (T, Y, X) {given.shape}, the movie '{path}' {movie.shape}. "
            f"They must be the same."
        )
    require_numbered_cells(given, labels)
    return given


def network_for(config: RunConfig) -> ResolvedModel | None:
    """Return the trained network that segments under `config`, and what runs it; None for other methods.

    Raises
    ------
    InvalidInputError, MissingDependencyError, ConfigurationError
        As :func:`podia.networks.inference.resolve.choose_model`.
    """
    segmentation = config.segmentation
    return choose_model(segmentation.network) if segmentation.method == "network" else None


def with_model_paths(config: RunConfig) -> RunConfig:
    """Return `config` with model files' full paths: it is used from other folders too. Other names stay as they are."""
    segmentation = config.segmentation
    first, *others = (
        str(Path(name).resolve()) if name not in shipped_models() and Path(name).is_file() else name
        for name in (segmentation.network.model, *segmentation.network.ensemble)
    )
    network = segmentation.network.model_copy(update={"model": first, "ensemble": tuple(others)})
    return config.model_copy(update={"segmentation": segmentation.model_copy(update={"network": network})})


def _stamps(config: RunConfig, origin: dict[str, Any], model: ResolvedModel | None) -> dict[Step, Stamp]:
    values = config.model_dump(mode="json")
    settings: dict[Step, Any] = {
        "drift": values["preprocessing"],
        "segment": _segmentation_settings(values["segmentation"], model),
        "track": values["tracking"],
        "measure": {**values["measurement"], "declared": declarations_key()},
        "export": values["exports"],
        "report": values["report"],
    }
    upstream = Stamp.of("drift", settings=_identity(origin, values["channel"]), upstream="").key
    stamps: dict[Step, Stamp] = {}
    for step in STEPS:
        stamps[step] = Stamp.of(step, settings={"config": settings[step]}, upstream=upstream)
        upstream = stamps[step].key
    return stamps


def _segmentation_settings(values: dict[str, Any], model: ResolvedModel | None) -> dict[str, Any]:
    """Return what labels depend on: the model's content and what runs it in fact, not what they are called.

    All settings count but those named here, so that a new one cannot be forgotten.
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


def _identity(origin: dict[str, Any], channel: int | str | None) -> dict[str, Any]:
    """Return what the results depend on: the content and how it is read, not the path."""
    identity = {key: value for key, value in origin.items() if key not in ("path", "labels", "points")}
    if "points" in origin:
        identity["points"] = origin["points"]["sha256"]
    return identity | {"labels": origin.get("labels", {}).get("sha256"), "channel": channel}
