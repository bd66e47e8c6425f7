"""Writers of the napari plugin: labels as a TIFF stack, or as corrections of the analysis that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from podia.corrections.differences import changed_cells
from podia.corrections.record import write_corrections
from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie
from podia.io.analysis_folder import is_analysis_folder
from podia.io.layout import CORRECTIONS
from podia.io.tiff.write_labels import write_labels_tiff
from podia.results.results import open_results


def write_labels(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write labels ``(T, Y, X)`` as a TIFF stack that Fiji and ``podia run --labels`` read."""
    write_labels_tiff(_labels(data, attributes), path)
    return [path]


def write_corrections_of_labels(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Add what was painted in the cells of an analysis to its ``corrections.jsonl``.

    Raises
    ------
    InvalidInputError
        If `path` is not the ``corrections.jsonl`` of an analysis folder, or the labels are of another size.
    """
    folder = Path(path).parent
    if Path(path).name != CORRECTIONS or not is_analysis_folder(folder):
        raise InvalidInputError(
            f"'{path}' is not '{CORRECTIONS}' in an analysis folder. Save the labels there, or as a TIFF stack."
        )
    results = open_results(folder)
    drawn = changed_cells(_labels(data, attributes), results.labels)
    write_corrections([*results.corrections, *drawn], Path(path))
    return [path]


def _labels(data: Any, attributes: dict[str, Any]) -> LabelMovie:
    array = np.asarray(data)
    array = array[None] if array.ndim == 2 else array
    scale = attributes.get("scale")
    units = [str(unit) for unit in attributes.get("units") or ()]
    known = scale is not None and bool(units) and units[-1] in ("micrometer", "um", "µm")
    return LabelMovie.from_array(
        array, Calibration(float(scale[-1]) if known and scale is not None else None)
    )
