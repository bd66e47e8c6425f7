"""podia: label-free movies of living cells to segmentations, tracks, shapes, protrusions and a report.

Public names are loaded on first use, so that ``import podia`` costs next to nothing.

>>> import podia
>>> "run" in dir(podia)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from podia.version import __version__

_PUBLIC = {
    "AnnotationOutcome": "podia.training.annotation.annotate.AnnotationOutcome",
    "BlobConfig": "podia.segmentation.config.BlobConfig",
    "Calibration": "podia.data.calibration.Calibration",
    "CompareConfig": "podia.experiment.config.CompareConfig",
    "ConfigurationError": "podia.data.errors.ConfigurationError",
    "ContactConfig": "podia.tracking.config.ContactConfig",
    "Drift": "podia.data.drift.Drift",
    "DriftConfig": "podia.preprocessing.config.DriftConfig",
    "EdgeConfig": "podia.measurement.edge.config.EdgeConfig",
    "EgtConfig": "podia.segmentation.config.EgtConfig",
    "Evaluation": "podia.evaluation.result.Evaluation",
    "EvaluationConfig": "podia.evaluation.config.EvaluationConfig",
    "TrackingResult": "podia.tracking.follow.TrackingResult",
    "FrameChoiceConfig": "podia.training.annotation.frame_choice.FrameChoiceConfig",
    "GapFillingConfig": "podia.segmentation.config.GapFillingConfig",
    "IlluminationConfig": "podia.preprocessing.config.IlluminationConfig",
    "InferenceConfig": "podia.networks.inference.config.InferenceConfig",
    "InstanceConfig": "podia.labels.instances.InstanceConfig",
    "InvalidInputError": "podia.data.errors.InvalidInputError",
    "Kymographs": "podia.data.kymographs.Kymographs",
    "LabelMovie": "podia.data.movie.LabelMovie",
    "Lineage": "podia.data.lineage.Lineage",
    "MeasurementConfig": "podia.measurement.config.MeasurementConfig",
    "Measurements": "podia.measurement.measure.Measurements",
    "MissingDependencyError": "podia.data.errors.MissingDependencyError",
    "Movie": "podia.data.movie.Movie",
    "MovieReadError": "podia.data.errors.MovieReadError",
    "MovieOptions": "podia.training.annotation.annotate.MovieOptions",
    "OutputError": "podia.data.errors.OutputError",
    "PhantastConfig": "podia.segmentation.config.PhantastConfig",
    "PodiaError": "podia.data.errors.PodiaError",
    "PreprocessingConfig": "podia.preprocessing.config.PreprocessingConfig",
    "ProtrusionConfig": "podia.measurement.config.ProtrusionConfig",
    "ReadingOptions": "podia.training.data.reading_options.ReadingOptions",
    "Recipe": "podia.training.recipe.Recipe",
    "ReportConfig": "podia.reporting.config.ReportConfig",
    "Results": "podia.results.results.Results",
    "RunConfig": "podia.pipeline.config.RunConfig",
    "SegmentationConfig": "podia.segmentation.config.SegmentationConfig",
    "ShapeConfig": "podia.measurement.config.ShapeConfig",
    "SimulatedMovie": "podia.simulation.simulate.SimulatedMovie",
    "SimulationConfig": "podia.simulation.config.SimulationConfig",
    "SplitMergeConfig": "podia.segmentation.config.SplitMergeConfig",
    "Tables": "podia.data.named_tables.Tables",
    "TipLinkingConfig": "podia.measurement.config.TipLinkingConfig",
    "TrackingConfig": "podia.tracking.config.TrackingConfig",
    "TrainingResources": "podia.training.train.TrainingResources",
    "annotate": "podia.training.annotation.annotate.annotate",
    "compare": "podia.experiment.compare.compare",
    "correct": "podia.pipeline.correct.correct",
    "correct_drift": "podia.preprocessing.drift.correct_drift",
    "evaluate": "podia.evaluation.evaluate.evaluate",
    "follow": "podia.tracking.follow.follow",
    "load_config": "podia.pipeline.config.load_config",
    "measure": "podia.measurement.measure.measure",
    "open": "podia.results.results.open_results",
    "read": "podia.io.read.read",
    "read_labels": "podia.io.read.read_labels",
    "read_tracks": "podia.io.tracks.read.read_tracks",
    "report": "podia.reporting.report.report",
    "run": "podia.pipeline.run.run",
    "segment": "podia.segmentation.segment.segment",
    "simulate": "podia.simulation.simulate.simulate",
    "track": "podia.tracking.track.track",
    "train": "podia.training.train.train",
    "write_figures": "podia.reporting.figures.write.write_figures",
}
"""Where each public name is defined."""

__all__ = [
    "AnnotationOutcome",
    "BlobConfig",
    "Calibration",
    "CompareConfig",
    "ConfigurationError",
    "ContactConfig",
    "Drift",
    "DriftConfig",
    "EdgeConfig",
    "EgtConfig",
    "Evaluation",
    "EvaluationConfig",
    "FrameChoiceConfig",
    "GapFillingConfig",
    "IlluminationConfig",
    "InferenceConfig",
    "InstanceConfig",
    "InvalidInputError",
    "Kymographs",
    "LabelMovie",
    "Lineage",
    "MeasurementConfig",
    "Measurements",
    "MissingDependencyError",
    "Movie",
    "MovieOptions",
    "MovieReadError",
    "OutputError",
    "PhantastConfig",
    "PodiaError",
    "PreprocessingConfig",
    "ProtrusionConfig",
    "ReadingOptions",
    "Recipe",
    "ReportConfig",
    "Results",
    "RunConfig",
    "SegmentationConfig",
    "ShapeConfig",
    "SimulatedMovie",
    "SimulationConfig",
    "SplitMergeConfig",
    "Tables",
    "TipLinkingConfig",
    "TrackingConfig",
    "TrackingResult",
    "TrainingResources",
    "__version__",
    "annotate",
    "compare",
    "correct",
    "correct_drift",
    "evaluate",
    "follow",
    "load_config",
    "measure",
    "open",
    "read",
    "read_labels",
    "read_tracks",
    "report",
    "run",
    "segment",
    "simulate",
    "track",
    "train",
    "write_figures",
]

if TYPE_CHECKING:
    from podia.data.calibration import Calibration
    from podia.data.drift import Drift
    from podia.data.errors import (
        ConfigurationError,
        InvalidInputError,
        MissingDependencyError,
        MovieReadError,
        OutputError,
        PodiaError,
    )
    from podia.data.kymographs import Kymographs
    from podia.data.lineage import Lineage
    from podia.data.movie import LabelMovie, Movie
    from podia.data.named_tables import Tables
    from podia.evaluation.config import EvaluationConfig
    from podia.evaluation.evaluate import evaluate
    from podia.evaluation.result import Evaluation
    from podia.experiment.compare import compare
    from podia.experiment.config import CompareConfig
    from podia.io.read import read, read_labels
    from podia.io.tracks.read import read_tracks
    from podia.labels.instances import InstanceConfig
    from podia.measurement.config import MeasurementConfig, ProtrusionConfig, ShapeConfig, TipLinkingConfig
    from podia.measurement.edge.config import EdgeConfig
    from podia.measurement.measure import Measurements, measure
    from podia.networks.inference.config import InferenceConfig
    from podia.pipeline.config import RunConfig, load_config
    from podia.pipeline.correct import correct
    from podia.pipeline.run import run
    from podia.preprocessing.config import DriftConfig, IlluminationConfig, PreprocessingConfig
    from podia.preprocessing.drift import correct_drift
    from podia.reporting.config import ReportConfig
    from podia.reporting.figures.write import write_figures
    from podia.reporting.report import report
    from podia.results.results import Results
    from podia.results.results import open_results as open  # noqa: A004 - the public name, podia.open
    from podia.segmentation.config import (
        BlobConfig,
        EgtConfig,
        GapFillingConfig,
        PhantastConfig,
        SegmentationConfig,
        SplitMergeConfig,
    )
    from podia.segmentation.segment import segment
    from podia.simulation.config import SimulationConfig
    from podia.simulation.simulate import SimulatedMovie, simulate
    from podia.tracking.config import ContactConfig, TrackingConfig
    from podia.tracking.follow import TrackingResult, follow
    from podia.tracking.track import track
    from podia.training.annotation.annotate import AnnotationOutcome, MovieOptions, annotate
    from podia.training.annotation.frame_choice import FrameChoiceConfig
    from podia.training.data.reading_options import ReadingOptions
    from podia.training.recipe import Recipe
    from podia.training.train import TrainingResources, train


def __getattr__(name: str) -> Any:
    try:
        module, _, attribute = _PUBLIC[name].rpartition(".")
    except KeyError:
        raise AttributeError(f"module 'podia' has no attribute '{name}'") from None
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return list(__all__)
