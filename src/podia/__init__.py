"""podia: label-free movies of living cells to segmentations, tracks, shapes, protrusions and a report.

The public verbs are loaded on first use, so that ``import podia`` costs next to nothing.

>>> import podia
>>> "run" in dir(podia)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "Calibration": "podia.data.calibration",
    "Drift": "podia.data.drift",
    "LabelMovie": "podia.data.movie",
    "Lineage": "podia.data.lineage",
    "Movie": "podia.data.movie",
    "PodiaError": "podia.data.errors",
    "annotate": "podia.training.annotation.annotate",
    "compare": "podia.experiment.compare",
    "correct_drift": "podia.preprocessing.drift",
    "evaluate": "podia.evaluation.evaluate",
    "measure": "podia.measurement.measure",
    "read": "podia.io.read",
    "read_labels": "podia.io.read",
    "report": "podia.reporting.report",
    "run": "podia.pipeline.run",
    "segment": "podia.segmentation.segment",
    "simulate": "podia.simulation.simulate",
    "track": "podia.tracking.track",
    "train": "podia.training.train",
}

__all__ = [
    "Calibration",
    "Drift",
    "LabelMovie",
    "Lineage",
    "Movie",
    "PodiaError",
    "__version__",
    "annotate",
    "compare",
    "correct_drift",
    "evaluate",
    "measure",
    "read",
    "read_labels",
    "report",
    "run",
    "segment",
    "simulate",
    "track",
    "train",
]

if TYPE_CHECKING:
    from podia.data.calibration import Calibration
    from podia.data.drift import Drift
    from podia.data.errors import PodiaError
    from podia.data.lineage import Lineage
    from podia.data.movie import LabelMovie, Movie


def __getattr__(name: str) -> Any:
    try:
        module = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module 'podia' has no attribute '{name}'") from None
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return list(__all__)
